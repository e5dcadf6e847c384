"""`sealbench size` and `sealbench list scenarios` as users have them."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from bench.cli.size_profile import profile_at_hand
from bench.machine import describe_machine
from bench.profile.store import keep_profile, read_profile, write_profile
from bench.progress import Silent
from bench.sizing.scenario.load import builtin_scenarios
from pipelines.cache_folder import CACHE_VARIABLE

Finished = subprocess.CompletedProcess[str]
Batch = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]

PROFILE = Path(__file__).parents[2] / "golden" / "sizing" / "calibration.json"

SMALL = """
schema = 1
title = "A <b>small</b> room"
summary = "Eight people, one relay."

[demand]
peak_participants = 8
growth = [1, 2]

[[rooms]]
size = 8
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("size") / "small.toml"
    path.write_text(SMALL)
    return path


@pytest.fixture(scope="module")
def out(small: Path) -> Path:
    """Return a folder for the report, with a file of somebody else's in it."""
    place = small.parent / "answer"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    return place


@pytest.fixture(scope="module")
def said(small: Path, out: Path, one_after_another: Batch) -> dict[str, Finished]:
    """Return what the commands said."""
    size = ("size", small, "--from", PROFILE)
    compare = ("--compare", "system.topology=sfu,hub", "--seed", "5")
    commands: dict[str, tuple[str | Path, ...]] = {
        "report": (*size, "--out", out),
        "json": (*size, "--json"),
        "compared": (*size, "--json", "--set", "spare_servers=0", *compare),
        "impossible": (*size, "--compare", "system.systems=2,3"),
        "mistyped value": (*size, "--compare", "system.e2e_cipher=none,rot13"),
        "unknown field": (*size, "--set", "demand.peek=3"),
        "unknown scenario": ("size", "councel", "--from", PROFILE),
        "no profile": ("size", small, "--from", small.parent / "nothing"),
        "no scenario": ("size",),
        "both": ("size", small, "--check-published", "--from", PROFILE),
        "published": ("size", "--check-published", "--json", "--from", PROFILE),
        "list": ("list", "scenarios"),
    }
    return dict(zip(commands, one_after_another(list(commands.values())), strict=True))


def test_answer_is_printed_with_its_seed_and_profile(said: dict[str, Finished]) -> None:
    finished = said["report"]
    assert finished.returncode == 0, finished.stderr
    assert "8 participants in 1 room: 2 servers (1 + 1 spare)" in finished.stdout
    assert "Seed 2026:" in finished.stdout
    assert "calibration.json" in finished.stdout
    *lines, report = finished.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert report.startswith("report: ")


def test_report_is_written_beside_what_is_there_already(
    said: dict[str, Finished], out: Path
) -> None:
    assert said["report"].stdout.endswith(f"report: {out / 'report.html'} (4 plots)\n")
    assert (out / "notes.txt").read_text() == "mine"
    assert "&lt;b&gt;small" in (out / "report.html").read_text()
    # The same question gets the same answer.
    assert (out / "answer.json").read_text() == said["json"].stdout


def test_comparison_keeps_what_was_set_and_cells_that_are_impossible(
    said: dict[str, Finished],
) -> None:
    finished = said["compared"]
    assert finished.returncode == 0, finished.stderr
    relay, hub = json.loads(finished.stdout)["cells"]
    assert relay["answer"]["spare_servers"] == 0
    assert "system.systems" in hub["error"]


def test_another_seed_gives_the_same_value_and_another_interval(
    said: dict[str, Finished],
) -> None:
    answer = json.loads(said["json"].stdout)
    other = json.loads(said["compared"].stdout)["cells"][0]["answer"]
    assert (answer["seed"], other["seed"]) == (2026, 5)
    assert answer["cores"]["value"] == other["cores"]["value"]
    assert answer["cores"]["high"] != other["cores"]["high"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("impossible", "no value of system.systems has an answer; the first: small"),
        ("mistyped value", "system.e2e_cipher: 'rot13' is none of none, "),
        ("unknown field", "peek"),
        ("unknown scenario", "did you mean 'council'?"),
        ("no profile", "nothing"),
        ("no scenario", "which scenario?"),
        ("both", "--check-published takes no scenario"),
    ],
)
def test_refusal_is_one_line_and_exits_with_2(
    said: dict[str, Finished], name: str, words: str
) -> None:
    finished = said[name]
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert finished.stderr.startswith("sealbench: ")
    assert finished.stderr.count("\n") == 1
    assert words in finished.stderr


def test_published_points_are_checked_without_a_scenario(said: dict[str, Finished]) -> None:
    finished = said["published"]
    assert finished.returncode == 0, finished.stderr
    assert len(json.loads(finished.stdout)["points"]) > 5


def test_scenarios_are_listed_by_name(said: dict[str, Finished]) -> None:
    names = [line.split()[0] for line in said["list"].stdout.splitlines()[1:] if line[0] != " "]
    assert names == list(builtin_scenarios())


def test_profiles_of_different_machines_are_not_pooled(
    small: Path, one_after_another: Batch, tmp_path: Path
) -> None:
    profile = json.loads(PROFILE.read_bytes())
    profile["machine"]["cpu_model"] = "Another CPU"
    other = tmp_path / "calibration.json"
    other.write_text(json.dumps(profile))
    mixed, foreign = one_after_another(
        [
            ("size", small, "--from", PROFILE, "--from", other),
            ("size", small, "--from", tmp_path),
        ]
    )
    assert mixed.returncode == 4
    assert "cpu_model" in mixed.stderr
    assert foreign.returncode == 0, foreign.stderr
    assert foreign.stdout.startswith("note: the profile is of another machine")
    assert "Another CPU" in " ".join(foreign.stdout.split()[:40])


def test_stored_calibration_of_this_machine_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    here = describe_machine(with_scaling=False)
    kept = msgspec.structs.replace(read_profile(PROFILE), machine=here)
    keep_profile(kept)
    found = profile_at_hand([], Silent())
    assert found.profile.costs == kept.costs
    assert found.name.endswith("stored for this machine")
    assert found.notes == ()


def test_the_command_loads_no_kernels_and_no_plots() -> None:
    heavy = "{'av', 'numba', 'matplotlib'}"
    code = f"import sys, bench.cli.size; print(*sorted({heavy} & set(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == ""


def test_an_answer_from_generated_clips_says_so(tmp_path: Path) -> None:
    profile = read_profile(PROFILE)
    traces = tuple(
        msgspec.structs.replace(trace, clip="synthetic-head-180p", synthetic=True)
        for trace in profile.traces
    )
    file = tmp_path / "calibration.json"
    write_profile(file, msgspec.structs.replace(profile, traces=traces))
    (note,) = [
        note for note in profile_at_hand([file], Silent()).notes if "generated clips" in note
    ]
    assert "(synthetic-head-180p), not on real video" in note
    assert not any("generated" in note for note in profile_at_hand([PROFILE], Silent()).notes)
