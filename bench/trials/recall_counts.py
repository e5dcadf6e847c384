"""The samples of a recall cell, and what they count up to."""

from collections.abc import Sequence

import numpy as np

from bench.results import RecallCounts
from bench.samples import Samples
from pipelines.scanning.hasher import Hasher

CELL_FIELDS = ("round", "frame", "is_keyframe", "unit_bytes", "stream_bytes", "stream_frames")
"""Columns beside those of each hash.

There is one sample per hashed frame. `frame` is its index in the clip and `unit_bytes` the size of
its access unit; `stream_bytes` and `stream_frames`, the same in every sample, are those of all
units that were sent, hashed or not.
"""

HASH_FIELDS = ("quality", "own", "own_dihedral", "foreign")
"""Columns of each hash, behind its name and a slash.

Quality as the hash gives it, and the least Hamming distance to an entry of the clip itself, to one
from any of the eight variants of the frame, and to an entry of another clip (NOTHING_LISTED where
there is none).
"""

NOTHING_LISTED = -1

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)

# Quality adds up steps of luma between neighbours, and min_quality is meant for steps of 0 to 255;
# decoded video has 16 to 235.
FULL_RANGE, LIMITED_RANGE = 255, 219


def recall_dtype(hashers: Sequence[str]) -> np.dtype[np.void]:
    """Return the dtype of a cell's samples: int64 columns for all of `hashers`."""
    each = [f"{hasher}/{name}" for hasher in hashers for name in HASH_FIELDS]
    return np.dtype([(name, np.int64) for name in (*CELL_FIELDS, *each)])


def count_recall(samples: Samples, hasher: Hasher, *, foreign_entries: int) -> RecallCounts:
    """Return what `hasher` recognised of the frames of a cell.

    Frames below the hash's quality gate are counted as such and as nothing else. A frame within the
    radius of any frame of its clip is recalled, its own or a neighbour: that is what it means to
    list a clip's frames. The quantiles of distance are those of the frames that passed the gate;
    there are none where no frame did.
    """
    column = {name: samples[f"{hasher.name}/{name}"] for name in HASH_FIELDS}
    good = column["quality"] * FULL_RANGE >= hasher.min_quality * LIMITED_RANGE
    own, dihedral, foreign = (column[name][good] for name in HASH_FIELDS[1:])
    distances = np.quantile(own, QUANTILES).tolist() if len(own) else []
    return RecallCounts(
        hasher=hasher.name,
        radius=hasher.radius,
        frames=len(samples),
        low_quality=int((~good).sum()),
        recalled=int((own <= hasher.radius).sum()),
        recalled_dihedral=int((dihedral <= hasher.radius).sum()),
        identical=int((own == 0).sum()),
        false_matches=int(((foreign <= hasher.radius) & (foreign != NOTHING_LISTED)).sum()),
        foreign_entries=foreign_entries,
        distances=tuple(distances),
    )
