"""`sealbench gate --baseline` as users have it: advice, and only on the same machine."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from bench.store import read_run

Finished = CompletedProcess[str]
OneAfterAnother = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]


def edited(run: Path, into: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Return a copy of a run's folder with another machine.json."""
    for path in run.rglob("*"):
        if path.is_file() and path.suffix in {".json", ".jsonl", ".npy"}:
            copy = into / path.relative_to(run)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    file = into / "machine.json"
    machine = json.loads(file.read_text())
    change(machine)
    file.write_text(json.dumps(machine))
    return into


def test_a_stored_run_is_measured_again_and_reported(
    tiny_run: tuple[Path, Finished], sealbench: Callable[..., Finished], tmp_path: Path
) -> None:
    run, _ = tiny_run
    stored = read_run(run)
    (session,) = stored.sessions
    assert session.before is not None
    assert session.before.calibration_ns
    assert session.after is not None
    assert session.after.calibration_ns

    out = tmp_path / "out"
    finished = sealbench(
        "gate", "--baseline", run, "--only", "null", "--out", out, "--json", GITHUB_STEP_SUMMARY=""
    )
    # Never 1: what the clock says of another moment confirms nothing.
    assert finished.returncode in {0, 3}, finished.stderr
    document = json.loads(finished.stdout)
    assert finished.stdout == (out / "gate.json").read_text()
    result = document["sealbench"]["result"]
    (finding,) = result["findings"]
    assert finding["benchmark"] == "stage/webcam-360p/h264/null"
    assert finding["stored"]["normalised"] > 0
    assert result["stored"]["measurements"] == len(list(out.glob("now-*")))
    again = read_run(out / "now-1")
    assert (again.plan.seed, len(again.rows)) == (stored.plan.seed, 1)


def test_another_machine_is_refused_with_each_difference(
    tiny_run: tuple[Path, Finished], one_after_another: OneAfterAnother, tmp_path: Path
) -> None:
    def change(file: dict[str, Any]) -> None:
        file["machine"]["cpu_model"] = "Z80"
        file["machine"]["libraries"]["numpy"] = "1.0"

    there = edited(tiny_run[0], tmp_path / "there", change)
    out = tmp_path / "out"
    (finished,) = one_after_another([("gate", "--baseline", there, "--out", out)])
    assert (finished.returncode, finished.stdout) == (4, "")
    first, *differences, hint = finished.stderr.splitlines()
    assert first == f"sealbench: {there}: cannot be compared with here and now:"
    assert len(differences) == 2
    assert differences[0].startswith("  cpu_model: Z80 -> ")
    assert differences[1].startswith("  libraries.numpy: 1.0 -> ")
    assert "sealbench gate --base REV" in hint
    assert not out.exists()


def test_what_is_no_baseline_ends_with_one_line(
    tiny_run: tuple[Path, Finished],
    one_after_another: OneAfterAnother,
    tmp_path: Path,
) -> None:
    run, _ = tiny_run
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.json").write_text("no\n")
    expected: dict[tuple[str | Path, ...], str] = {
        ("--baseline", tmp_path / "none.json"): "none.json: No such file or directory",
        ("--baseline", tmp_path / "empty"): "empty: holds no run (no run.json)",
        (
            "--baseline",
            tmp_path / "text.json",
        ): "text.json: no JSON of a gate or of pytest-benchmark: ",
        ("--baseline", run, "--only", "zzz"): "--only 'zzz' matches none with times of its 2",
        ("--baseline", run, "--seed", "1"): "--accept and --seed belong to --base REV",
        ("smoke", "--baseline", run): "a run folder says itself what to measure: give no suite",
        ("--baseline", run, "--base", "HEAD"): "give either --base REV or --baseline FILE",
    }
    out = tmp_path / "never"
    commands = [("gate", *command, "--out", out) for command in expected]
    for told, finished in zip(expected.values(), one_after_another(commands), strict=True):
        assert (finished.returncode, finished.stdout) == (2, ""), finished.stderr
        assert told in finished.stderr
        assert finished.stderr.startswith("sealbench: ")
        assert finished.stderr.count("\n") == 1
    assert not out.exists()
