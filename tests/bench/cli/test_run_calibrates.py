"""A run of a suite that asks for it ends with a calibration in its folder."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from bench.calibrate.folder import ROUNDS as ROUNDS_FILE
from bench.calibrate.probe import Bench, ProbePlan
from bench.calibrate.rounds import read_rounds
from bench.calibrate.session import Survey
from bench.calibrate.table import all_plans
from bench.cli import calibration
from bench.cli.calibration import ROUNDS
from bench.cli.console import TerminalProgress
from bench.cli.run import calibrated, planned
from bench.clips.cache import cache_dir
from bench.clips.catalogue import load_catalogue
from bench.clips.fetch import fetch
from bench.machine import describe_machine
from bench.profile.here import stored_here
from bench.profile.store import FILE, read_profile
from bench.progress import Silent
from bench.store import RunFolder, RunPlan, read_run
from pipelines.cache_folder import CACHE_VARIABLE
from pipelines.registry import load_registry

SUITE = """
schema = 1
summary = "One case, and a calibration."
seconds = 0.1
rounds = 1
calibrate = true

[[case]]
why = "Is it calibrated?"
model = "stage"
clips = ["synthetic-head-180p"]
codecs = ["h264"]
pipelines = ["null"]
"""
CHEAP = "scan/luma"


def plan_of(suite: Path, **options: object) -> RunPlan:
    defaults: dict[str, object] = dict.fromkeys(
        ("only", "clip", "engine", "hash_list", "seconds", "seed")
    )
    made: Callable[..., RunPlan] = planned
    return made(str(suite), load_registry(()), Silent(), **(defaults | options))


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "asks.toml"
    path.write_text(SUITE)
    return path


@pytest.fixture
def cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one cost of all, so that a calibration takes a second; its work is real.

    The cache is another one with the same clips, so that no profile of this gets into the user's.
    """
    fetch(load_catalogue().in_set("core"))
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "clips").symlink_to(cache_dir() / "clips")
    monkeypatch.setenv(CACHE_VARIABLE, str(cache))
    fewer = [plan for plan in all_plans() if CHEAP in plan.on]

    def cheap_plans(_: object) -> list[ProbePlan]:
        return fewer

    def no_survey(_bench: Bench, _clips: object) -> Survey:
        return Survey()

    monkeypatch.setattr(calibration, "all_plans", cheap_plans)
    monkeypatch.setattr(calibration, "survey", no_survey)


def test_a_whole_suite_is_calibrated_and_a_look_at_a_part_is_not(suite: Path) -> None:
    assert plan_of(suite).calibrate == "auto"
    assert plan_of(suite, engine="cryptography").calibrate == "cryptography"
    assert plan_of(suite, only="*/null").calibrate is None
    assert plan_of(suite, seconds=0.2).calibrate is None
    suite.write_text(SUITE.replace("calibrate = true", ""))
    assert plan_of(suite).calibrate is None


def test_plans_of_runs_from_before_ask_for_no_calibration(suite: Path) -> None:
    tree = msgspec.to_builtins(plan_of(suite))
    del tree["calibrate"]
    assert msgspec.convert(tree, RunPlan).calibrate is None


@pytest.mark.usefixtures("cheap")
def test_a_run_leaves_its_profile_and_goes_on_with_one_that_was_stopped(
    suite: Path, tmp_path: Path
) -> None:
    machine, progress = describe_machine(with_scaling=False), TerminalProgress()
    out = tmp_path / "run"
    with RunFolder.create(out, plan_of(suite), machine) as folder:
        assert calibrated(folder, progress) is False
        whole = read_profile(out)
        assert (whole.rounds, list(whole.costs)) == (ROUNDS, [CHEAP])
        stored = stored_here()
        assert stored is not None
        assert read_profile(stored) == whole

        # Once more: it is done, nothing is measured again.
        assert calibrated(folder, progress) is False
        assert read_profile(out) == whole

        # Killed in the eighth round, and the run resumed.
        (out / FILE).unlink()
        lines = (out / ROUNDS_FILE).read_bytes().splitlines(keepends=True)
        (out / ROUNDS_FILE).write_bytes(b"".join(lines[:7]) + lines[7][:-9])
        assert calibrated(folder, progress) is False
        assert len(read_rounds(out / ROUNDS_FILE)[0]) == ROUNDS
        assert read_profile(out).costs[CHEAP].call_ns[:7] == whole.costs[CHEAP].call_ns[:7]
        assert stored_here() == stored
        assert read_profile(stored) == read_profile(out)
    assert read_run(out).plan.calibrate == "auto"


@pytest.mark.usefixtures("cheap")
def test_a_run_that_cannot_be_calibrated_is_a_run_all_the_same(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = describe_machine(with_scaling=False)
    with RunFolder.create(tmp_path / "run", plan_of(suite), machine) as folder:
        (folder.path / FILE).write_text("{")
        assert calibrated(folder, TerminalProgress()) is False
    assert "sealbench: not calibrated: " in capsys.readouterr().err
