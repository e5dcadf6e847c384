"""Why a scenario cannot be used, in one line, and the words such lines are made of."""

import difflib
from collections.abc import Collection, Iterable

LONGEST_SHOWN = 60
MOST_LISTED = 24


class ScenarioError(Exception):
    """A scenario cannot be used; one line names file, field, value and what is known."""


class Contradiction(ScenarioError):  # noqa: N818 - what is wrong
    """Every field may be what it is, but not together: a comparison shows that as a finding."""


def known(value: str, values: Collection[str]) -> str:
    """Return `did you mean ...?` where one of `values` is close to `value`, else all of them."""
    close = difflib.get_close_matches(value[:LONGEST_SHOWN], values, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = list(values)
    more = f", … ({len(listed)} in all)" if len(listed) > MOST_LISTED else ""
    return f"known: {', '.join(listed[:MOST_LISTED])}{more}"


def no_choice(value: str, values: Collection[str]) -> str:
    """Return that `value` is none of `values`, and which one may have been meant."""
    close = difflib.get_close_matches(value[:LONGEST_SHOWN], values, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else ""
    return f"{shown(value)} is none of {', '.join(values)}{meant}"


def either(words: Iterable[str]) -> str:
    """Return the words as `a, b or c`."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def shown(value: object) -> str:
    """Return `value` as a message shows it: on one line and short, whatever was written."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value) if isinstance(value, str | int | float) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
