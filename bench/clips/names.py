"""Names of clips. A scaled version always says so: `outdoor->720p`, never "a 720p clip"."""

from dataclasses import dataclass

from bench.clips.errors import ClipError

RUNGS = {"180p": 180, "360p": 360, "480p": 480, "540p": 540, "720p": 720, "1080p": 1080}
"""Lines of the short side, by the name of the rung."""

ARROW = "->"
FILE_PREFIX = "file:"
"""What begins the name of a user's own file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipName:
    """A clip's id (or `file:PATH`), and the rung it is scaled down to, if any."""

    clip: str
    rung: str | None = None

    def __str__(self) -> str:
        return self.clip if self.rung is None else f"{self.clip}{ARROW}{self.rung}"


def parse_clip_name(text: str) -> ClipName:
    """Return the parts of `outdoor->720p`. Raises ClipError for an unknown rung.

    A path may hold an arrow of its own: what follows it is a rung only if it is a known one.
    """
    clip, arrow, rung = text.rpartition(ARROW)
    if not arrow or (text.startswith(FILE_PREFIX) and rung not in RUNGS):
        return ClipName(clip=text)
    if rung not in RUNGS:
        raise ClipError(f"clip {text!r}: unknown size {rung!r}; known: {', '.join(RUNGS)}")
    return ClipName(clip=clip, rung=rung)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A step of the ladder: a size, and a bitrate where it is not that of the ladder."""

    size: str
    bitrate_bps: int | None = None


def parse_rung(text: str) -> Rung:
    """Return the parts of `360p` or `360p@250k`. Raises ClipError."""
    size, at, rate = text.partition("@")
    if size not in RUNGS:
        raise ClipError(f"rung {text!r}: unknown size {size!r}; known: {', '.join(RUNGS)}")
    if not at:
        return Rung(size=size)
    number = rate.removesuffix("k")
    if number == rate or not (number.isascii() and number.isdecimal() and 0 < int(number) < 10**6):
        raise ClipError(f"rung {text!r}: {rate!r} is no bitrate in kbit/s like '250k'")
    return Rung(size=size, bitrate_bps=1000 * int(number))


def scaled_size(name: ClipName, width: int, height: int) -> tuple[int, int]:
    """Return width and height of the clip at its rung: aspect kept, sides even.

    `width` and `height` are the native size; without a rung they are cropped to even sides.
    Raises ClipError where the rung is not smaller than the native short side.
    """
    if name.rung is None:
        return width - width % 2, height - height % 2
    short, lines = min(width, height), RUNGS[name.rung]
    if lines == short:
        raise ClipError(
            f"clip '{name}': {name.clip} has {short} lines already; use its own name, {name.clip!r}"
        )
    if lines > short:
        raise ClipError(
            f"clip '{name}': {name.clip} is {width}x{height}; making it larger would invent detail"
        )
    return _even(width * lines / short), _even(height * lines / short)


def _even(length: float) -> int:
    return 2 * round(length / 2)
