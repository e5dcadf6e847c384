"""What a real pipeline counts is the same in every pass and in every process."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

COUNT_PIPELINES = """
from bench.gate.worker.counting.counter import start_counting

counter = start_counting()

import json, sys
import numpy as np
from pipelines.engines.table import choose_engine
from pipelines.media import EncodedFrame
from pipelines.registry import load_registry
from pipelines.session import Session

UNITS = 20
content = np.random.default_rng(1)
frames = []
for index in range(UNITS):
    size = 6000 if index == 0 else 900 + 61 * index
    body = content.integers(1, 255, size, dtype=np.uint8)
    kinds = (0x67, 0x68, 0x65) if index == 0 else (0x41,)
    head = b"".join(bytes([0, 0, 0, 1, kind, 1, 2]) for kind in kinds)
    payload = np.concatenate([np.frombuffer(head, np.uint8), body])
    frames.append(
        EncodedFrame(
            index=index,
            pts_ns=index * 40_000_000,
            is_keyframe=index == 0,
            codec="h264",
            payload=payload,
        )
    )

def count(pipeline, engine):
    session = Session.fresh(codec="h264", engine=choose_engine(engine).engine)
    stages = (
        *pipeline.sender(session),
        *pipeline.relay(session.hop()),
        *pipeline.receiver(session),
    )
    def through(unit):
        for stage in stages:
            unit = stage(unit)
        return unit
    def run():
        for frame in frames:
            through(frame)
    counts = counter.count(run, UNITS)
    for frame in frames:
        assert np.array_equal(through(frame).payload, frame.payload)
    return counts

cases = [case.split("@") for case in sys.argv[1:]]
found = {"@".join(case): count(load_registry().pipelines[case[0]], case[1]) for case in cases}
print(json.dumps(found))
"""

CASES = [
    "null@auto",
    "sframe-aes-256-gcm+srtp-aes-128-gcm@auto",
    "srtp-aes-cm-128-hmac-sha1-80@libsrtp",
    "srtp-aes-cm-128-hmac-sha1-80@cryptography",
    "raw-aes-256-gcm@cryptography",
]

Counts = dict[str, tuple[dict[str, float], list[str]]]


def start(cases: list[str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-X", "faulthandler", "-c", COUNT_PIPELINES, *cases]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def result(process: subprocess.Popen[str]) -> Counts:
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    counts: Counts = json.loads(output)
    return counts


def test_two_processes_agree_on_every_count_of_real_pipelines_in_any_order() -> None:
    processes = start(CASES), start(CASES[::-1])
    one, other = map(result, processes)
    assert one == other
    for case, (counts, unsteady) in one.items():
        assert unsteady == [], case
        assert set(counts) == {"bytes_copied", "allocations", "allocated_bytes", "crypto_calls"}
        assert (counts["crypto_calls"] > 0) == (not case.startswith("null")), case
        assert counts["bytes_copied"] > 0, case
        assert counts["allocations"] > 0, case
