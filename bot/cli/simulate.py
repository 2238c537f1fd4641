"""`rakurs simulate`: how long would people wait for a given fleet?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.complain import complaints, say, stop
from bot.config import Settings, load_settings
from bot.pipeline.angles import ALBUM_LIMIT
from bot.pipeline.errors import BadSettings

if TYPE_CHECKING:
    from bot.simulation.arrivals import Arrivals
    from bot.simulation.outcome import Played
    from bot.simulation.plan import Maker

_MANY = 10_000
_AS_SET = "Left out: as the bot is set up."


def simulate(  # noqa: PLR0913, PLR0917 - every option is a figure of the plan
    rate: Annotated[float, typer.Option(help="Albums a minute, on average, by chance.", min=0.001)] = 2.0,
    hours: Annotated[float, typer.Option(help="For so many hours.", min=0.01, max=1000)] = 1.0,
    burst: Annotated[
        str | None, typer.Option(help="Instead: people,seconds. 1000,60 is a thousand within a minute.")
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(help="Instead: a CSV file with seconds and, if wanted, owner and views.")
    ] = None,
    people: Annotated[int, typer.Option(help="Different people, for --rate.", min=1)] = 1000,
    views: Annotated[int, typer.Option(help="Views an album.", min=1, max=ALBUM_LIMIT)] = 5,
    latency: Annotated[
        str | None, typer.Option(help=f"Seconds a picture: 15 always, or median,p95: 12,40. {_AS_SET}")
    ] = None,
    at_once: Annotated[
        int | None, typer.Option(help=f"Pictures that the provider makes at once. {_AS_SET}", min=1)
    ] = None,
    per_minute: Annotated[
        int | None, typer.Option(help=f"Pictures a minute that the provider allows. {_AS_SET}", min=1)
    ] = None,
    price: Annotated[float | None, typer.Option(help=f"What one picture costs. {_AS_SET}", min=0)] = None,
    workers: Annotated[int, typer.Option(help="Processes of the bot.", min=1, max=_MANY)] = 1,
    albums: Annotated[
        int | None,
        typer.Option(help=f"Albums that one worker draws at once. {_AS_SET}", min=1, max=_MANY),
    ] = None,
    cores: Annotated[int, typer.Option(help="Cores of one worker.", min=1, max=_MANY)] = 2,
    loop: Annotated[
        float, typer.Option(help="Milliseconds that a picture costs a worker's event loop.", min=0)
    ] = 25.0,
    cpu: Annotated[float, typer.Option(help="Milliseconds that it costs the other threads.", min=0)] = 25.0,
    search: Annotated[
        float | None, typer.Option(help=f"Seconds that an album waits for research. {_AS_SET}", min=0)
    ] = None,
    upload: Annotated[float, typer.Option(help="Seconds that uploading an album takes.", min=0)] = 0.5,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Only JSON on standard output.")] = False,
    chart: Annotated[Path | None, typer.Option(help="Also draw the run into this PNG.")] = None,
) -> None:
    """Predict waits, queues and cost for a given fleet."""
    # here and not above: only this command needs the simulation
    from bot.simulation.outcome import play  # noqa: PLC0415
    from bot.simulation.plan import Fleet, Plan, Telegram  # noqa: PLC0415
    from bot.simulation.table import render  # noqa: PLC0415

    with complaints():
        settings = load_settings()
        fleet = Fleet(
            workers=workers,
            at_once=albums or settings.rakurs_albums_at_once,
            cores=cores,
            loop=loop / 1000,
            cpu=cpu / 1000,
        )
        if search is None and not settings.rakurs_search:
            search = 0.0
        plan = Plan(
            arrivals=_arrivals(rate, hours, burst, trace),
            people=people,
            views=views,
            maker=_maker(settings, latency, at_once=at_once, per_minute=per_minute, price=price),
            fleet=fleet if search is None else replace(fleet, search=search),
            telegram=Telegram(upload=upload),
            seed=seed,
        )
        played = play(plan)
        if not played.lived:
            stop("Nobody wrote in that time: a higher --rate, or more --hours.", 2)
        if as_json:
            typer.echo(json.dumps(played.outcome.facts(), indent=2))
        else:
            render(plan, played.outcome)
        if chart is not None:
            _draw(played, chart)


def _maker(settings: Settings, latency: str | None, **known: float | None) -> Maker:
    """The provider that the bot would ask first, but for what is `known` better."""
    from bot.makers import first_takes  # noqa: PLC0415 - as above
    from bot.simulation.latency import parse_latency  # noqa: PLC0415 - as above
    from bot.simulation.plan import maker_of  # noqa: PLC0415 - as above

    changes: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    if latency is not None:
        changes["latency"] = parse_latency(latency)
    return replace(maker_of(first_takes(settings)), **changes)


def _arrivals(rate: float, hours: float, burst: str | None, trace: Path | None) -> Arrivals:
    from bot.simulation.arrivals import Burst, Poisson, read_trace  # noqa: PLC0415 - as above

    if burst is not None and trace is not None:
        raise BadSettings(problems=(("--burst", "cannot be used together with --trace"),))
    if trace is not None:
        return read_trace(trace)
    if burst is None:
        return Poisson(per_minute=rate, hours=hours)
    crowd, comma, seconds = burst.partition(",")
    try:
        found = Burst(people=int(crowd), seconds=float(seconds if comma else "60"))
    except ValueError:
        found = Burst(people=0, seconds=0)
    if found.people < 1 or not 0 < found.seconds <= 86_400:  # noqa: PLR2004 - seconds of a day
        raise BadSettings(problems=(("--burst", "people,seconds, such as 1000,60"),))
    return found


def _draw(played: Played, chart: Path) -> None:
    from bot.simulation.chart import draw_chart  # noqa: PLC0415 - as above

    try:
        chart.write_bytes(draw_chart(played))
    except OSError as error:
        raise BadSettings(problems=(("--chart", f"{chart} cannot be written"),)) from error
    say(f"The run as a picture: {chart}")
