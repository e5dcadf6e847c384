"""The sides of a comparison, and how each gets its folder.

The length of a path reaches the measured process (its memory is laid out after it), so it must not
differ between sides. The folders stay in the cache: what did not change is not compiled again.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import pipelines
from bench.clips.cache import cache_dir
from bench.gate.checkout.error import CheckoutError
from bench.gate.checkout.folders import (
    PARTIAL,
    Entry,
    inside,
    place,
    prune,
    survey,
    sweep,
)
from bench.gate.checkout.git import SUBMODULE, Repository, open_repository
from bench.gate.checkout.sources import (
    Source,
    absent_of,
    committed_files,
    nested_repositories,
    package_files,
    working_files,
)


class Side(StrEnum):
    """The old code, the new code, and a second copy of the old one as a control."""

    BASE = "base"
    HEAD = "head"
    TWIN = "twin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The folder of a side; `description` names it for a reader: `v1.2 (3f2a91c)`."""

    side: Side
    path: Path
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkouts:
    """The three sides of a comparison."""

    base: Checkout
    head: Checkout
    twin: Checkout


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What a side consists of."""

    source: Source
    entries: tuple[Entry, ...]
    description: str


def gate_cache() -> Path:
    """Return the folder of the checkouts, in sealbench's cache."""
    return cache_dir().resolve() / "gate"


def of_revision(folder: Path, revision: str, *, cache: Path) -> Checkouts:
    """Check out `revision` of the repository around `folder`, twice, and its working tree as it is.

    The working tree is what git tracks and what it neither tracks nor ignores, with its edits. The
    revision is what git would make of that working tree if it checked the revision out: a file that
    is the same to git is the same here. The repository is only read. For who holds
    `only_gate(cache)`. Raises CheckoutError.
    """
    with _one_line(cache):
        cache = cache.resolve()
        repository = open_repository(folder)
        commit = repository.commit(revision)
        _made_ready(cache)
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=cache) as laid_out:
            base = _committed(repository, revision, commit, Path(laid_out))
            return _check_out(base, _working_tree(repository, cache), cache)


def of_installed(*, cache: Path) -> Checkouts:
    """Make three copies of the `pipelines` that this process would measure, for a self-test.

    For who holds `only_gate(cache)`. Raises CheckoutError.
    """
    with _one_line(cache):
        if pipelines.__file__ is None:
            raise CheckoutError("the package pipelines is not in a folder of its own")
        source = partial(package_files, Path(pipelines.__file__).parent)
        content = _Content(source=source, entries=survey(source), description="installed package")
        cache = cache.resolve()
        _made_ready(cache)
        return _check_out(content, content, cache)


def measured_folder(checkout: Path) -> list[str]:
    """Return what comes first on `sys.path` of a worker: the checkout, and its `src` if any."""
    source = checkout / "src"
    return [str(checkout), *([str(source)] if source.is_dir() else [])]


def _made_ready(cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    sweep(cache)


def _check_out(base: _Content, head: _Content, cache: Path) -> Checkouts:
    checkouts = Checkouts(
        base=_placed(Side.BASE, base, cache, "a"),
        head=_placed(Side.HEAD, head, cache, "b"),
        twin=_placed(Side.TWIN, base, cache, "c"),
    )
    in_use = (checkouts.base.path, checkouts.head.path, checkouts.twin.path)
    prune(cache, in_use=in_use)
    return checkouts


def _placed(side: Side, content: _Content, cache: Path, letter: str) -> Checkout:
    path = place(content.source, content.entries, cache, letter)
    return Checkout(side=side, path=path, description=content.description)


def _committed(repository: Repository, revision: str, commit: str, laid_out: Path) -> _Content:
    short = repository.short(commit)
    tree = repository.tree(commit)
    files = [inside(entry.path) for entry in tree if entry.mode != SUBMODULE]
    left_out = len(tree) - len(files)
    # The working tree has none of them either, which is no difference of the code.
    sparse = absent_of(repository.top, repository.sparse_paths())
    changed = repository.differing_paths(tree)
    unchanged = [path for path in files if path not in changed]
    differing = [path for path in files if path in changed and path not in sparse]
    repository.lay_out(commit, differing, laid_out)
    # Four digits are the fewest that git takes for an id.
    is_id = len(revision) >= 4 and commit.startswith(revision.lower())
    name = short if is_id else f"{revision} ({short})"
    source = partial(committed_files, repository.top, unchanged, laid_out, differing)
    about = name + _without(left_out) + _sparse(len(sparse))
    return _Content(source=source, entries=survey(source), description=about)


def _working_tree(repository: Repository, cache: Path) -> _Content:
    paths = tuple(_outside(cache, repository.top, repository.working_paths()))
    left_out = nested_repositories(repository.top, paths)
    source = partial(working_files, repository.top, paths)
    name = "working tree"
    if commit := repository.head():
        changed = _outside(cache, repository.top, repository.changed_paths())
        name += f" at {repository.short(commit)}, {_changes(changed)}"
    return _Content(source=source, entries=survey(source), description=name + _without(left_out))


def _outside(cache: Path, top: Path, paths: Iterable[bytes]) -> Iterator[bytes]:
    """Yield `paths` without the cache's own, which may lie in the working tree unignored."""
    if not cache.is_relative_to(top):
        yield from paths
        return
    inside = bytes(cache.relative_to(top)) + b"/"
    yield from (path for path in paths if not path.startswith(inside))


def _changes(paths: Iterable[bytes]) -> str:
    count = sum(not path.endswith(b"/") for path in paths)
    return f"{count} file{'s' * (count != 1)} changed" if count else "nothing changed"


def _sparse(files: int) -> str:
    left_out = f"{files} file{'s' * (files != 1)}"
    return f", without {left_out} that this sparse checkout leaves out" if files else ""


def _without(submodules: int) -> str:
    return f", without {submodules} submodule{'s' * (submodules != 1)}" if submodules else ""


@contextmanager
def _one_line(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CheckoutError(f"cannot make checkouts in {cache}: {error}") from error
