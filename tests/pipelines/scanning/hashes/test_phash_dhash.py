from importlib import import_module

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import types
from PIL import Image

from pipelines.compiled import kernel, ready
from pipelines.media import U8
from pipelines.scanning.hashes.dhash import Dhash
from pipelines.scanning.hashes.phash import Phash
from pipelines.scanning.native.cosine32 import F64, factors, transform32
from pipelines.scanning.native.resample import lanczos_taps

PHASH, DHASH = Phash(), Dhash()

SIZES = [(1, 1), (1, 7), (8, 9), (32, 32), (31, 33), (64, 200), (257, 201), (360, 640)]
"""None much taller than wide: there Pillow from 13 on sums in the other order, as we do not."""


def drawings(height: int, width: int) -> list[U8]:
    """Return flat and symmetrical pictures: many of their frequencies are nothing but rounding."""
    y, x = np.mgrid[0:height, 0:width]
    pictures = [
        np.zeros_like(x),
        np.full_like(x, 16),
        np.full_like(x, 255),
        x * 255 // max(1, width - 1),
        y * 255 // max(1, height - 1),
        (2 * x >= width) * 255,
        ((x // 37 + y // 37) % 2) * 255,
        ((x - width / 2) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2) * 255,
    ]
    return [picture.astype(np.uint8) for picture in pictures]


def assert_same_as_imagehash(luma: U8) -> None:
    picture = Image.fromarray(luma)
    for hasher, reference in ((PHASH, imagehash.phash), (DHASH, imagehash.dhash)):
        fingerprint = hasher.hash(luma)
        bits = np.unpackbits(fingerprint.words.astype("<u8").view(np.uint8), bitorder="little")
        assert int((bits != reference(picture).hash.reshape(-1)).sum()) == 0, hasher.name
        assert fingerprint.quality == 100


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_noise_and_drawings_hash_as_in_imagehash(height: int, width: int) -> None:
    noise = np.random.default_rng(width).integers(0, 256, (height, width), dtype=np.uint8)
    for luma in (noise, *drawings(height, width)):
        assert_same_as_imagehash(luma)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 200),
    wider=st.integers(0, 200),
    seed=st.integers(0, 2**32 - 1),
    levels=st.sampled_from([2, 3, 256]),
)
def test_random_pictures_hash_as_in_imagehash(
    height: int, wider: int, seed: int, levels: int
) -> None:
    width = height + wider
    luma = np.random.default_rng(seed).integers(0, levels, (height, width))
    assert_same_as_imagehash((luma * (255 // (levels - 1))).astype(np.uint8))


@kernel
def transformed(values: F64, memory: F64, table: F64) -> None:
    transform32(values, memory, table)


ready(transformed, *(types.float64[::1],) * 3)


@settings(deadline=None)
@given(
    values=st.lists(st.sampled_from([0, 1, 16, 100, 255]), min_size=32, max_size=32),
    mirrored=st.booleans(),
)
def test_transform_is_scipys_to_the_last_bit(values: list[int], *, mirrored: bool) -> None:
    line = np.array(values, dtype=np.float64)
    if mirrored:
        line[16:] = line[15::-1]
    scipy_transform = import_module("scipy.fftpack").dct
    expected = scipy_transform(line.copy())
    transformed(line, np.zeros(32), factors())
    np.testing.assert_array_equal(line, expected)


@settings(deadline=None)
@given(length=st.integers(1, 3000), points=st.sampled_from([8, 9, 32]))
def test_taps_of_a_point_add_up_to_about_one(length: int, points: int) -> None:
    taps = lanczos_taps(length, points)
    assert (taps.spans[:, 0] >= 0).all()
    assert (taps.spans.sum(axis=1) <= length).all()
    assert (taps.spans[:, 1] <= taps.weights.shape[1]).all()
    assert (abs(taps.weights.sum(axis=1) - (1 << 22)) <= taps.spans[:, 1]).all()
