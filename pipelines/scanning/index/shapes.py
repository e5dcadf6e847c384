"""What an index can take, checked before compiled code sees it."""

import numpy as np

from pipelines.scanning.hasher import U64


def check_list(hashes: U64, radius: int) -> None:
    """Raise ValueError unless `hashes` is uint64 of shape (entries, words) and `radius` >= 0."""
    if hashes.ndim != 2 or not hashes.shape[1] or hashes.dtype != np.uint64:
        raise ValueError(
            f"a list holds uint64 of shape (entries, words), not {hashes.dtype} of {hashes.shape}"
        )
    if radius < 0:
        raise ValueError(f"radius {radius}: a distance is 0 or more")


def check_query(hashed: U64, words: int) -> None:
    """Raise ValueError unless `hashed` is one hash, uint64 of `words` words."""
    if hashed.shape != (words,) or hashed.dtype != np.uint64:
        raise ValueError(
            f"a query of this index is uint64 of shape ({words},), not {hashed.dtype} of"
            f" {hashed.shape}"
        )


def check_batch(batch: U64, words: int) -> None:
    """Raise ValueError unless `batch` is uint64 of shape (queries, words)."""
    if batch.ndim != 2 or batch.shape[1] != words or batch.dtype != np.uint64:
        raise ValueError(
            f"a batch for this index is uint64 of shape (queries, {words}), not {batch.dtype} of"
            f" {batch.shape}"
        )
