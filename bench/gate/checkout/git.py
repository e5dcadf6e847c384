"""The repository that a folder belongs to, asked without changing anything in it."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from bench.gate.checkout.error import CheckoutError
from bench.gate.checkout.sources import behind_link

SUBMODULE = 0o160000
"""The mode by which a tree names a commit of another repository."""

OWN_RESULTS = "results/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*/"
"""Folders that sealbench itself leaves in a working tree: they are no part of what is measured."""

# Neither a file of the repository's that an index of ours would share, nor a daemon's word, nor
# hooks that act on what is only read.
_SETTINGS = (
    *("-c", "core.splitIndex=false"),
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
)

_PLAIN_STATUS = ("--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all")
_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REFS_SHOWN = 5

# Git sets these for the hooks that it runs. There they would have us read another index, or take
# the current folder for the top of the working tree. Settings given by `git -c` are left alone.
_OF_A_HOOK = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """A file of a commit: its mode as git writes it, the id of its content, its path."""

    mode: int
    blob: str
    path: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A working tree, by its top folder."""

    top: Path
    program: str

    def commit(self, revision: str) -> str:
        """Return the id of the commit that `revision` names. Raises CheckoutError."""
        found = self._verified(revision)
        commit = found and self._verified(f"{found}^{{commit}}")
        if commit:
            return commit
        kind = self._run("cat-file", "-t", found).stdout.decode().strip() if found else ""
        if kind:
            raise CheckoutError(f"{revision!r} names a {kind}, not a commit")
        raise CheckoutError(self._unknown(revision))

    def head(self) -> str | None:
        """Return the id of the current commit; None on a branch that has none yet."""
        return self._verified("HEAD")

    def short(self, commit: str) -> str:
        """Return the shortest form of a commit's id that this repository can tell apart."""
        return self.ask("rev-parse", "--short", commit).decode().strip()

    def tree(self, commit: str) -> tuple[TreeEntry, ...]:
        """Return every file, link and submodule of a commit, whatever the attributes say.

        `git archive` would leave out and rewrite files where `.gitattributes` asks for it.
        """
        listed = self.ask("ls-tree", "-r", "-z", "--full-tree", commit)
        return tuple(_tree_entry(line) for line in listed.split(b"\0")[:-1])

    def working_paths(self) -> tuple[bytes, ...]:
        """Return the paths of what is tracked, or neither tracked nor ignored, in order.

        What was deleted is among them; a submodule or another repository is named as a folder.
        """
        listed = self.ask("ls-files", "-co", "--exclude-standard", f"--exclude={OWN_RESULTS}", "-z")
        # A file with a merge conflict is listed once for each version of it.
        return tuple(sorted(set(listed.split(b"\0")[:-1])))

    def changed_paths(self) -> tuple[bytes, ...]:
        """Return the paths that differ from the current commit, untracked ones included."""
        listed = self.ask("status", *_PLAIN_STATUS, "--untracked-files=all")
        return tuple(line[3:] for line in listed.split(b"\0")[:-1])

    def differing_paths(self, tree: Iterable[TreeEntry]) -> frozenset[bytes]:
        """Return the paths of `tree` of which git does not say that the working tree has the same.

        What it was told not to look at (assume-unchanged, sparse) is looked at.
        """
        # Without the rest of a merge conflict, which has other stages.
        index = {path: entry for entry, path in self._index() if entry.endswith(b" 0")}
        status = self.ask("status", *_PLAIN_STATUS, "--untracked-files=no").split(b"\0")[:-1]
        edited = [line[3:] for line in status if line[1:2] != b" "]
        # In small letters: assume-unchanged. An S: skip-worktree.
        unwatched = [path for tag, path in self._tagged() if tag.islower() or tag == b"S"]
        modes = {entry.path: entry.mode for entry in tree}
        suspect = self._written({path: modes.get(path) for path in (*edited, *unwatched)})
        return frozenset(
            entry.path
            for entry in tree
            if suspect.get(entry.path, entry.blob) != entry.blob
            or index.get(entry.path) != f"{entry.mode:06o} {entry.blob} 0".encode()
        )

    def sparse_paths(self) -> frozenset[bytes]:
        """Return the paths that a sparse checkout leaves out of the working tree."""
        return frozenset(path for tag, path in self._tagged() if tag in b"Ss")

    def lay_out(self, commit: str, paths: Collection[bytes], folder: Path) -> None:
        """Write the files `paths` of `commit` to the empty `folder` as git checks them out.

        That is: with line endings, encodings, identifiers and filters as the attributes ask for,
        those of the commit where this git can do that (2.43), else those of the working tree.
        Raises CheckoutError where a filter that is required cannot do its part.
        """
        if not paths:
            return
        with tempfile.TemporaryDirectory() as scratch:
            # An index beside the repository's own, which is only read.
            index = os.path.join(scratch, "index")  # noqa: PTH118 - a variable for git
            of_commit = {"GIT_INDEX_FILE": index, "GIT_ATTR_SOURCE": commit}
            self.ask("read-tree", "--no-sparse-checkout", commit, extra=of_commit)
            self.ask(
                "checkout-index",
                "-z",
                "--stdin",
                f"--prefix={folder}/",
                said=b"".join(path + b"\0" for path in paths),
                extra=of_commit,
            )

    def _written(self, modes: Mapping[bytes, int | None]) -> dict[bytes, str]:
        """Return the id that each file of the working tree would be committed under.

        None of a file with another mode than in `modes`. `git status` takes another size for
        another content, and line endings alone make one.
        """
        ids = dict.fromkeys(modes, "")
        root = os.fsencode(self.top)
        hidden = behind_link(root)
        # One a line: a name with a line break in it stays suspect.
        files = [
            path
            for path in ids
            if b"\n" not in path and not hidden(path) and _mode(root, path) == modes[path]
        ]
        said = b"".join(path + b"\n" for path in files)
        told = self.ask("hash-object", "--stdin-paths", said=said) if files else b""
        return ids | dict(zip(files, told.decode().split(), strict=True))

    def _index(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield mode, content and stage of each tracked path, and the path."""
        for line in self.ask("ls-files", "-s", "-z").split(b"\0")[:-1]:
            entry, path = line.split(b"\t", 1)
            yield entry, path

    def _tagged(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield each tracked path with the letter that git gives to its state."""
        for line in self.ask("ls-files", "-v", "-z").split(b"\0")[:-1]:
            yield line[:1], line[2:]

    def ask(
        self, *arguments: str, said: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> bytes:
        """Return what `git arguments` prints, which is `said` something and has `extra` variables.

        Raises CheckoutError where it fails.
        """
        done = self._run(*arguments, said=said, extra=extra or {})
        if done.returncode:
            raise CheckoutError(f"git {arguments[0]}: {_complaint(done.stderr)}")
        return done.stdout

    def _verified(self, revision: str) -> str | None:
        """Return the id of the one object that `revision` names, or None."""
        if "\0" in revision:
            return None
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", revision)
        found = done.stdout.decode(errors="replace").strip()
        return found if done.returncode == 0 and _OBJECT_ID.fullmatch(found) else None

    def _unknown(self, revision: str) -> str:
        listed = self.ask(
            "for-each-ref",
            "--sort=-creatordate",
            "--format=%(refname:short)",
            "refs/heads",
            "refs/tags",
            "refs/remotes",
        )
        known = listed.decode(errors="replace").splitlines()
        if not known and self.head() is None:
            return f"{self.top}: no commits yet, so there is nothing to compare with"
        message = f"unknown revision {revision!r}"
        if close := get_close_matches(revision, known, n=1):
            message += f"; did you mean {close[0]!r}?"
        elif known:
            message += f"; there are {', '.join(known[:_REFS_SHOWN])}"
        if self.ask("rev-parse", "--is-shallow-repository").strip() == b"true":
            message += "; this clone is shallow: git fetch --unshallow --tags brings the rest"
        return message

    def _command(self, *arguments: str) -> list[str]:
        return [self.program, "-C", str(self.top), *_SETTINGS, *arguments]

    def _run(
        self, *arguments: str, said: bytes = b"", extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self._command(*arguments),
            input=said,
            capture_output=True,
            check=False,
            env={**_environment(), **(extra or {})},
        )


def open_repository(folder: Path) -> Repository:
    """Return the repository whose working tree `folder` is in. Raises CheckoutError."""
    program = shutil.which("git")
    if program is None:
        raise CheckoutError("git is not installed; without it there is no base to compare with")
    here = Repository(top=folder, program=program)
    if here._run("rev-parse", "--is-bare-repository").stdout.strip() == b"true":  # noqa: SLF001 - ours
        raise CheckoutError(f"{folder}: a bare repository has no working tree to measure")
    done = here._run("rev-parse", "--show-toplevel")  # noqa: SLF001 - same
    if done.returncode:
        raise CheckoutError(f"{folder}: {_complaint(done.stderr)}")
    return Repository(top=Path(os.fsdecode(done.stdout.removesuffix(b"\n"))), program=program)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    # Without optional locks `git status` leaves the index as it is; in the C locale git's
    # complaints are those that `_complaint` knows.
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _mode(root: bytes, path: bytes) -> int:
    """Return the mode of a file as git writes it; 0 where there is none."""
    try:
        mode = os.lstat(os.path.join(root, path)).st_mode  # noqa: PTH118 - names need not be UTF-8
    except OSError:
        return 0
    if not stat.S_ISREG(mode):
        return 0
    return 0o100755 if mode & stat.S_IXUSR else 0o100644


def _tree_entry(line: bytes) -> TreeEntry:
    about, path = line.split(b"\t", 1)
    mode, _, blob = about.decode().split()
    return TreeEntry(mode=int(mode, 8), blob=blob, path=path)


def _complaint(stderr: bytes) -> str:
    """Return the line that says what is wrong; advice may stand around it.

    The last one, where a filter could not be run and so its file could not be made.
    """
    lines = stderr.decode(errors="replace").splitlines() or ["failed without a word"]
    fatal = [line for line in lines if line.startswith("fatal: ")]
    return (fatal[-1:] or lines)[0].removeprefix("fatal: ")
