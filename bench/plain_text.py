"""Text as editors and shells leave it: with a mark in front, in UTF-16, or no text at all."""

import codecs

_MARKS = (
    # The longer marks first: that of UTF-32 begins as that of UTF-16 does.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class NoText(ValueError):  # noqa: N818 - what it is
    """Bytes that are no text; the message names the line and the reason."""


def utf8_text(data: bytes) -> bytes:
    """Return the text in `data` as UTF-8 without a mark. Raises NoText."""
    encoding = "utf-8"
    for mark, marked in _MARKS:
        if data.startswith(mark):
            data, encoding = data.removeprefix(mark), marked
            break
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, errors="replace").count("\n") + 1
        raise NoText(f"line {line}: is not {encoding.upper()} from byte {error.start}") from error
    before, nul, _ = text.partition("\0")
    if nul:
        line = before.count("\n") + 1
        raise NoText(f"line {line}: has a NUL character: is it a text file, saved as UTF-8?")
    return text.encode()
