"""A profile as a calibration writes it: small, and made up but for its shape."""

import pytest

from bench.machine import describe_machine, read_conditions
from bench.machine.schema import Machine
from bench.profile.schema import CoreScaling, LinearCost, Memory, Profile, Trace


@pytest.fixture(scope="session")
def machine() -> Machine:
    return describe_machine(with_scaling=False)


@pytest.fixture(scope="session")
def profile(machine: Machine) -> Profile:
    conditions = read_conditions()
    return Profile(
        sealbench_version="0.1.0",
        started_utc="2026-11-22T15:00:00Z",
        seconds=3.0,
        seed=1,
        engine="cryptography",
        rounds=3,
        machine=machine,
        conditions_before=conditions,
        conditions_after=conditions,
        costs={
            "udp/send": LinearCost(
                call_ns=(3000.0, 3100.0, 2900.0),
                packet_ns=(0.0, 0.0, 0.0),
                byte_ns=(0.1, 0.1, 0.2),
                samples=300,
                on="loopback",
                misfit=0.01,
            ),
            "ed25519/sign": LinearCost(
                call_ns=(70_000.0, 71_000.0, 72_000.0),
                packet_ns=(0.0, 0.0, 0.0),
                byte_ns=(0.0, 0.0, 0.0),
                samples=30,
                on="200 bytes",
            ),
        },
        traces=(
            Trace(
                codec="h264",
                height=720,
                clip="outdoor->720p",
                fps=30.0,
                bitrate_bps=1.5e6,
                keyframe_bytes=(40_000,),
                delta_bytes=(5000, 6000),
            ),
        ),
        memory={"session/hop": Memory(bytes_each=(9000.0, 9100.0), count=1000, on="contexts")},
        scaling=(CoreScaling(processes=2, ratio=(1.8, 1.9), on="relays"),),
        problems={"udp/gso": "no such option"},
    )
