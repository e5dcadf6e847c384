"""File names for case ids."""

import hashlib
import re

LONGEST = 120
"""Characters kept of an id; file systems end at 255 bytes, and a block's name adds to it."""


def safe_name(case_id: str) -> str:
    """Return a file name for `case_id` (without suffix): readable, and another for every id.

    An id of at most 120 lower-case letters, digits, `.`, `_`, `+` and `-`, with no dot in front, is
    its own name. Any other has the rest replaced by `_` and ends in `~` and twelve digits of its
    SHA-256. Upper case counts as replaced: some file systems do not tell it apart.
    """
    name = re.sub(r"[^a-z0-9._+-]+|^\.", "_", case_id.lower())[:LONGEST]
    if name == case_id and name:
        return name
    digest = hashlib.sha256(case_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{name}~{digest[:12]}"
