"""`sealbench size`: what a deployment needs, from what its stages cost on one machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from bench.cli.console import OUT, TerminalProgress, fail, put_json
from bench.cli.size_profile import AtHand, profile_at_hand
from bench.progress import Progress
from bench.sizing.answer.html import render_html
from bench.sizing.answer.markdown import render_markdown
from bench.sizing.answer.published_document import published_document
from bench.sizing.answer.report import as_json, write_report
from bench.sizing.answer.terminal import print_answer, print_comparison, print_document
from bench.sizing.answer.values import Answer, Compared, Comparison
from bench.sizing.model.draws import MissingCost, ProfileDraws, draw
from bench.sizing.published.check import check_published
from bench.sizing.published.load import PublishedError
from bench.sizing.scenario.errors import Contradiction
from bench.sizing.scenario.load import Loaded, ScenarioError, find_scenario, load_scenario
from bench.sizing.scenario.override import (
    combinations,
    parse_comparison,
    parse_setting,
    with_values,
)
from bench.sizing.size import size as answered
from bench.store.errors import StoreError
from bench.store.files import write_files

SEED = 2026
"""Of every answer unless another is asked for: the same question gets the same answer."""

SCENARIO_HELP = "A .toml file, or a name that `sealbench list scenarios` shows."
FROM_HELP = (
    "A calibration, its folder or that of a run; several of one machine are pooled. Without: what"
    " is stored for this machine, else a new calibration."
)
SET_HELP = "Set a field of the scenario, such as demand.peak_participants=800. Repeatable."
COMPARE_HELP = "Answer once for each value, such as system.e2e_cipher=none,aes-256-gcm. Repeatable."
OUT_HELP = "Write answer.json, report.md, report.html and plots to this folder."
PUBLISHED_HELP = "Hold the model against published figures instead; takes no scenario."


def size(
    scenario: Annotated[str | None, typer.Argument(help=SCENARIO_HELP)] = None,
    *,
    profiles: Annotated[
        list[Path] | None, typer.Option("--from", metavar="RUN_OR_FILE", help=FROM_HELP)
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help=SET_HELP)
    ] = None,
    compare: Annotated[
        list[str] | None, typer.Option("--compare", metavar="FIELD=a,b,c", help=COMPARE_HELP)
    ] = None,
    out: Annotated[Path | None, typer.Option(help=OUT_HELP)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws behind the intervals.")] = SEED,
    published: Annotated[bool, typer.Option("--check-published", help=PUBLISHED_HELP)] = False,
) -> None:
    """Say what a scenario needs: servers, delay, money.

    From what stages cost on one machine (`sealbench calibrate`), each figure with its 90 % interval
    and its source.
    """
    progress = TerminalProgress()
    try:
        if published:
            if scenario is not None or settings or compare:
                fail("--check-published takes no scenario and nothing to set or compare")
            _check(profile_at_hand(profiles or [], progress), seed=seed, json=json, out=out)
            return
        if scenario is None:
            fail("which scenario? a .toml file, or a name that `sealbench list scenarios` shows")
        # Before the profile: a mistake here should not cost a calibration.
        loaded = load_scenario(find_scenario(scenario))
        loaded = with_values(loaded, dict(map(parse_setting, settings or [])))
        cells = combinations([parse_comparison(text) for text in compare or []])
        at_hand = profile_at_hand(profiles or [], progress)
        draws = draw(at_hand.profile, seed=seed)
        told: Answer | Comparison
        if compare:
            told = _compared(loaded, cells, draws, at_hand, seed)
        else:
            told = _answered(loaded, draws, at_hand, seed)
        _publish(told, progress, json=json, out=out)
    except (ScenarioError, MissingCost, StoreError, PublishedError) as error:
        fail(str(error))
    finally:
        progress.end()


def _answered(loaded: Loaded, draws: ProfileDraws, at_hand: AtHand, seed: int) -> Answer:
    """Return the answer with what its reader has to know first. Raises MissingCost."""
    answer = answered(loaded, draws, profile_name=at_hand.name, seed=seed)
    notes = (*at_hand.notes, *loaded.notes, *answer.notes)
    return msgspec.structs.replace(answer, notes=tuple(dict.fromkeys(notes)))


def _compared(
    loaded: Loaded,
    cells: Sequence[dict[str, str]],
    draws: ProfileDraws,
    at_hand: AtHand,
    seed: int,
) -> Comparison:
    """Return an answer for each of `cells`, or why there is none; ends where none has one."""
    compared = [_cell(loaded, cell, draws, at_hand, seed) for cell in cells]
    fields = tuple(cells[0])
    if all(cell.answer is None for cell in compared):
        fail(f"no value of {', '.join(fields)} has an answer; the first: {compared[0].error}")
    return Comparison(
        name=loaded.name, title=loaded.scenario.title, fields=fields, cells=tuple(compared)
    )


def _cell(
    loaded: Loaded, cell: dict[str, str], draws: ProfileDraws, at_hand: AtHand, seed: int
) -> Compared:
    settings: dict[str, object] = dict(cell)
    try:
        answer = _answered(with_values(loaded, cell), draws, at_hand, seed)
    except (Contradiction, MissingCost) as error:
        return Compared(settings=settings, error=str(error))
    return Compared(settings=settings, answer=answer)


def _publish(
    told: Answer | Comparison, progress: Progress, *, json: bool, out: Path | None
) -> None:
    """Print `told`, and write its report where that was asked for. Raises StoreError."""
    if out is not None:
        progress.begin("drawing the plots", 1)
        written = write_report(out, told)
        progress.end()
    if json:
        put_json(as_json(told))
        return
    if isinstance(told, Comparison):
        print_comparison(told, OUT)
    else:
        print_answer(told, OUT)
    if out is not None:
        plots = sum(path.suffix == ".png" for path in written)
        counted = "1 plot" if plots == 1 else f"{plots} plots"
        OUT.print(f"\nreport: {written[2]} ({counted})", markup=False, soft_wrap=True)


def _check(at_hand: AtHand, *, seed: int, json: bool, out: Path | None) -> None:
    """Print the check of published points, and write it. Raises StoreError, PublishedError."""
    draws = draw(at_hand.profile, seed=seed)
    check = check_published(draws)
    footer = f"Profile {at_hand.name}. 90 % intervals over {draws.count - 1} draws, seed {seed}."
    if out is not None:
        document = published_document(check, notes=at_hand.notes, footer=footer, whole=True)
        files = {
            "published.json": as_json(check),
            "published.md": render_markdown(document, ()).encode(),
            "published.html": render_html(document, ()).encode(),
        }
        write_files(out, files)
    if json:
        put_json(as_json(check))
        return
    document = published_document(check, notes=at_hand.notes, footer=footer, whole=False)
    print_document(document, OUT)
    if out is not None:
        OUT.print(f"\nreport: {out / 'published.html'}", markup=False, soft_wrap=True)
