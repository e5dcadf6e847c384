"""`sealbench list`: what can be selected by name."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from bench.cli.console import ERR, OUT, fail
from bench.cli.plugins import installed
from bench.cli.unsupported import UNSUPPORTED
from bench.clips.catalogue import load_catalogue
from bench.clips.errors import ClipError
from bench.clips.fetch import verify_cached
from bench.sizing.scenario.load import ScenarioError, builtin_scenarios, load_scenario
from bench.suite import SuiteError, builtin_suites, load_suite
from pipelines.ciphers.table import CIPHERS


class Kind(StrEnum):
    """What can be listed."""

    PIPELINES = "pipelines"
    CIPHERS = "ciphers"
    SCANNERS = "scanners"
    CLIPS = "clips"
    SUITES = "suites"
    SCENARIOS = "scenarios"
    UNSUPPORTED = "unsupported"


def show(kind: Annotated[Kind, typer.Argument(help="What to list.")]) -> None:
    """List what has a name, and what is not supported.

    That is pipelines, ciphers, scanners, clips, suites, scenarios.
    """
    tables = {
        Kind.PIPELINES: pipelines_table,
        Kind.CIPHERS: ciphers_table,
        Kind.SCANNERS: scanners_table,
        Kind.CLIPS: clips_table,
        Kind.SUITES: suites_table,
        Kind.SCENARIOS: scenarios_table,
        Kind.UNSUPPORTED: unsupported_table,
    }
    try:
        OUT.print(tables[kind]())
    except (ClipError, SuiteError, ScenarioError) as error:
        fail(str(error))


def new_table(*columns: str) -> Table:
    """Return an empty table without lines, which reads as well in a pipe."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        # A name is whole on one line, so that it can be found in a pipe.
        table.add_column(column, overflow="fold", no_wrap=index == 0)
    return table


def pipelines_table() -> Table:
    """Return every pipeline, and on standard error each plug-in that could not be used."""
    registry = installed()
    for problem in registry.problems:
        ERR.print(f"sealbench: {problem}", markup=False, soft_wrap=True)
    table = new_table("pipeline", "sees plaintext", "what it does")
    for pipeline in registry.pipelines.values():
        labels = f" [{', '.join(pipeline.labels)}]" if pipeline.labels else ""
        parties = ", ".join(sorted(pipeline.sees_plaintext))
        table.add_row(pipeline.name, parties, f"{pipeline.summary}{labels} ({pipeline.source})")
    return table


def ciphers_table() -> Table:
    """Return every cipher with its sizes."""
    table = new_table("cipher", "key", "nonce", "tag", "what it is")
    for cipher in CIPHERS.values():
        labels = f" [{', '.join(cipher.labels)}]" if cipher.labels else ""
        table.add_row(
            cipher.name,
            f"{cipher.key_size} B",
            f"{cipher.nonce_size} B",
            f"{cipher.tag_size} B",
            f"{cipher.summary}{labels} ({cipher.source})",
        )
    return table


def scanners_table() -> Table:
    """Return every scanner, and on standard error each plug-in that could not be used."""
    registry = installed()
    for problem in registry.problems:
        ERR.print(f"sealbench: {problem}", markup=False, soft_wrap=True)
    table = new_table("scanner", "look-up", "what it does")
    for scanner in registry.scanners.values():
        index = "-" if scanner.index is None else scanner.index.name
        labels = f" [{', '.join(scanner.labels)}]" if scanner.labels else ""
        source = f" ({scanner.source})" if scanner.source else ""
        table.add_row(scanner.name, index, f"{scanner.summary}{labels}{source}")
    return table


def clips_table() -> Table:
    """Return every clip of the catalogue, and whether it is cached."""
    catalogue = load_catalogue()
    states = {cached.clip.id: cached.state for cached in verify_cached(catalogue.clips)}
    table = new_table("clip", "sets", "size", "fps", "frames", "cached", "what it shows")
    for clip in catalogue.clips:
        table.add_row(
            clip.id,
            ", ".join(clip.sets),
            f"{clip.width}x{clip.height}",
            f"{float(clip.frame_rate):.4g}",
            str(clip.frames),
            states[clip.id],
            clip.content,
        )
    return table


def suites_table() -> Table:
    """Return every shipped suite with its number of cases."""
    registry = installed()
    table = new_table("suite", "cases", "measuring", "what it is for")
    for name, path in builtin_suites().items():
        suite = load_suite(path, registry.pipelines, scanners=registry.scanners)
        minutes = sum(case.seconds for case in suite.cases) / 60
        table.add_row(name, str(len(suite.cases)), f"{minutes:.1f} min", suite.summary)
    return table


def scenarios_table() -> Table:
    """Return every shipped scenario with its participants at the peak."""
    table = new_table("scenario", "participants", "topology", "what is asked")
    for name, path in builtin_scenarios().items():
        scenario = load_scenario(path).scenario
        participants = f"{scenario.peak_participants:,.0f}"
        table.add_row(name, participants, scenario.system.topology, scenario.title)
    return table


def unsupported_table() -> Table:
    """Return what the field has and this does not."""
    table = new_table("not supported", "specified in", "what happens instead")
    for each in UNSUPPORTED:
        table.add_row(each.name, each.source, each.instead)
    return table
