"""What cases share is written into by nobody, however he goes about it."""

import ctypes
import signal
import subprocess
import sys

import numpy as np
import pytest

from bench.read_only import read_only, read_only_view


def test_copies_are_equal_and_keep_shape_and_kind() -> None:
    arrays = [
        np.arange(7, dtype=np.uint8),
        np.empty(0, dtype=np.uint8),
        np.arange(24, dtype=np.uint8).reshape(4, 6)[:, 1:4],
    ]
    for kept, array in zip(read_only(arrays), arrays, strict=True):
        assert kept.dtype == array.dtype
        assert np.array_equal(kept, array)
        assert kept.flags.c_contiguous
        assert not np.shares_memory(kept, array)
    words = np.arange(6, dtype=np.uint64).reshape(3, 2)
    assert np.array_equal(read_only([words])[0], words)
    assert read_only([]) == []


def protected() -> list[np.ndarray[tuple[int], np.dtype[np.uint8]]]:
    array = np.arange(9, dtype=np.uint8)
    return [*read_only([array]), read_only_view(array)]


@pytest.mark.parametrize("which", [0, 1])
def test_numpy_neither_writes_there_nor_unlocks_it(which: int) -> None:
    array = protected()[which]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        array.setflags(write=True)
    with pytest.raises(ValueError, match="read-only"):
        np.frombuffer(array, dtype=np.uint8)[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        array[2:].flags.writeable = True
    with pytest.raises(TypeError, match="not writable"):
        ctypes.c_char.from_buffer(array.data)


@pytest.mark.parametrize(
    "write",
    [
        "ctypes.memset(array.ctypes.data, 0, 9)",
        "base = array\nwhile isinstance(base, np.ndarray): base = base.base\nbase.obj[0] = 1",
    ],
)
def test_whoever_writes_past_numpy_is_ended(write: str) -> None:
    program = (
        "import ctypes, numpy as np\nfrom bench.read_only import read_only\n"
        f"array, = read_only([np.arange(9, dtype=np.uint8)])\n{write}\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode in (-signal.SIGSEGV, -signal.SIGBUS)
