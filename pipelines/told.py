"""What an exception says, in one line that can be stored and shown whatever its text is."""

MOST_CHARACTERS = 1000
"""Of a text, at most; of a longer one the middle is left out."""


def told(error: BaseException) -> str:
    """Return kind and text of `error`: `ValueError: no such key`."""
    return f"{kind_of(error)}: {text_of(error)}".removesuffix(": ")


def kind_of(error: BaseException) -> str:
    """Return the name of the class of `error`."""
    # The class of a stranger's exception may say of itself what it likes.
    name: str = type.__dict__["__name__"].__get__(type(error))
    return one_line(name)


def text_of(error: BaseException) -> str:
    """Return what `error` says."""
    try:
        return one_line(str(error))
    except BaseException as another:  # noqa: BLE001 - whatever it raises, it cannot be read
        return f"(a text that cannot be read: {kind_of(another)})"


def one_line(text: str) -> str:
    """Return `text` in one line of valid and not too many characters."""
    # The methods of str itself: a subclass may have others.
    line = " ".join(str.split(text)).encode(errors="backslashreplace").decode()
    left_out = len(line) - MOST_CHARACTERS
    if left_out <= 0:
        return line
    half = MOST_CHARACTERS // 2
    return f"{line[:half]} … {left_out:,} characters … {line[-half:]}"
