"""`sealbench calibrate` in processes of its own, on a few cheap costs."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from bench.calibrate.folder import PLAN, ROUNDS
from bench.profile.schema import Profile
from bench.profile.store import read_profile

Finished = subprocess.CompletedProcess[str]
Sealbench = Callable[..., Finished]
OneAfterAnother = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]

CHEAP = "scan/luma"


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory, sealbench: Sealbench) -> tuple[Path, Finished]:
    """Return the folder of a quick look at one cost, and what the command said."""
    out = tmp_path_factory.mktemp("calibrate") / "quick"
    return out, sealbench("calibrate", "--quick", "--only", CHEAP, "--out", out, "--seed", "5")


def test_a_look_at_one_cost_prints_it_and_leaves_rounds_and_profile(
    quick: tuple[Path, Finished],
) -> None:
    out, finished = quick
    assert finished.returncode == 0, finished.stderr
    assert re.search(rf"^{CHEAP} +\d+ ", finished.stdout, re.MULTILINE)
    assert f"profile: {out / 'calibration.json'}" in finished.stdout
    # A look is nothing that a deployment is sized from.
    assert "kept for" not in finished.stdout
    assert "1 costs in 3 rounds" in finished.stderr
    assert f"into {out}, seed 5" in finished.stderr
    profile = read_profile(out)
    assert (profile.rounds, profile.seed) == (3, 5)
    assert list(profile.costs) == [CHEAP]
    assert len((out / ROUNDS).read_text().splitlines()) == 3


def test_a_calibration_goes_on_where_it_was_stopped(
    quick: tuple[Path, Finished], sealbench: Sealbench, tmp_path: Path
) -> None:
    out = tmp_path / "stopped"
    shutil.copytree(quick[0], out)
    lines = (out / ROUNDS).read_bytes().splitlines(keepends=True)
    (out / ROUNDS).write_bytes(lines[0] + lines[1][:-20])
    (out / "calibration.json").unlink()
    finished = sealbench("calibrate", "--resume", out, "--json")
    assert finished.returncode == 0, finished.stderr
    assert "(1 done before)" in finished.stderr
    document = json.loads(finished.stdout)
    assert document["folder"] == str(out)
    assert msgspec.convert(document["profile"], Profile) == read_profile(out)
    assert (out / ROUNDS).read_bytes().splitlines(keepends=True)[0] == lines[0]


def test_ctrl_c_says_how_to_go_on_and_leaves_a_profile_of_what_there_is(
    begin: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    out = tmp_path / "stopped"
    process = begin("calibrate", "--rounds", "1000", "--only", CHEAP, "--out", out)
    rounds = out / ROUNDS
    while process.poll() is None and not (rounds.exists() and rounds.read_bytes().count(b"\n") > 3):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    profile = read_profile(out)
    assert said.splitlines()[-1] == (
        f"sealbench: stopped; the profile is of {profile.rounds} rounds; go on with:"
        f" sealbench calibrate --resume {out}"
    )
    assert 3 < profile.rounds < 1000


def test_what_cannot_be_calibrated_is_refused_in_one_line(
    quick: tuple[Path, Finished], one_after_another: OneAfterAnother, tmp_path: Path
) -> None:
    out = quick[0]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    plan = json.loads((out / PLAN).read_text())
    plan["machine"]["cpu_model"] = "Z80"
    (elsewhere / PLAN).write_text(json.dumps(plan))
    older = tmp_path / "older"
    older.mkdir()
    plan = json.loads((out / PLAN).read_text())
    (older / PLAN).write_text(json.dumps(plan | {"sealbench_version": "0.0.1"}))
    expected: list[tuple[tuple[str | Path, ...], int, str]] = [
        (("--out", out), 2, "not empty"),
        (("--only", "nonsense"), 2, "'nonsense' matches none"),
        (("--engine", "libcrypt"), 2, "did you mean 'libcrypto'?"),
        (("--rounds", "2"), 2, "Invalid value for '--rounds'"),
        (("--quick", "--rounds", "9"), 2, "exclude each other"),
        (("--resume", out, "--seed", "1"), 2, "give it no other option"),
        (("--resume", tmp_path), 2, "holds no calibration to resume"),
        (("--resume", elsewhere), 4, "Z80"),
        (("--resume", older), 2, "begun by sealbench 0.0.1"),
        (("--out", "/proc/here"), 2, "/proc/here: "),
    ]
    finished = one_after_another([("calibrate", *words) for words, _, _ in expected])
    for said, (words, code, told) in zip(finished, expected, strict=True):
        assert (said.returncode, said.stdout) == (code, ""), (words, said.stderr)
        assert told in said.stderr, words
        assert "Traceback" not in said.stderr
