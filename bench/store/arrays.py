"""Samples as .npy files, and the blocks of a case in flight."""

import re
import warnings
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from bench.samples import Samples
from bench.store.errors import StoreError, file_errors
from bench.store.files import write_atomically
from bench.store.layout import MOST_SAMPLES_BYTES, PARTIAL
from bench.store.names import safe_name
from pipelines.files import names_in, open_plain, remove

ROUND = "round"
"""The first column of all samples: the round that a record was measured in."""


def save_samples(path: Path, samples: Samples, *, within: Path, durable: bool) -> None:
    """Write `samples` to `path` in the run folder `within`, at once or not at all.

    Raises StoreError.
    """
    write_atomically(
        path,
        lambda file: np.save(file, samples, allow_pickle=False),
        within=within,
        durable=durable,
    )


def load_samples(path: Path) -> Samples:
    """Return the samples in `path`. Raises StoreError where they are absent, torn or foreign."""
    with file_errors(path), open_plain(path, most_bytes=MOST_SAMPLES_BYTES) as file:
        loaded = _read_array(path, file)
    if loaded.ndim != 1 or not _holds_samples(loaded.dtype):
        raise StoreError(f"{path}: holds no samples (int64 columns {ROUND}, ...)")
    return loaded


def _read_array(path: Path, file: BinaryIO) -> npt.NDArray[np.void]:
    try:
        # What numpy only warns of (a header of Python 2's, say) is nothing that we wrote.
        with warnings.catch_warnings(action="error"):
            return cast("npt.NDArray[np.void]", np.lib.format.read_array(file, allow_pickle=False))
    except OSError:
        raise
    except Exception as error:
        # numpy hands on whatever its header parser or allocator meets in broken bytes.
        raise StoreError(f"{path}: not readable as .npy: {_first_line(error)}") from error


def _holds_samples(dtype: np.dtype[np.void]) -> bool:
    # Each question has columns of its own; that samples come in rounds is common to all.
    names = dtype.names or ()
    return names[:1] == (ROUND,) and all(dtype[name] == np.int64 for name in names)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


class Blocks:
    """The blocks of cases in flight: `partial/<safe case id>.<round>.<process>.npy`.

    A worker process of the run may save blocks too: each has its own file, so no lock is needed.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._folder = run / PARTIAL

    def save(self, case_id: str, round_index: int, process: int, samples: Samples) -> None:
        """Write one block; the disk may have it later. Raises StoreError."""
        name = f"{safe_name(case_id)}.{round_index:04d}.{process}.npy"
        save_samples(self._folder / name, samples, within=self._run, durable=False)

    def load(self, case_id: str) -> dict[int, Samples]:
        """Return the samples of each round, those of several processes one after the other.

        Files that do not read as samples are as good as absent: a power cut may tear a block.
        Raises StoreError where blocks differ in their columns: they are not of one pipeline.
        """
        rounds: dict[int, list[Samples]] = {}
        for round_index, _, path in self._of(case_id):
            try:
                rounds.setdefault(round_index, []).append(load_samples(path))
            except StoreError:
                continue
        if len({part.dtype for parts in rounds.values() for part in parts}) > 1:
            raise StoreError(f"{self._folder}: blocks of case {case_id!r} differ in their columns")
        return {
            round_index: np.concatenate(parts) for round_index, parts in rounds.items() if parts
        }

    def pooled(self, case_id: str) -> Samples:
        """Return the samples of all rounds, in the order of the rounds.

        Raises StoreError where there are none.
        """
        rounds = self.load(case_id)
        if not rounds:
            raise StoreError(f"{self._folder}: holds no samples of case {case_id!r}")
        return np.concatenate([rounds[round_index] for round_index in sorted(rounds)])

    def processes(self, case_id: str) -> int:
        """Return how many processes saved a block of a case. Raises StoreError."""
        return len({process for _, process, _ in self._of(case_id)})

    def remove(self, case_id: str) -> None:
        """Remove all blocks of a case. Raises StoreError."""
        for _, _, path in self._of(case_id):
            with file_errors(path):
                remove(path, within=self._run)

    def _of(self, case_id: str) -> list[tuple[int, int, Path]]:
        """Return (round, process, path) of each block of a case, in that order."""
        pattern = re.compile(re.escape(safe_name(case_id)) + r"\.(\d{4,})\.(\d+)\.npy")
        with file_errors(self._folder):
            found = [pattern.fullmatch(name) for name in names_in(self._folder, within=self._run)]
        return sorted((int(m[1]), int(m[2]), self._folder / m[0]) for m in found if m)
