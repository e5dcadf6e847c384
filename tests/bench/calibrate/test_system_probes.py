"""System probes: one round of each says what its plan promised, of work that was checked."""

import itertools
import ssl
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench.calibrate import handshake
from bench.calibrate.audio import FRAME_SAMPLES, FRAMES, audio_plan, generated_sound
from bench.calibrate.handshake import handshake_ns
from bench.calibrate.primitives import PairwiseSender
from bench.calibrate.probe import Bench, ProbePlan, Reading
from bench.calibrate.system import system_plans
from bench.calibrate.udp import PAYLOAD_BYTES
from bench.material import Library
from bench.profile import keys
from bench.progress import Silent
from pipelines.engines.table import choose_engine

BENCH = Bench(
    engine=choose_engine("auto").engine, library=Library({}, Silent()), progress=Silent(), seed=1
)
PLANS = system_plans()


@pytest.fixture(scope="module", params=PLANS, ids=lambda plan: plan.name)
def measured(request: pytest.FixtureRequest) -> Iterator[tuple[ProbePlan, list[Reading]]]:
    plan: ProbePlan = request.param
    probe = plan.open(BENCH)
    yield plan, list(probe.measure())
    probe.close()


def test_the_plans_cover_every_system_key_once() -> None:
    promised = list(itertools.chain.from_iterable(plan.on for plan in PLANS))
    assert sorted(promised) == sorted(
        [
            *map(keys.udp_send, keys.SEND_METHODS),
            *map(keys.udp_receive, keys.RECEIVE_METHODS),
            *(keys.HANDSHAKE, keys.HPKE_SEAL, keys.HPKE_OPEN, keys.SIGN, keys.VERIFY),
            *(keys.MESSAGE, keys.AUDIO_ENCODE, keys.AUDIO_DECODE, keys.AUDIO_MIX),
        ]
    )


def test_a_round_reads_what_the_plan_promised(measured: tuple[ProbePlan, list[Reading]]) -> None:
    plan, readings = measured
    assert {reading.key for reading in readings} == set(plan.on)
    assert all(reading.calls > 0 and reading.cpu_ns > 0 for reading in readings)
    assert all(text for text in plan.on.values())
    assert plan.library(BENCH.engine)


def test_readings_of_batches_tell_calls_packets_and_bytes_apart(
    measured: tuple[ProbePlan, list[Reading]],
) -> None:
    plan, readings = measured
    for key in plan.on:
        if key not in {"udp/sendmmsg", "udp/recvmmsg", "udp/gso", "udp/gro"}:
            continue
        counts = np.array(
            [(r.calls, r.packets, r.size_bytes) for r in readings if r.key == key], dtype=float
        )
        assert np.linalg.matrix_rank(counts / counts.max(axis=0)) == 3
        assert {r.size_bytes // r.packets for r in readings if r.key == key} == set(PAYLOAD_BYTES)


def test_a_handshake_ends_only_between_those_who_trust_each_other() -> None:
    own, other, stranger = (handshake._new_identity("relay") for _ in range(3))
    server = handshake._context(ssl.PROTOCOL_TLS_SERVER, own, trusted=other)
    client = handshake._context(ssl.PROTOCOL_TLS_CLIENT, stranger, trusted=own)
    with pytest.raises(ssl.SSLError):
        handshake_ns(server, client)


def test_no_two_messages_have_the_same_key() -> None:
    sender = PairwiseSender(bytes(32))
    assert len({sender.step() for _ in range(50)}) == 50
    assert sender.seal(b"same") != sender.seal(b"same")


def test_generated_sound_stands_in_where_no_clip_is_cached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.calibrate.audio.cached_path", lambda _: tmp_path / "none.mp4")
    plan = audio_plan()
    assert "generated" in plan.on[keys.AUDIO_ENCODE]
    probe = plan.open(BENCH)
    assert {reading.key for reading in probe.measure()} == set(plan.on)
    probe.close()
    sound = generated_sound(seed=1)
    assert sound.shape == (FRAMES, FRAME_SAMPLES)
    assert np.abs(sound).max() > 4000
