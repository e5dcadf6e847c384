"""Writing an answer or a comparison into a folder, each file complete or not there."""

from pathlib import Path

import msgspec

from bench.sizing.answer.documents import answer_document, comparison_document
from bench.sizing.answer.html import render_html
from bench.sizing.answer.markdown import PLOT_DIR, render_markdown
from bench.sizing.answer.values import Answer, Comparison
from bench.store.files import write_files


def write_report(folder: Path, told: Answer | Comparison) -> list[Path]:
    """Write answer.json, report.md, report.html and the plots under `folder`.

    Files of these names are replaced, others are left alone. Return the files written, in that
    order. Raises StoreError where one cannot be written.
    """
    # Here, because it loads matplotlib: an answer without a report need not wait for it.
    from bench.sizing.answer.plots import pictures_of  # noqa: PLC0415 - see above

    if isinstance(told, Comparison):
        document = comparison_document(told, whole=True)
    else:
        document = answer_document(told, whole=True)
    pictures = pictures_of(told)
    files = {
        "answer.json": as_json(told),
        "report.md": render_markdown(document, pictures).encode(),
        "report.html": render_html(document, pictures).encode(),
    }
    for picture in pictures:
        files[f"{PLOT_DIR}/{picture.stem}.png"] = picture.png
        files[f"{PLOT_DIR}/{picture.stem}.svg"] = picture.svg
    return write_files(folder, files)


def as_json(told: msgspec.Struct) -> bytes:
    """Return what `--json` prints: one document that ends with a line break."""
    return msgspec.json.format(msgspec.json.encode(told)) + b"\n"
