import numpy as np
import pytest

from pipelines.media import U8
from pipelines.scanning.hasher import DihedralHasher, Hasher
from pipelines.scanning.hashes.table import HASHERS

SIZES = [(1, 1), (1, 40), (40, 1), (4, 5), (5, 5), (33, 17), (63, 65), (90, 161), (250, 129)]


def noise(height: int, width: int) -> U8:
    return np.random.default_rng(height * 1000 + width).integers(
        0, 256, (height, width), dtype=np.uint8
    )


@pytest.fixture(params=sorted(HASHERS))
def hasher(request: pytest.FixtureRequest) -> Hasher:
    return HASHERS[request.param]()


def test_hasher_is_listed_under_its_own_name(hasher: Hasher) -> None:
    assert HASHERS[hasher.name]().name == hasher.name
    assert hasher.bits % 64 == 0
    assert 0 <= hasher.radius < hasher.bits / 2
    assert 0 <= hasher.min_quality <= 100


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_picture_of_any_size_has_a_hash_and_stays_as_it_is(
    hasher: Hasher, height: int, width: int
) -> None:
    luma = noise(height, width)
    before = luma.copy()
    fingerprint = hasher.hash(luma)
    assert fingerprint.words.shape == (hasher.bits // 64,)
    assert fingerprint.words.dtype == np.uint64
    assert type(fingerprint.quality) is int
    assert 0 <= fingerprint.quality <= 100
    np.testing.assert_array_equal(luma, before)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_padding_of_the_rows_changes_nothing(hasher: Hasher, height: int, width: int) -> None:
    luma = noise(height, width)
    padded = np.full((height, width + 23), 255, dtype=np.uint8)
    padded[:, :width] = luma
    words = hasher.hash(luma).words.copy()
    np.testing.assert_array_equal(hasher.hash(padded[:, :width]).words, words)


def test_plane_that_may_not_be_written_to_is_hashed(hasher: Hasher) -> None:
    luma = noise(90, 161)
    words = hasher.hash(luma).words.copy()
    luma.flags.writeable = False
    np.testing.assert_array_equal(hasher.hash(luma).words, words)


def test_plane_whose_columns_lie_apart_is_hashed(hasher: Hasher) -> None:
    luma = noise(90, 161)
    words = hasher.hash(luma).words.copy()
    apart = np.asfortranarray(luma)
    np.testing.assert_array_equal(hasher.hash(apart).words, words)


def test_hash_does_not_depend_on_the_pictures_before(hasher: Hasher) -> None:
    first, other, larger = noise(90, 161), noise(90, 161)[::-1], noise(250, 129)
    expected = HASHERS[hasher.name]().hash(first).words
    for luma in (first, other, first, larger, first, noise(1, 1), first):
        words = hasher.hash(luma).words.copy()
        if luma is first:
            np.testing.assert_array_equal(words, expected)


def test_two_hashers_do_not_share_memory() -> None:
    for new in HASHERS.values():
        one, other = new(), new()
        words = one.hash(noise(90, 161)).words
        kept = words.copy()
        other.hash(noise(90, 161)[::-1])
        np.testing.assert_array_equal(words, kept)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (5, 5, 3), (5,)])
def test_what_is_no_plane_is_refused(hasher: Hasher, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"picture|unpack"):
        hasher.hash(np.zeros(shape, dtype=np.uint8))


def test_pixels_of_another_type_are_refused(hasher: Hasher) -> None:
    with pytest.raises(TypeError):
        hasher.hash(np.zeros((9, 9), dtype=np.float64))


DIHEDRAL = [name for name, new in HASHERS.items() if isinstance(new(), DihedralHasher)]


@pytest.mark.parametrize("name", DIHEDRAL)
def test_first_dihedral_variant_is_the_hash_itself(name: str) -> None:
    hasher = HASHERS[name]()
    assert isinstance(hasher, DihedralHasher)
    luma = noise(90, 161)
    variants = hasher.dihedral(luma).copy()
    assert variants.shape == (8, hasher.bits // 64)
    np.testing.assert_array_equal(variants[0], hasher.hash(luma).words)
