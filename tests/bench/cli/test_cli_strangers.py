"""Pipelines of plug-ins that fail or lie, and machines without clips or network."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bench.store import read_run

Finished = CompletedProcess[str]
Sealbench = Callable[..., Finished]
OneAfterAnother = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]

PLUGIN = '''
import dataclasses

from pipelines.stages.transport import Copy, Depacketize, Packetize
from pipelines.systems.null import NULL


class RunsOut(Copy):
    """Fails late: after verification and warm-up."""

    def __init__(self):
        super().__init__()
        self.left = 100

    def __call__(self, unit, /):
        self.left -= 1
        if self.left < 0:
            raise OverflowError("the [counter] ran out")
        return super().__call__(unit)


class FlipsABit(Copy):
    def __call__(self, unit, /):
        out = super().__call__(unit)
        out.payload[0] ^= 1
        return out


FAILS = dataclasses.replace(
    NULL,
    name="stranger-fails",
    sender=lambda s: (RunsOut(), Packetize(s.codec, ssrc=s.ssrc, mtu=s.mtu)),
)
LIES = dataclasses.replace(
    NULL,
    name="stranger-lies",
    receiver=lambda s: (Depacketize(s.codec), FlipsABit()),
)
TAKEN = dataclasses.replace(NULL)
'''

ENTRY_POINTS = """
[sealbench.pipelines]
both = strangers:FAILS
lies = strangers:LIES
taken = strangers:TAKEN
absent = no_such_module_anywhere:X
"""

SUITE = """
schema = 1
summary = "Strangers."
seconds = 0.1
rounds = 2

[[case]]
why = "What does a plug-in do to a run?"
model = "stage"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["null", "stranger-*"]
"""


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> tuple[Path, str]:
    """Return a suite that needs the plug-ins, and the path they are installed on."""
    assert folder.exists()  # its clip is at hand
    place = tmp_path_factory.mktemp("site")
    (place / "strangers.py").write_text(PLUGIN)
    info = place / "strangers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strangers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    suite = place / "strangers.toml"
    suite.write_text(SUITE)
    return suite, str(place)


@pytest.fixture(scope="module")
def stranger_run(
    strangers: tuple[Path, str], sealbench: Sealbench, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Finished]:
    suite, path = strangers
    out = tmp_path_factory.mktemp("out") / "strangers"
    return out, sealbench("run", suite, "--out", out, PYTHONPATH=path)


def test_a_wrong_answer_ends_a_run_with_5_and_the_others_are_measured(
    stranger_run: tuple[Path, Finished],
) -> None:
    out, finished = stranger_run
    assert finished.returncode == 5, finished.stderr
    rows = {row.pipeline: row for row in read_run(out).rows}
    assert rows["null"].error is None
    assert rows["null"].frames > 0
    lie = rows["stranger-lies"].error
    assert lie is not None
    assert lie.startswith("WrongAnswer: frame 0: ")
    assert lie.endswith(" other bytes came out")
    assert rows["stranger-lies"].frames == 0


def test_a_case_that_fails_while_it_is_measured_is_a_row_with_its_error(
    stranger_run: tuple[Path, Finished],
) -> None:
    out, finished = stranger_run
    row = {row.pipeline: row for row in read_run(out).rows}["stranger-fails"]
    assert row.error is not None
    assert row.error.startswith("OverflowError at frame ")
    assert row.error.endswith(": the [counter] ran out")
    assert f"{row.case}: {row.error}" in finished.stderr
    assert "the [counter] ran out" in " ".join(finished.stdout.split())
    assert not list((out / "partial").iterdir())


def test_a_plug_in_that_cannot_be_used_is_named_and_stops_nothing(
    stranger_run: tuple[Path, Finished],
) -> None:
    said = stranger_run[1].stderr
    assert "sealbench: plug-in 'absent' (no_such_module_anywhere:X): ModuleNotFoundError" in said
    assert "sealbench: plug-in 'taken' (strangers:TAKEN): the name 'null' is taken" in said


def test_verify_finds_the_wrong_answer_too(
    strangers: tuple[Path, str], sealbench: Sealbench
) -> None:
    suite, path = strangers
    finished = sealbench("verify", suite, PYTHONPATH=path)
    assert finished.returncode == 5
    assert "WRONG ANSWER: frame 0: " in " ".join(finished.stdout.split())


def test_a_run_whose_plug_in_is_gone_is_not_resumed(
    stranger_run: tuple[Path, Finished], one_after_another: OneAfterAnother, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    shutil.copytree(stranger_run[0], gone)
    (finished,) = one_after_another([("run", "--resume", gone)])
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "the run needs pipeline 'stranger-fails', which is not installed" in finished.stderr


def test_without_clips_and_network_the_synthetic_clip_is_measured_and_labelled(
    sealbench: Sealbench, folder: Path, tmp_path: Path
) -> None:
    suite = tmp_path / "small.toml"
    suite.write_text((folder / "tiny.toml").read_text().replace("webcam-360p", "carphone"))
    out = tmp_path / "offline"
    finished = sealbench(
        "run",
        suite,
        "--out",
        out,
        SEALBENCH_CACHE=str(tmp_path / "cache"),
        PIP_NO_INDEX="1",
        PIP_CONFIG_FILE="/dev/null",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_RETRIES="0",
    )
    assert finished.returncode == 0, finished.stderr
    assert "clip instead, labelled synthetic" in finished.stderr
    rows = read_run(out).rows
    assert len(rows) == 2
    for row in rows:
        assert row.clip.startswith("synthetic-")
        assert "synthetic" in row.labels
        assert "synthetic" in row.clip_note
        assert row.error is None
    assert "synthetic" in finished.stdout
    assert "synthetic" in (out / "report.html").read_text()
    assert "synthetic" in (out / "report.md").read_text()
