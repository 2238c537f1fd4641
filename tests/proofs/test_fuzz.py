"""Do five thousand generated texts and updates break anything? `make fuzz` tries a hundred thousand."""

from __future__ import annotations

import random

import pytest

from tests.proofs.fuzz.__main__ import main
from tests.proofs.fuzz.descriptions import description
from tests.proofs.fuzz.talk import handle_updates


def test_descriptions_are_read_without_a_stumble(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--updates", "0", "--descriptions", "4500", "--seed", "1", "--processes", "2"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert said.startswith("4500 descriptions done after ")


@pytest.mark.timeout(180)
async def test_updates_are_handled_without_a_stumble() -> None:
    found = await handle_updates(seed=1, count=500)
    assert found.wrong == []
    assert found.calls > 250


def test_the_same_seed_is_the_same_text() -> None:
    texts = [[description(random.Random(seed)) for _ in range(3)] for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_the_command_names_its_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--updates", "5", "--descriptions", "1001", "--seed", "3", "--processes", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(" done ")[0] for line in said] == [
        "1001 descriptions",
        "5 updates",
        "nothing broke",
    ]
    assert all(line.endswith("from seed 3") for line in said[:2])
