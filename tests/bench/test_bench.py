"""Every part of `make bench` runs and says what it measured; how fast is not a test's business."""

from __future__ import annotations

import json

import pytest

from tests.bench.__main__ import PARTS, main
from tests.bench.figure import Figure, table

# these start the bot or the renderer several times
_LONG = {"house", "studio", "foretold"}


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=pytest.mark.slow if part in _LONG else ()) for part in PARTS]
)
def test_every_part_runs(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--json", "--short", part])
    told = json.loads(capsys.readouterr().out)
    assert told["machine"]["machine"]
    assert told["figures"]
    for figure in told["figures"]:
        assert figure["part"] == part
        assert figure["value"] >= 0
        assert figure["floor"] is None or figure["floor"] > 0


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speed"])
    assert "no such part: speed" in capsys.readouterr().err


def test_bounds_speak_of_the_ratio_where_there_is_a_floor() -> None:
    half = Figure(part="p", what="w", value=5, unit="s", floor=10, least=0.8)
    assert half.ratio == 0.5
    assert half.holds is False
    assert Figure(part="p", what="w", value=5, unit="s", least=5).holds is True
    assert Figure(part="p", what="w", value=5, unit="s").holds is None
    assert table([half], title="t").row_count == 2
