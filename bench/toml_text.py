"""TOML that anybody may have written, as typed values or as one line that says why not."""

from pathlib import Path
from typing import TypeVar

import msgspec

from bench.plain_text import NoText, utf8_text
from pipelines.files import read_plain

MOST_BYTES = 1_000_000
"""No suite, scenario or file of published points has a tenth of it."""

# The reader takes quadratic time for a key of many parts; a line of ours has two dots, a figure's
# source a few more.
MOST_DOTS_IN_A_LINE = 200

T = TypeVar("T")


class TomlError(Exception):
    """A text is no TOML that can be used; one line says why, without the file's name."""


def read_toml(path: Path) -> bytes:
    """Return the text in the file `path`. Raises TomlError."""
    try:
        return read_plain(path, most_bytes=MOST_BYTES)
    except OSError as error:
        raise TomlError(error.strerror or str(error)) from error
    except ValueError as error:  # a path with a zero byte
        raise TomlError(str(error)) from error


def parse_toml(text: bytes, kind: type[T]) -> T:
    """Return the `kind` that `text` holds. Raises TomlError."""
    if len(text) > MOST_BYTES:
        raise TomlError(f"has more than {MOST_BYTES:,} bytes")
    try:
        text = utf8_text(text)
    except NoText as error:
        raise TomlError(str(error)) from error
    if not text.strip():
        raise TomlError("is empty")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(b".") > MOST_DOTS_IN_A_LINE:
            raise TomlError(f"line {number} has more than {MOST_DOTS_IN_A_LINE} dots")
    try:
        return msgspec.toml.decode(text, type=kind)
    except RecursionError as error:
        raise TomlError("is nested too deep") from error
    # A number of thousands of digits is a ValueError.
    except (msgspec.DecodeError, ValueError) as error:
        raise TomlError(" ".join(str(error).split())) from error
