"""A part of a report: its tables, and the key that ties its plots to it."""

import hashlib
import re
from dataclasses import dataclass

from bench.report.table_value import Table

LONGEST_SLUG = 80
"""A file name holds several of them, and file systems end at 255 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Everything about one clip and codec, or about one question asked of all clips."""

    key: str
    title: str
    about: str
    note: str = ""
    labels: tuple[str, ...] = ()
    tables: tuple[Table, ...]
    plots_first: bool = False


def section_key(clip: str, codec: str) -> str:
    """Return a key that is also a file name, and another for every clip and codec."""
    name = f"{clip}-{codec}".replace("->", "-to-")
    if re.fullmatch(r"[a-z0-9-]+", name):
        return name
    # What a file name cannot hold would make two clips one: their digest keeps them apart.
    return f"{slug(name)}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def slug(text: str) -> str:
    """Return `text` as part of a file name."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"
    if len(plain) <= LONGEST_SLUG:
        return plain
    # Two long names may begin alike.
    return f"{plain[:LONGEST_SLUG]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
