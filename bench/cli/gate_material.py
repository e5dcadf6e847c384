"""From the cases of a suite to the benchmarks of a gate."""

from pathlib import Path

from bench.cli.selection import Selection, listed_clip_at_hand, with_clips_at_hand
from bench.gate.material import MaterialFolder, NotGated
from bench.gate.worker.messages import Spec
from bench.material import Library
from bench.progress import Progress
from bench.suite import SuiteError
from bench.trials.workshop import Workshop
from pipelines.not_installed import NotInstalled
from pipelines.registry import Registry

DEFAULT_SUITE = "gate"
SUITE_HELP = "A shipped suite or a .toml file; default: gate."
ONLY_HELP = "Glob over case ids or their parts."


def written(
    selection: Selection, registry: Registry, folder: Path, progress: Progress, *, seed: int
) -> tuple[list[Spec], list[str]]:
    """Return the benchmarks of a selection, their material in `folder`, and what is left out.

    Raises SuiteError where nothing is left, ClipError, CodecError.
    """
    cases = with_clips_at_hand(selection.cases, progress)
    library = Library(selection.clip_files, progress)
    library.check(cases)
    listed = listed_clip_at_hand(cases, registry, progress)
    library.load(cases)
    workshop = Workshop(
        registry=registry,
        library=library,
        progress=progress,
        seed=seed,
        listed_clip=listed,
        given_list=None,
    )
    material = MaterialFolder(folder=folder, workshop=workshop)
    specs: list[Spec] = []
    notes: list[str] = []
    for case in cases:
        try:
            specs.append(material.spec(case))
        except (NotGated, NotInstalled) as reason:
            notes.append(f"{case.id}: not gated: {reason}")
    if not specs:
        few = "; ".join(notes[:3])
        raise SuiteError(f"nothing in suite {selection.suite.name} can be gated: {few}")
    return specs, notes
