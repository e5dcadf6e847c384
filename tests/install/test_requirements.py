"""What pyproject.toml asks for: bounds on both sides, and the lower ones tried as they stand."""

import importlib.metadata
import subprocess
import sys
import tomllib
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from bench.store import read_run

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
BY_EXTRA = {
    extra: [
        requirement
        for requirement in map(Requirement, requirements)
        if requirement.name != PROJECT["name"]
    ]
    for extra, requirements in {
        "": PROJECT["dependencies"],
        **PROJECT["optional-dependencies"],
    }.items()
}
INSTALLED = [requirement for requirements in BY_EXTRA.values() for requirement in requirements]
TO_BUILD = [Requirement(requirement) for requirement in PYPROJECT["build-system"]["requires"]]
FOR_USERS = [extra for extra in BY_EXTRA if extra != "test"]

EXTRAS = """
schema = 1
summary = "What the extras bring, once each."
seconds = 0.05
rounds = 1

[[hash]]
why = "The hashes of other libraries."
clips = ["webcam-360p"]
hashers = ["pdqhash.compute", "imagehash.phash"]

[[lookup]]
why = "A look-up of another library."
clips = ["webcam-360p"]
hashers = ["pdq"]
indexes = ["faiss-flat"]
list_sizes = [1_000]

[[private]]
why = "Look-ups of two others."
clips = ["webcam-360p"]
protocols = ["psi-gcs", "bfv"]
list_sizes = [1_000]
queries = 4
"""


def lowest(requirement: Requirement) -> str:
    """Return the version that the lower bound names, as the one to install."""
    (version,) = [part.version for part in requirement.specifier if part.operator == ">="]
    return f"{requirement.name}=={version}"


@pytest.mark.parametrize("requirement", [*INSTALLED, *TO_BUILD], ids=str)
def test_a_requirement_has_a_lower_and_an_upper_bound(requirement: Requirement) -> None:
    bounds = {part.operator: Version(part.version) for part in requirement.specifier}
    assert set(bounds) == {">=", "<"}
    assert bounds[">="] < bounds["<"]


@pytest.mark.parametrize("requirement", INSTALLED, ids=str)
def test_the_installed_version_lies_between_the_bounds(requirement: Requirement) -> None:
    version = importlib.metadata.version(requirement.name)
    assert requirement.specifier.contains(version), version


@pytest.fixture(scope="module")
def with_the_lowest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of scripts of a venv with us, every extra, and the lowest of everything.

    It needs the package index, or pip's cache of it.
    """
    folder = tmp_path_factory.mktemp("lowest")
    constraints = folder / "constraints.txt"
    pins = [lowest(requirement) for extra in FOR_USERS for requirement in BY_EXTRA[extra]]
    constraints.write_text("\n".join(pins))
    venv.create(folder / "venv", with_pip=False)
    scripts = folder / "venv" / "bin"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    # With hatchling at hand nothing need be downloaded; else pip fetches it for this build.
    isolation = ["--no-build-isolation"] if find_spec("hatchling") else []
    run([*pip, "wheel", *isolation, "--no-deps", "--wheel-dir", str(folder), str(ROOT)], folder)
    (wheel,) = folder.glob("*.whl")
    wanted = f"{wheel}[{','.join(filter(None, FOR_USERS))}]"
    into = ["--python", str(scripts / "python"), "install", "--no-compile"]
    run([*pip, *into, "--constraint", str(constraints), wanted], folder)
    return scripts


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_lowest_versions_together_run_what_users_run(
    with_the_lowest: Path, tmp_path: Path
) -> None:
    """Takes minutes: it installs all of them, and compiles every kernel for another numba."""

    def sealbench(*arguments: str) -> str:
        return run([str(with_the_lowest / "sealbench"), *arguments], tmp_path)

    assert "srtp-aes-128-gcm" in sealbench("list", "pipelines")
    assert "--base" in sealbench("gate", "compare", "--help")
    verified = sealbench("verify", "smoke", "--only", "*/h264/srtp-aes-128-gcm")
    assert "ok: 72 byte-exact access units" in verified

    sealbench("run", "smoke", "--seconds", "0.05", "--seed", "1", "--out", "smoke")
    rows = read_run(tmp_path / "smoke").rows
    assert [row.error for row in rows] == [None] * len(rows)
    assert len(rows) == 17
    sealbench("report", "smoke", "--out", "shown")
    assert (tmp_path / "shown" / "report.html").stat().st_size > 0
    assert list((tmp_path / "shown" / "plots").glob("*.png"))

    (tmp_path / "extras.toml").write_text(EXTRAS)
    sealbench("run", "extras.toml", "--seed", "1", "--out", "extras")
    extra_rows = read_run(tmp_path / "extras").rows
    assert [row.error for row in extra_rows] == [None] * 5

    calibration = ROOT / "tests" / "golden" / "sizing" / "calibration.json"
    sealbench("size", "council", "--from", str(calibration), "--out", "answer")
    assert list((tmp_path / "answer").glob("**/*.png"))
