import hashlib
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.scanning.hash_list import HashList
from pipelines.scanning.list_file import MAGIC, MOST_BITS, ListFileError, read_list, write_list
from pipelines.scanning.lists import make_list, random_hashes

HERE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def some_list(entries: int = 5, bits: int = 256) -> HashList:
    planted = random_hashes(min(entries, 2), bits, np.random.default_rng(4))
    return make_list("pdq", bits, size=entries, seed=1, planted=planted)


def same(left: HashList, right: HashList) -> bool:
    facts = [(each.hasher, each.bits, each.origin, len(each)) for each in (left, right)]
    return facts[0] == facts[1] and bool((left.hashes == right.hashes).all())


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "some.hashes"
    write_list(path, some_list())
    return path


def with_checksum(content: bytes) -> bytes:
    return content + hashlib.sha256(content).digest()


@pytest.mark.parametrize("entries", [0, 1, 1000])
@pytest.mark.parametrize("bits", [64, 256, MOST_BITS])
def test_what_was_written_is_read_again(tmp_path: Path, entries: int, bits: int) -> None:
    listed = some_list(entries, bits)

    write_list(tmp_path / "a", listed)
    read = read_list(tmp_path / "a")

    assert same(read, listed)
    assert read.hashes.dtype == np.uint64


VISIBLE = st.text(max_size=40).filter(str.isprintable)


@HERE
@given(hasher=VISIBLE, origin=VISIBLE)
def test_names_of_any_script_come_back(tmp_path: Path, hasher: str, origin: str) -> None:
    listed = HashList(hasher=hasher, bits=256, origin=origin, hashes=some_list(3).hashes)

    write_list(tmp_path / "a", listed)

    assert same(read_list(tmp_path / "a"), listed)


@pytest.mark.parametrize("origin", ["\x1b[31mred", "two\nlines", "\u202eright to left"])
def test_text_that_would_upset_a_terminal_is_refused(tmp_path: Path, origin: str) -> None:
    listed = HashList(hasher="pdq", bits=256, origin=origin, hashes=some_list(3).hashes)
    write_list(tmp_path / "a", listed)
    with pytest.raises(ListFileError, match="origin: holds characters"):
        read_list(tmp_path / "a")


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    hashes = np.array([[1, 2], [3, 2**64 - 1]], dtype=np.uint64)
    listed = HashList(hasher="ph", bits=128, origin="by hand", hashes=hashes)

    write_list(tmp_path / "a", listed)

    content = b"SEALLIST" + struct.pack("<IIQ", 1, 128, 2) + b"\x02\x00ph" + b"\x07\0\0\0by hand"
    content += struct.pack("<QQQQ", 1, 2, 3, 2**64 - 1)
    assert (tmp_path / "a").read_bytes() == with_checksum(content)


def test_a_list_is_replaced_and_nothing_is_left_beside_it(written: Path) -> None:
    write_list(written, some_list(7))

    assert len(read_list(written)) == 7
    assert list(written.parent.iterdir()) == [written]


def test_a_list_that_cannot_be_written_leaves_the_old_one(written: Path) -> None:
    wide = HashList(hasher="x" * 2**16, bits=256, origin="", hashes=some_list().hashes)

    with pytest.raises(ListFileError, match="hasher: 65536 is more than 65535"):
        write_list(written, wide)
    assert same(read_list(written), some_list())
    assert list(written.parent.iterdir()) == [written]


def test_hashes_not_side_by_side_in_memory_are_written_in_order(tmp_path: Path) -> None:
    hashes = some_list(10).hashes
    every_other = HashList(hasher="pdq", bits=256, origin="", hashes=hashes[::2])

    write_list(tmp_path / "a", every_other)

    assert (read_list(tmp_path / "a").hashes == hashes[::2]).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "magic: cut short: 8 bytes expected, 0 there"),
        (b"RIFF....WAVEfmt ", "no list of hashes: it begins otherwise than b'SEALLIST'"),
        (MAGIC + struct.pack("<IIQ", 2, 256, 0), "version: 2, but only 1 is known"),
        (MAGIC + struct.pack("<IIQ", 1, 100, 0), "bits: 100 is no multiple of 64 from 64 to 4096"),
        (MAGIC + struct.pack("<IIQ", 1, 0, 0), "bits: 0 is no multiple"),
        (MAGIC + struct.pack("<IIQ", 1, 2**31, 0), "bits: 2147483648 is no multiple"),
        (MAGIC + struct.pack("<IIQH", 1, 256, 0, 9), "hasher: cut short: 9 bytes expected, 0"),
    ],
)
def test_what_is_no_list_is_refused_by_field_and_value(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)

    with pytest.raises(ListFileError) as refused:
        read_list(path)
    assert str(refused.value).startswith(f"{path}: {message}")


def test_a_list_cut_short_says_by_how_much(written: Path) -> None:
    written.write_bytes(written.read_bytes()[:-50])

    with pytest.raises(ListFileError, match="entries 5 of 256 bits: cut short by 50 bytes"):
        read_list(written)


def test_a_list_with_something_behind_it_is_refused(written: Path) -> None:
    written.write_bytes(written.read_bytes() + b"more")

    with pytest.raises(ListFileError, match="entries 5 of 256 bits: 4 bytes too many"):
        read_list(written)


def test_a_changed_hash_is_told_by_the_checksum(written: Path) -> None:
    content = bytearray(written.read_bytes())
    content[-40] ^= 1
    written.write_bytes(content)

    with pytest.raises(ListFileError, match=r"checksum: \w{16}... stored, but the content has"):
        read_list(written)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    content = MAGIC + struct.pack("<IIQ", 1, 64, 0) + b"\x01\0\xff" + b"\0\0\0\0"
    (tmp_path / "a").write_bytes(with_checksum(content))

    with pytest.raises(ListFileError, match="hasher: not UTF-8"):
        read_list(tmp_path / "a")


def test_what_is_no_file_is_refused_before_it_is_waited_for(tmp_path: Path) -> None:
    with pytest.raises(ListFileError, match="nowhere: No such file"):
        read_list(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(ListFileError, match="is no plain file"):
            read_list(tmp_path / name)


def test_every_truncation_is_refused(written: Path) -> None:
    content = written.read_bytes()
    for size in range(len(content)):
        written.write_bytes(content[:size])
        with pytest.raises(ListFileError, match="cut short"):
            read_list(written)


@HERE
@given(st.data())
def test_flipped_bytes_are_refused(written: Path, data: st.DataObject) -> None:
    write_list(written, some_list())
    content = bytearray(written.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    written.write_bytes(content)

    with pytest.raises(ListFileError):
        read_list(written)


@HERE
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**16 - 1),
    st.integers(0, 2**32 - 1),
)
def test_a_header_that_lies_takes_no_memory(
    tmp_path: Path, bits: int, entries: int, hasher_size: int, origin_size: int
) -> None:
    head = MAGIC + struct.pack("<IIQH", 1, bits // 64 * 64, entries, hasher_size)
    path = tmp_path / "liar"
    path.write_bytes(with_checksum(head + b"h" * 9 + struct.pack("<I", origin_size) + b"o" * 90))

    tracemalloc.start()
    try:
        with pytest.raises(ListFileError):
            read_list(path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 2**20


@HERE
@given(st.binary(max_size=300))
def test_any_bytes_behind_a_good_beginning_are_a_list_or_refused(
    tmp_path: Path, noise: bytes
) -> None:
    path = tmp_path / "noise"
    path.write_bytes(MAGIC + struct.pack("<I", 1) + noise)

    with pytest.raises(ListFileError):
        read_list(path)
