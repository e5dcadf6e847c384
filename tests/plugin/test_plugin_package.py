"""A third party's package, built, installed and run from the command line."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.store import read_run

PACKAGE = Path(__file__).with_name("package")
PIPELINE = "padded-sframe+srtp"
SUITE = """
schema = 1
summary = "One case of the plug-in, beside the null baseline."
seconds = 1.0
rounds = 1

[[case]]
why = "What does padding cost?"
model = "stage"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["null", "padded-*"]
"""

SCANNING = """
schema = 1
summary = "The plug-in's scanner at a relay that holds plaintext."
seconds = 1.0
rounds = 2

[[case]]
why = "What does it cost?"
model = "stage"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["srtp-aes-128-gcm", "padded-*"]
[case.scan]
points = ["relay"]
scanners = ["corner"]
list_sizes = [1000]
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that pip built and installed the plug-in into."""
    folder = tmp_path_factory.mktemp("plugin")
    # A build may leave things beside its source, which is under version control here.
    source = shutil.copytree(PACKAGE, folder / "source")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # With hatchling at hand nothing need be downloaded; else pip fetches it for this build.
    isolation = ["--no-build-isolation"] if find_spec("hatchling") else []
    target = folder / "target"
    run([*pip, *isolation, "--no-deps", "--target", str(target), str(source)])
    return target


@pytest.fixture(scope="module")
def sealbench() -> Path:
    script = Path(sysconfig.get_path("scripts")) / "sealbench"
    assert script.exists(), "sealbench is not installed here: pip install '.[test]'"
    return script


def run(
    command: list[str], plugins: Path | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    places = [str(plugins)] if plugins else []
    places += filter(None, [os.environ.get("PYTHONPATH")])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done


def test_the_pipeline_of_an_installed_package_is_listed(
    sealbench: Path, installed: Path, tmp_path: Path
) -> None:
    listed = run([str(sealbench), "list", "pipelines"], installed, tmp_path)
    (line,) = [line for line in listed.stdout.splitlines() if line.startswith(PIPELINE)]
    assert "receiver, sender" in line
    assert "[example]" in listed.stdout
    assert "plug-in" not in listed.stderr
    without = run([str(sealbench), "list", "pipelines"], cwd=tmp_path)
    assert PIPELINE not in without.stdout


def test_the_pipeline_of_an_installed_package_is_verified_and_measured(
    sealbench: Path, installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "padding.toml").write_text(SUITE)
    words = ["run", "padding.toml", "--seconds", "0.05", "--seed", "1", "--out", "r", "--json"]
    done = run([str(sealbench), *words], installed, tmp_path)

    stored = read_run(tmp_path / "r")
    rows = {row.pipeline: row for row in stored.rows}
    assert set(rows) == {"null", PIPELINE}
    assert [row["pipeline"] for row in json.loads(done.stdout)["rows"]] == [
        row.pipeline for row in stored.rows
    ]
    row = rows[PIPELINE]
    assert row.error is None
    assert row.labels == ("example",)
    assert row.sees_plaintext == ("receiver", "sender")
    assert row.frames > 0
    stages = {(stage.role, stage.stage): stage.p50_ns.value for stage in row.stages}
    assert ("sender", "pad") in stages
    assert ("receiver", "unpad") in stages
    assert min(stages.values()) > 0
    # SFrame, SRTP and on average half a block of padding: more than the baseline's RTP headers.
    assert row.overhead_bytes_mean > rows["null"].overhead_bytes_mean + 64
    samples = stored.samples(row)
    assert samples is not None
    assert len(samples) == row.frames


def test_the_scanner_of_an_installed_package_is_listed_and_measured(
    sealbench: Path, installed: Path, tmp_path: Path
) -> None:
    listed = run([str(sealbench), "list", "scanners"], installed, tmp_path)
    assert "corner" in listed.stdout
    (tmp_path / "corner.toml").write_text(SCANNING)
    words = ["run", "corner.toml", "--seconds", "0.1", "--seed", "1", "--out", "r"]
    run([str(sealbench), *words], installed, tmp_path)

    rows = {row.case: row for row in read_run(tmp_path / "r").rows}
    scanned = rows["stage/webcam-360p/h264/srtp-aes-128-gcm/scan:relay,corner-1e3"]
    assert scanned.error is None
    assert scanned.hook is not None
    assert (scanned.hook.hasher, scanned.hook.sampled) == ("corner", scanned.frames)
    refused = rows[f"stage/webcam-360p/h264/{PIPELINE}/scan:relay,corner-1e3"]
    assert refused.error is not None
    assert refused.error.startswith("ScanRefused: ")
