"""Kernels that Numba compiles for real are kept in our cache, found again, and never believed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from numba.core.caching import NullCache, _Cache
from numba.core.compiler import CompileResult

from pipelines.cache_folder import CACHE_VARIABLE

ROOT = Path(__file__).parents[2]

KERNELS = """
from numba import types
from pipelines.compiled import kernel, ready

@kernel
def twice_and_one(x):
    return x * 2 + 1

def answer():
    return ready(twice_and_one, types.int64)(20)
"""

RUN = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
from some_kernels import answer
print(answer())
"""

RUN_WITH_CTRL_C = """
import logging, os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)

class PressesCtrlC(logging.Handler):
    def emit(self, record):
        os.kill(os.getpid(), signal.SIGINT)

logging.getLogger("pipelines.compiled").addHandler(PressesCtrlC())
logging.getLogger("pipelines.compiled").setLevel(logging.INFO)
from some_kernels import answer
try:
    answer()
except KeyboardInterrupt:
    print("stopped")
"""

COMPILING = "compiling twice_and_one for this CPU; the next start finds it"
AGAIN = "it is compiled again"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    (folder / "some_kernels.py").write_text(KERNELS)
    return folder


@pytest.fixture(scope="module")
def filled(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache in which the kernel is kept."""
    cache = tmp_path_factory.mktemp("cache")
    assert run(package, cache) == [COMPILING, "41"]
    return cache


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(filled, tmp_path / "cache"))


def run(package: Path, cache: Path, program: str = RUN, **variables: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(package), str(ROOT)]),
            CACHE_VARIABLE: str(cache),
            **variables,
        },
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def kept_in(cache: Path) -> list[Path]:
    return sorted((cache / "kernels").iterdir())


def test_the_next_start_finds_it(package: Path, cache: Path) -> None:
    assert run(package, cache) == ["41"]


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def a_bit_flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_link_into_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nonexistent/kernel")


@pytest.mark.parametrize("damage", [emptied, cut, a_bit_flipped, a_folder, a_link_into_nothing])
def test_what_is_damaged_is_said_and_compiled_again(
    package: Path, cache: Path, damage: Callable[[Path], None]
) -> None:
    (kernel,) = kept_in(cache)
    damage(kernel)
    *said, compiling, answer = run(package, cache)
    assert (compiling, answer) == (COMPILING, "41")
    # A link into nothing is nothing.
    assert all(line.startswith(str(kernel)) and line.endswith(AGAIN) for line in said)
    assert len(said) == (damage is not a_link_into_nothing)
    assert run(package, cache) == ["41"]


def test_without_a_place_it_is_compiled_and_one_line_says_so(package: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    compiling, why, answer = run(package, file)
    assert (compiling, answer) == (COMPILING, "41")
    assert why.startswith(f"{file / 'kernels'}: Not a directory: kernels are compiled at every")
    assert CACHE_VARIABLE in why


@pytest.mark.parametrize(
    "variables",
    [{"NUMBA_OPT": "0"}, {"NUMBA_CPU_NAME": "generic"}, {"PYTHONOPTIMIZE": "2"}],
    ids=str,
)
def test_code_that_is_made_otherwise_is_kept_apart(
    package: Path, cache: Path, variables: dict[str, str]
) -> None:
    assert run(package, cache, **variables) == [COMPILING, "41"]
    assert len(kept_in(cache)) == 2
    assert run(package, cache) == ["41"]


def test_settings_that_make_the_same_code_find_it(package: Path, cache: Path) -> None:
    assert run(package, cache, NUMBA_NUM_THREADS="1", NUMBA_CACHE_DIR="/nonexistent") == ["41"]


def test_other_source_is_compiled_anew(package: Path, cache: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "some_kernels.py").write_text(KERNELS.replace("+ 1", "+ 2"))
    assert run(other, cache) == [COMPILING, "42"]
    assert run(package, cache) == ["41"]
    assert run(other, cache) == ["42"]


def test_ctrl_c_while_compiling_is_heard(package: Path, tmp_path: Path) -> None:
    assert run(package, tmp_path / "cache", RUN_WITH_CTRL_C) == ["stopped"]
    # What was under way was finished, so it need not be done again.
    assert run(package, tmp_path / "cache") == ["41"]


def test_the_inside_of_numba_is_as_we_know_it() -> None:
    assert issubclass(NullCache, _Cache)
    asked = {"cache_path", "load_overload", "save_overload", "enable", "disable", "flush"}
    assert _Cache.__abstractmethods__ == asked
    assert callable(CompileResult._reduce)
    assert callable(CompileResult._rebuild)
