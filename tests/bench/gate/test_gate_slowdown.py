"""A real slowdown, committed nowhere yet: the gate finds it without a clock, and says where."""

import shutil
import subprocess
from pathlib import Path

import numpy as np

import pipelines
from bench.gate.checkout import of_revision
from bench.gate.design import Design
from bench.gate.gate import Gate
from bench.gate.keep import forget
from bench.gate.material import write_frames
from bench.gate.result import Verdict
from bench.gate.worker.messages import StreamSpec
from bench.machine import describe_machine
from bench.progress import Silent
from pipelines.media import EncodedFrame

GIT = (shutil.which("git") or "git", "-c", "user.name=A", "-c", "user.email=a@example.org")
SMALL = Design(restarts=2, confirm_restarts=2, rounds=12)
PACKETIZED = "return self._packetizer.packetize(access_unit(unit))"


def test_extra_copy_of_each_packet_is_found_by_its_bytes(tmp_path: Path, small_cache: Path) -> None:
    project = tmp_path / "project"
    source = Path(pipelines.__file__).parent
    shutil.copytree(source, project / "pipelines", ignore=shutil.ignore_patterns("__pycache__"))
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "as it was")):
        subprocess.run(
            [*GIT, *words],
            cwd=project,
            check=True,
        )
    transport = project / "pipelines" / "stages" / "transport.py"
    before = transport.read_text()
    assert PACKETIZED in before
    transport.write_text(before.replace(PACKETIZED, f"{PACKETIZED}.copy()"))

    units = [
        EncodedFrame(
            index=index,
            pts_ns=index * 33_000_000,
            is_keyframe=index == 0,
            codec="vp8",
            payload=np.full(5000, index, dtype=np.uint8),
        )
        for index in range(8)
    ]
    write_frames(tmp_path / "units.npz", units)
    small_cache.mkdir(exist_ok=True)
    gated = Gate(
        checkouts=of_revision(project, "HEAD", cache=small_cache),
        suite="null",
        machine=describe_machine(with_scaling=False),
        seed=1,
        progress=Silent(),
        keep=forget,
        design=SMALL,
    ).run(
        [
            StreamSpec(
                name="stage/made/vp8/null",
                pipeline="null",
                engine="auto",
                material=str(tmp_path / "units.npz"),
            )
        ]
    )
    (finding,) = gated.result.findings
    assert finding.verdict is Verdict.REGRESSION
    grown = {change.counter: change.head - change.base for change in finding.changes}
    # Rows of the packets' table are copied whole: never less than the access unit has bytes.
    assert grown["bytes_copied"] >= 5000
    assert "bytes_copied" in finding.reason
