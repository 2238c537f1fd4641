"""`rakurs simulate`: how long would people wait for a given fleet?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.complain import complaints, say, stop
from bot.pipeline.angles import ALBUM_LIMIT
from bot.pipeline.errors import BadSettings

if TYPE_CHECKING:
    from bot.simulation.arrivals import Arrivals
    from bot.simulation.outcome import Played

_MANY = 10_000


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
        str, typer.Option(help="Seconds a picture: 15 always, or median,p95: 12,40 with a long tail.")
    ] = "15",
    at_once: Annotated[int, typer.Option(help="Pictures that the provider makes at once.", min=1)] = 10,
    per_minute: Annotated[
        float | None, typer.Option(help="Pictures a minute that the provider allows.", min=0.01)
    ] = None,
    price: Annotated[float, typer.Option(help="What one picture costs.", min=0)] = 0.0,
    workers: Annotated[int, typer.Option(help="Processes of the bot.", min=1, max=_MANY)] = 1,
    albums: Annotated[
        int | None, typer.Option(help="Albums that one worker draws at once.", min=1, max=_MANY)
    ] = None,
    cores: Annotated[int, typer.Option(help="Cores of one worker.", min=1, max=_MANY)] = 2,
    loop: Annotated[
        float, typer.Option(help="Milliseconds that a picture costs a worker's event loop.", min=0)
    ] = 25.0,
    cpu: Annotated[float, typer.Option(help="Milliseconds that it costs the other threads.", min=0)] = 25.0,
    search: Annotated[float, typer.Option(help="Seconds that an album waits for research.", min=0)] = 0.5,
    upload: Annotated[float, typer.Option(help="Seconds that uploading an album takes.", min=0)] = 0.5,
    seed: Annotated[int, typer.Option(help="The same seed gives the same run.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Only JSON on standard output.")] = False,
    chart: Annotated[Path | None, typer.Option(help="Also draw the run into this PNG.")] = None,
) -> None:
    """Predict waits, queues and cost for a given fleet."""
    # here and not above: only this command needs the simulation
    from bot.simulation.latency import parse_latency  # noqa: PLC0415
    from bot.simulation.outcome import play  # noqa: PLC0415
    from bot.simulation.plan import Fleet, Maker, Plan, Telegram  # noqa: PLC0415
    from bot.simulation.table import render  # noqa: PLC0415

    with complaints():
        plan = Plan(
            arrivals=_arrivals(rate, hours, burst, trace),
            people=people,
            views=views,
            maker=Maker(latency=parse_latency(latency), at_once=at_once, per_minute=per_minute, price=price),
            fleet=Fleet(
                workers=workers,
                at_once=albums,
                cores=cores,
                loop=loop / 1000,
                cpu=cpu / 1000,
                search=search,
            ),
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
