"""`sealbench hashes`: lists of hashes as files, made from harmless clips and random bits."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from bench.cli.console import OUT, TerminalProgress, fail
from bench.cli.given_once import GivenOnce
from bench.clips.errors import ClipError
from bench.clips.library import load_footage
from bench.clips.names import FILE_PREFIX
from bench.progress import Progress
from bench.suite import SuiteError, check_known
from pipelines.scanning.hasher import U64, Hasher
from pipelines.scanning.hashes.table import HASHERS
from pipelines.scanning.list_file import ListFileError, read_list, write_list
from pipelines.scanning.lists import make_list

app = typer.Typer(
    help="Make and look at lists of hashes.",
    no_args_is_help=True,
)


def frame_hashes(clips: Sequence[str], hasher: Hasher, progress: Progress) -> U64:
    """Return the hash of every frame of `clips`, shape (frames, words). Raises ClipError."""
    rows = [
        hasher.hash(frame.planes[0]).words.copy()
        for name in clips
        for frame in load_footage(source_of(name), progress=progress).frames
    ]
    return np.array(rows, dtype=np.uint64).reshape(len(rows), hasher.bits // 64)


def source_of(clip: str) -> str:
    """Return what the clip library calls a clip of the catalogue, or the user's own file."""
    return f"{FILE_PREFIX}{clip}" if Path(clip).is_file() else clip


def check_free(out: Path, *, force: bool) -> None:
    """Raise SuiteError where `out` would be replaced and nobody asked for that."""
    if out.exists() and not force:
        raise SuiteError(f"{out}: there already; --force replaces it")


def check_fits(planted: U64, size: int) -> None:
    """Raise SuiteError where the frames alone are more than the list is to have."""
    if len(planted) > size:
        raise SuiteError(f"--size {size}: the clips alone have {len(planted)} frames")


@app.command("make", cls=GivenOnce)
def make(
    out: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    hasher: Annotated[str, typer.Option(help=f"One of {', '.join(HASHERS)}.")] = "pdq",
    size: Annotated[int, typer.Option(min=1, max=100_000_000, help="Entries.")] = 100_000,
    clip: Annotated[
        list[str] | None,
        typer.Option(help="A clip or a video file whose frames are listed."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the random entries.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write a list: the frames of the clips at random places among random hashes."""
    progress = TerminalProgress()
    try:
        check_known([hasher], HASHERS, "--hasher")
        check_free(out, force=force)
        algorithm = HASHERS[hasher]()
        planted = frame_hashes(clip or [], algorithm, progress)
        check_fits(planted, size)
        chosen = secrets.randbits(32) if seed is None else seed
        made = make_list(hasher, algorithm.bits, size=size, seed=chosen, planted=planted)
        write_list(out, made)
    except (SuiteError, ClipError, ListFileError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{out}: {error.strerror or error}")
    finally:
        progress.end()
    told = f"{len(planted):,} of them frames of {', '.join(clip)}" if clip else "all random"
    OUT.print(
        f"{out}: {len(made):,} hashes ({hasher}, {made.bits} bits), {told}; seed {chosen}",
        markup=False,
        soft_wrap=True,
    )


@app.command("show", cls=GivenOnce)
def show(file: Annotated[Path, typer.Argument(help="A list of hashes.")]) -> None:
    """Check a list's checksum and say what is in it."""
    try:
        found = read_list(file)
    except ListFileError as error:
        fail(str(error))
    OUT.print(
        f"{file}: {len(found):,} hashes ({found.hasher}, {found.bits} bits); {found.origin}",
        markup=False,
        soft_wrap=True,
    )
