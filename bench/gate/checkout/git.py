"""The repository that a folder belongs to, asked without changing anything in it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from bench.gate.checkout.error import CheckoutError

SUBMODULE = 0o160000
"""The mode by which a tree names a commit of another repository."""

OWN_RESULTS = "results/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T*/"
"""Folders that sealbench itself leaves in a working tree: they are no part of what is measured."""

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
        listed = self.ask(
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
            "--untracked-files=all",
            "--ignore-submodules=all",
        )
        return tuple(line[3:] for line in listed.split(b"\0")[:-1])

    def blobs(self, ids: Iterable[str]) -> Iterator[bytes]:
        """Yield the content of each blob in turn, as committed: no filter of git is applied."""
        with subprocess.Popen(
            self._command("cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        ) as batch:
            asked, answered = batch.stdin, batch.stdout
            assert asked is not None  # noqa: S101 - both are pipes
            assert answered is not None  # noqa: S101 - same
            for blob in ids:
                asked.write(f"{blob}\n".encode())
                asked.flush()
                header = answered.readline().split()
                if len(header) != 3 or header[1] != b"blob":
                    raise CheckoutError(f"{self.top}: object {blob} is missing or damaged")
                size = int(header[2])
                content = answered.read(size + 1)[:-1]
                if len(content) != size:
                    raise CheckoutError(f"{self.top}: object {blob} is damaged")
                yield content

    def ask(self, *arguments: str) -> bytes:
        """Return what `git arguments` prints. Raises CheckoutError where it fails."""
        done = self._run(*arguments)
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
        return [self.program, "-C", str(self.top), *arguments]

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self._command(*arguments), capture_output=True, check=False, env=_environment()
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


def _tree_entry(line: bytes) -> TreeEntry:
    about, path = line.split(b"\t", 1)
    mode, _, blob = about.decode().split()
    return TreeEntry(mode=int(mode, 8), blob=blob, path=path)


def _complaint(stderr: bytes) -> str:
    """Return the line that says what is wrong; advice may stand around it."""
    lines = stderr.decode(errors="replace").splitlines() or ["failed without a word"]
    fatal = [line for line in lines if line.startswith("fatal: ")]
    return (fatal or lines)[0].removeprefix("fatal: ")
