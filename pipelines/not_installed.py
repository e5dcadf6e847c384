"""What is said where an optional package, or a library within one, is absent."""


class NotInstalled(Exception):  # noqa: N818 - what is the matter, not what went wrong
    """Something optional is missing; the message says what, and what brings it where it can."""
