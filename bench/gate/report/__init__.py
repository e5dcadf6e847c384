"""What a gate leaves behind: text, JSON, JUnit XML, Markdown and two plots."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.gate.blocks import Blocks
from bench.gate.report.json_ import GateFileError, read_gate_json, to_json
from bench.gate.report.junit import to_junit
from bench.gate.report.markdown import append_step_summary, to_markdown
from bench.gate.report.terminal import to_text
from bench.gate.result import GateResult
from bench.store.files import write_files

__all__ = [
    "GateFileError",
    "append_step_summary",
    "read_gate_json",
    "to_json",
    "to_junit",
    "to_markdown",
    "to_text",
    "write_report",
]


def write_report(folder: Path, result: GateResult, blocks: Mapping[str, Sequence[Blocks]]) -> None:
    """Write gate.json, junit.xml, summary.{md,txt} and {forest,ratios}.{png,svg} to `folder`.

    There are no ratios where the base is a stored file: nothing was measured in pairs.
    The folder is made where it is not there; each file is complete or as it was. gate.json comes
    first: all else can be made from it. Raises StoreError.
    """
    # Here, because they load matplotlib: half of the time that every other command starts in.
    from bench.gate.report.plot_forest import draw_forest  # noqa: PLC0415 - see above
    from bench.gate.report.plot_ratios import draw_ratios  # noqa: PLC0415 - see above

    texts = {
        "gate.json": to_json(result, blocks),
        "junit.xml": to_junit(result),
        "summary.md": to_markdown(result).encode(),
        "summary.txt": to_text(result).encode(),
    }
    write_files(folder, texts)
    plots = {"forest": draw_forest(result)}
    if result.stored is None:
        plots["ratios"] = draw_ratios(result, blocks)
    for stem, (png, svg) in plots.items():
        write_files(folder, {f"{stem}.png": png, f"{stem}.svg": svg})
