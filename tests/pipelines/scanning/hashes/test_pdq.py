import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.media import U8
from pipelines.scanning.hasher import U64
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.native.tent import MAX_HEIGHT, Shrinking, second_difference, tents

SIZES = [
    (5, 5),
    (17, 33),
    (63, 64),
    (64, 64),
    (65, 64),
    (100, 127),
    (128, 128),
    (129, 128),
    (257, 513),
    (360, 640),
    (994, 1768),
    (1088, 400),
]
"""Below, at and above 64 and 128; odd, portrait; boxes of even and odd width on either side."""

# pdqhash's order, with its two mirrorings exchanged: its X is the axis, ours the direction.
REFERENCE_ORDER = (0, 1, 2, 3, 5, 4, 6, 7)

PDQ = Pdq()


def drawings(height: int, width: int) -> dict[str, U8]:
    """Return pictures whose coefficients are often equal, so that rounding decides."""
    y, x = np.mgrid[0:height, 0:width]
    pictures = {
        "ramp across": x * 255 // max(1, width - 1),
        "ramp down": y * 255 // max(1, height - 1),
        "half": (2 * x >= width) * 255,
        "board": ((x // 37 + y // 37) % 2) * 255,
        "bars": (x * 8 // width) * 36,
        "letterbox": np.where((8 * y < height) | (8 * y >= 7 * height), 16, (3 * x + 5 * y) % 200),
        "disc": ((x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2) * 255,
        "dot": ((x == width // 3) & (y == height // 3)) * 255,
        "black": np.zeros_like(x),
        "limited black": np.full_like(x, 16),
        "white": np.full_like(x, 255),
        "dark noise": 16 + ((x * 7919 + y * 104729) % 13 == 0),
    }
    return {name: picture.astype(np.uint8) for name, picture in pictures.items()}


def bits_of(words: U64) -> U8:
    return np.unpackbits(words.astype("<u8").view(np.uint8), bitorder="little")


def grey(luma: U8) -> U8:
    return np.repeat(luma[:, :, np.newaxis], 3, axis=2)


def assert_same_as_reference(luma: U8) -> None:
    fingerprint = PDQ.hash(luma)
    bits, quality = pdqhash.compute(grey(luma))
    assert int((bits_of(fingerprint.words) != bits).sum()) == 0
    assert fingerprint.quality == quality


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_noise_hashes_as_in_the_reference(height: int, width: int) -> None:
    luma = np.random.default_rng(height).integers(0, 256, (height, width), dtype=np.uint8)
    assert_same_as_reference(luma)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (100, 127), (257, 513), (360, 640)])
def test_drawings_hash_as_in_the_reference_where_rounding_decides(height: int, width: int) -> None:
    for luma in drawings(height, width).values():
        assert_same_as_reference(luma)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (4, 200), (200, 4), (4, 4)])
def test_picture_too_small_for_the_reference_is_all_zeros(height: int, width: int) -> None:
    luma = np.full((height, width), 200, dtype=np.uint8)
    PDQ.hash(np.random.default_rng(1).integers(0, 256, (90, 90), dtype=np.uint8))
    assert_same_as_reference(luma)
    assert not PDQ.hash(luma).words.any()
    assert not PDQ.dihedral(luma).any()


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    seed=st.integers(0, 2**32 - 1),
    levels=st.sampled_from([2, 3, 20, 256]),
    block=st.sampled_from([1, 2, 8, 50]),
)
def test_random_blocks_hash_as_in_the_reference(
    height: int, width: int, seed: int, levels: int, block: int
) -> None:
    coarse = np.random.default_rng(seed).integers(
        0, levels, (-(-height // block), -(-width // block))
    )
    luma = coarse.repeat(block, axis=0).repeat(block, axis=1)[:height, :width]
    assert_same_as_reference(np.ascontiguousarray(luma * (255 // (levels - 1)), dtype=np.uint8))


@pytest.mark.parametrize(("height", "width"), [(64, 64), (90, 161), (257, 513)])
def test_variants_are_those_of_the_reference(height: int, width: int) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (height, width), dtype=np.uint8)
    for luma in (noise, *drawings(height, width).values()):
        expected, _ = pdqhash.compute_dihedral(grey(luma))
        variants = PDQ.dihedral(luma)
        for ours, theirs in zip(variants, REFERENCE_ORDER, strict=True):
            assert int((bits_of(ours) != expected[theirs]).sum()) == 0


def test_variants_are_near_the_hashes_of_the_turned_picture() -> None:
    y, x = np.mgrid[0:320, 0:512]
    luma = (120 + 60 * np.sin(x / 40 + y / 90) + 50 * np.cos(y * x / 9000)).astype(np.uint8)
    turned = (
        luma,
        np.rot90(luma),
        np.rot90(luma, 2),
        np.rot90(luma, 3),
        np.fliplr(luma),
        np.flipud(luma),
        luma.T,
        np.rot90(luma, 2).T,
    )
    variants = PDQ.dihedral(luma).copy()
    for words, picture in zip(variants, turned, strict=True):
        hashed = PDQ.hash(np.ascontiguousarray(picture)).words
        assert int((bits_of(words) != bits_of(hashed)).sum()) <= 20


def test_limited_range_lowers_the_quality_and_hardly_moves_the_hash() -> None:
    coarse = np.random.default_rng(5).integers(0, 200, (18, 32))
    full = coarse.repeat(20, axis=0).repeat(20, axis=1) / 2 + 60
    wide_range = PDQ.hash(full.astype(np.uint8))
    words, quality = wide_range.words.copy(), wide_range.quality
    limited = PDQ.hash(np.round(16 + full * 219 / 255).astype(np.uint8))
    assert int((bits_of(words) != bits_of(limited.words)).sum()) <= 6
    assert limited.quality <= quality


def test_tall_and_wide_pictures_are_summed_in_longer_words() -> None:
    rng = np.random.default_rng(3)
    for shape in ((2304, 70), (70, 6000)):
        assert_same_as_reference(rng.integers(0, 256, shape, dtype=np.uint8))


def test_picture_beyond_the_words_is_refused() -> None:
    with pytest.raises(ValueError, match="32640"):
        PDQ.hash(np.zeros((MAX_HEIGHT + 1, 5), dtype=np.uint8))


def test_largest_sums_fit_their_words() -> None:
    for length in (1, 640, 768, 1024, 2048, 4320, MAX_HEIGHT):
        shrinking = Shrinking.of(length, 4096)
        totals = tents(length).total
        narrow = shrinking.down[:, 2] == 1
        assert (255 * totals[narrow] < 2**16).all()
        assert (255 * totals < 2**32).all()


@settings(deadline=None)
@given(length=st.integers(1, 5000))
def test_tents_weigh_whole_boxes_about_their_middle(length: int) -> None:
    along = tents(length)
    assert (along.first >= 0).all()
    assert (along.first + along.count <= length).all()
    assert (along.total[:-1] == along.width**2).all()
    assert ((along.first <= along.middle) & (along.middle < along.first + along.count)).all()


@settings(deadline=None)
@given(weights=st.lists(st.integers(0, 50), min_size=1, max_size=12), seed=st.integers(0, 99))
def test_second_difference_undoes_two_running_sums(weights: list[int], seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 9, len(weights))
    twice = np.concatenate([[0, 0], np.cumsum(np.cumsum(values))])
    slopes = second_difference(np.array(weights))
    assert int(slopes @ twice) == int(np.array(weights) @ values)
