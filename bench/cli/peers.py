"""`sealbench peers`: our engines beside the libraries that others use, in one session."""

import secrets
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table as RichTable
from rich.text import Text

from bench.cli.console import OUT, TerminalProgress, fail, put_json
from bench.cli.exit_codes import WRONG_ANSWER
from bench.machine import describe_machine, read_conditions
from bench.peers.cpus import CpusReport, cpus_facts, cpus_tables, measure_cpus
from bench.peers.render import (
    Table,
    all_tables,
    broken_head,
    facts,
    fitting,
    markdown,
    verdict_lines,
    verdicts,
)
from bench.peers.rounds import measure_rounds, pinned
from bench.peers.rows import Absent, PeersReport
from bench.peers.scaling import measure_workers
from bench.peers.session import (
    QUICK_ROUNDS,
    ROUNDS,
    SIZES,
    SPEED_ROUNDS,
    line_up,
    measured_rows,
    speed_rows,
)
from bench.peers.verdicts import PACKET_SIZES, ratios
from bench.progress import Progress
from bench.store.errors import StoreError
from bench.store.files import write_files


def peers(
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="A fifth of the rounds, and the program at one size.")
    ] = False,
    cpus: Annotated[
        bool,
        typer.Option("--cpus", help="Only the AEADs, as if this CPU lacked VAES, AVX-512, AES-NI."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write peers.json, peers.md and the plots to this folder.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the bytes and of the order.")] = None,
) -> None:
    """Compare engines and libraries on the same bytes, interleaved. Takes a few minutes."""
    progress = TerminalProgress()
    chosen = secrets.randbits(32) if seed is None else seed
    try:
        if out is not None:
            # Where it cannot be written, this is said before minutes of measuring.
            write_files(out, {})
        if cpus:
            found = measure_cpus(quick=quick, seed=chosen, progress=progress)
            _publish(
                "cpus", found, cpus_tables(found), cpus_facts(found), judged=[], json=json, out=out
            )
            return
        report = compared(quick=quick, seed=chosen, progress=progress)
        _publish(
            "peers",
            report,
            all_tables(report),
            facts(report),
            judged=verdict_lines(report.ratios),
            json=json,
            out=out,
        )
    except StoreError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    finally:
        progress.end()
    if any(row.error is not None and row.error.startswith("WrongAnswer") for row in report.rows):
        raise typer.Exit(WRONG_ANSWER)


def compared(*, quick: bool, seed: int, progress: Progress) -> PeersReport:
    """Return one session's report."""
    began, started = time.monotonic(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    progress.begin("describing the machine", 1)
    machine = describe_machine()
    before = read_conditions()
    lineup = line_up(seed, progress)
    with pinned() as core:
        samples = measure_rounds(
            lineup.contenders, QUICK_ROUNDS if quick else ROUNDS, seed=seed, progress=progress
        )
        spoken, silent = speed_rows(
            1 if quick else SPEED_ROUNDS,
            PACKET_SIZES[-1:] if quick else SIZES,
            seed=seed,
            progress=progress,
        )
    scaling = measure_workers(lineup.present.libcrypto, quick=quick, progress=progress)
    return PeersReport(
        command="peers --quick" if quick else "peers",
        sealbench_version=version("sealbench"),
        started_utc=started,
        seconds=time.monotonic() - began,
        seed=seed,
        rounds=QUICK_ROUNDS if quick else ROUNDS,
        pinned_core=core,
        disturbed_passes=samples.disturbed,
        passes=samples.passes,
        machine=machine,
        conditions_before=before,
        conditions_after=read_conditions(),
        clock_read_ns=machine.clock.read_ns,
        rows=(*measured_rows(lineup.contenders, samples, seed=seed), *spoken, *lineup.wrong),
        ratios=(*ratios(samples.ns, seed=seed), *scaling.ratios),
        scaling=scaling.rows,
        absent=(
            *(
                Absent(part=each.part, contender=each.name, reason=each.reason)
                for each in lineup.missing
            ),
            *silent,
            *scaling.absent,
        ),
    )


def _publish(
    stem: str,
    report: PeersReport | CpusReport,
    shown: list[Table],
    lines: list[str],
    *,
    judged: list[str],
    json: bool,
    out: Path | None,
) -> None:
    """Print the report, and write it where that was asked for. Raises OSError."""
    document = msgspec.json.format(msgspec.json.encode(report))
    if out is not None:
        # Here, because it loads matplotlib: half of the time that every other command starts in.
        from bench.peers.plot import draw_cpus, draw_peers  # noqa: PLC0415 - see above

        drawn = draw_cpus(report) if isinstance(report, CpusReport) else draw_peers(report)
        title = {"peers": "Engines beside their peers", "cpus": "Which cipher on which CPU"}[stem]
        judged_table = [] if isinstance(report, CpusReport) else [verdicts(report.ratios)]
        text = markdown(title, [*shown, *judged_table], lines, drawn)
        files = {f"{stem}.md": text.encode(), f"{stem}.json": document + b"\n"}
        for name, (png, svg) in drawn.items():
            files |= {f"{name}.png": png, f"{name}.svg": svg}
        write_files(out, files)
    if json:
        put_json(document + b"\n")
        return
    for table in shown:
        OUT.print(_rich(table, OUT.width))
        OUT.print()
    for line in judged:
        OUT.print(Text(line, style="" if line.startswith("PASS") else "bold"), soft_wrap=True)
    for line in lines:
        OUT.print(Text(line, style="dim"), soft_wrap=True)
    if out is not None:
        OUT.print(f"\nreport: {out / stem}.md", markup=False, soft_wrap=True)


def _rich(table: Table, width: int) -> RichTable:
    rich_table = RichTable(
        box=None, pad_edge=False, title=table.title, title_justify="left", header_style="bold"
    )
    shown = fitting(table, width)
    for index in shown:
        head = broken_head(table.head[index])
        rich_table.add_column(head, justify="right" if index else "left", no_wrap=True)
    for line in table.lines:
        rich_table.add_row(*(Text(line[index]) for index in shown))
    return rich_table
