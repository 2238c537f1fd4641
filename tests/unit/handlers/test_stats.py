"""The operators' picture and table: nothing overlaps, nothing runs out of a phone, whatever the numbers are."""

from __future__ import annotations

import html
import io
import itertools
import re

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image

from bot.handlers import health
from bot.handlers.numbers import money, seconds, share, short
from bot.handlers.stats import SPANS, as_csv, as_text
from bot.handlers.stats_picture import BOUNDS, Glimpse, stats_figure, stats_picture
from bot.handlers.texts import LANGUAGES, Texts
from bot.pipeline.figures import Figures, Slot
from tests.unit.handlers.house import Glanced

NOW = 1_800_000_000.0
NOTHING = Figures()
USUAL = Figures(
    complete=652,
    partial=32,
    failed=13,
    cancelled=20,
    pictures=3388,
    first_attempt=0.883,
    fallback=0.05,
    first_picture_p50=9.8,
    first_picture_p95=19.2,
    album_p50=17.4,
    album_p95=34.1,
    costs=(("openai", 30.78), ("pollinations", 1.26)),
    paid=32.04,
    not_delivered=1.02,
    cost_per_album=0.0513,
    users=209,
    unknown_deliveries=4,
)
HUGE = Figures(
    complete=98_765_432,
    partial=99_949,
    failed=9_999,
    cancelled=123_456,
    pictures=987_654_321,
    first_attempt=1.0,
    fallback=1.0,
    first_picture_p50=86_399.4,
    first_picture_p95=999_999.0,
    album_p50=86_400.0,
    album_p95=9_999_999.0,
    costs=tuple((f"a provider with a long name {number}", 10.0**number) for number in range(8)),
    paid=98_765_432.1,
    not_delivered=999_999.5,
    cost_per_album=999.96,
    users=1_234_567,
    unknown_deliveries=99_999,
)


def slots(width: float, count: int, figures: Figures) -> tuple[Slot, ...]:
    first = NOW - NOW % width - (count - 1) * width
    return tuple(
        Slot(
            start=first + number * width,
            complete=figures.complete // (1 + number),
            partial=figures.partial // 20,
            failed=figures.failed // 20,
            cancelled=figures.cancelled // 20,
        )
        for number in range(count)
    )


def glimpse(figures: Figures) -> Glimpse:
    waits = [figures.complete // (1 + abs(place - 3)) for place in range(len(BOUNDS) + 1)]
    return Glimpse(
        now=NOW,
        day=figures,
        week=figures,
        hours=slots(3600, 24, figures),
        days=slots(86_400, 7, figures),
        waits=waits,
    )


@pytest.mark.parametrize(
    ("figures", "language"),
    [(NOTHING, "uk"), (Figures(complete=1, album_p50=7.0, album_p95=7.0), "uk"), (USUAL, "en"), (HUGE, "uk")],
)
def test_no_two_words_of_the_picture_touch_and_all_are_inside(figures: Figures, language: str) -> None:
    figure = stats_figure(glimpse(figures), Texts().words(language))
    FigureCanvasAgg(figure).draw()
    texts = [one for one in figure.findobj(Text) if one.get_text() and one.get_visible()]
    places = [(one.get_text(), one.get_window_extent()) for one in texts]
    assert len(places) > 25
    for text, place in places:
        assert place.x0 >= 0, text
        assert place.x1 <= figure.bbox.width, text
        assert place.height >= 20, text
    for (one, first), (other, second) in itertools.combinations(places, 2):
        # letters stand a little inside of their boxes
        apart = (
            first.x1 <= second.x0
            or second.x1 <= first.x0
            or first.y1 - 6 <= second.y0
            or second.y1 - 6 <= first.y0
        )
        assert apart, (one, other)


def test_the_picture_is_made_for_a_phone() -> None:
    with Image.open(io.BytesIO(stats_picture(glimpse(USUAL), Texts().words("uk")))) as picture:
        assert (picture.format, picture.size) == ("PNG", (1080, 1350))
        # light at the edges, so that it stands out of a dark chat as one card
        assert min(picture.convert("L").getpixel((3, 3)), 255) > 220  # type: ignore[type-var, operator]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("figures", [NOTHING, USUAL, HUGE])
async def test_the_table_fits_a_caption_and_a_narrow_bubble(figures: Figures, language: str) -> None:
    table = [(name, figures) for name, _ in SPANS]
    text = as_text(table, await Glanced().inside(), Texts().words(language))
    visible = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert len(visible.encode("utf-16-le")) // 2 <= 1024
    grid = re.findall(r"<pre>(.*)</pre>", text, re.DOTALL)[0].split("\n")
    assert len({len(line) for line in grid}) == 1, grid
    assert len(grid[0]) <= 34
    assert len(grid) == 17


def test_the_file_holds_every_figure_unrounded() -> None:
    lines = as_csv([("24 h", USUAL), ("all", HUGE)]).decode().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("span,complete,partial,failed,cancelled")
    assert "0.0513" in lines[1]
    assert "openai=30.7800 pollinations=1.2600" in lines[1]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (short(0), "0"),
        (short(9_999), "9999"),
        (short(10_000), "10k"),
        (short(999_499), "999k"),
        (short(999_999), "1.0M"),
        (short(1_234_567_890), "1.2G"),
        (money(0.0), "0.00"),
        (money(0.0513), "0.05"),
        (money(9.999), "10.0"),
        (money(99.97), "100"),
        (money(999.6), "1.0k"),
        (money(99_960), "100k"),
        (seconds(None), "–"),
        (seconds(9.96), "10"),
        (seconds(9.94), "9.9"),
        (share(0.996), "100%"),
        (share(None), "–"),
    ],
)
def test_numbers_of_four_characters(told: str, said: str) -> None:
    assert told == said
    assert len(told) <= 4


async def test_health_tells_what_is_wrong_first() -> None:
    text = health.as_text(await Glanced().inside(), NOW, Texts().words("en"))
    assert text.splitlines()[0] == "<b>Up for 3 d 2 h</b>"
    assert "⛔ openai: not asked for 42 s" in text
    assert "✅ studio" in text
    assert text.index("⛔ sweep_media: 2 h 0 min ago") < text.index("✅ tidy_database: 1 min ago")
    assert "⏳ forget_updates: never" in text
    assert "Room on the disk: 12.0 GiB" in text
    assert "Database: 48.0 MiB" in text
    assert "Event loop late by 4 ms (p99)" in text
    assert len(text) < 1000
