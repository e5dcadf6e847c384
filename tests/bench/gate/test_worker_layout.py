"""Where memory lies is the same for workers of one seed, and another for another seed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SAYS_WHERE = """
import ctypes, json, resource, sys
sys.path.insert(0, {root!r})
from bench.gate.worker.layout import settle
ballast, note = settle(sys.argv)
libc = ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p).value
local = ctypes.addressof(ctypes.c_int())
soft = resource.getrlimit(resource.RLIMIT_STACK)[0]
print(json.dumps([libc, local, id(object()), note, soft]))
"""


def where(folder: Path, seed: int) -> list[object]:
    program = folder / "where.py"
    program.write_text(SAYS_WHERE.format(root=str(ROOT)))
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        [sys.executable, "-P", str(program), "3", "4"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[object] = json.loads(done.stdout)
    return found


def test_layout_is_shared_by_workers_of_a_seed_and_drawn_anew_for_the_next(tmp_path: Path) -> None:
    first, again, other = where(tmp_path, 1), where(tmp_path, 1), where(tmp_path, 2)
    if first[3]:
        pytest.skip(f"here {first[3]}")
    assert first == again
    assert first[0] != other[0]


def test_threads_get_stacks_of_the_usual_size(tmp_path: Path) -> None:
    soft = where(tmp_path, 3)[4]
    assert isinstance(soft, int)
    assert soft <= 8 << 20
