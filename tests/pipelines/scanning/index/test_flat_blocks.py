import numpy as np
import pytest

from pipelines.scanning.index.flat import FlatIndex
from pipelines.scanning.lists import random_hashes
from pipelines.scanning.native.flat_scan import BLOCK, in_blocks

ENDS = [1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK - 7]


@pytest.mark.parametrize("entries", ENDS)
@pytest.mark.parametrize("bits", [64, 128, 256, 320])
def test_blocks_hold_the_words_of_every_entry_and_zeros_behind_the_last(
    entries: int, bits: int
) -> None:
    hashes = random_hashes(entries, bits, np.random.default_rng(1))

    blocks = in_blocks(hashes)

    rows = blocks.transpose(0, 2, 1).reshape(-1, bits // 64)
    assert blocks.shape[2] == BLOCK
    assert len(rows) - entries < BLOCK
    assert (rows[:entries] == hashes).all()
    assert not rows[entries:].any()


@pytest.mark.parametrize("entries", ENDS)
def test_what_fills_up_the_last_block_is_never_found(entries: int) -> None:
    hashes = np.zeros((entries, 4), dtype=np.uint64)

    matches = FlatIndex(hashes, 256).query(hashes[0])

    assert matches.entry.tolist() == list(range(entries))
