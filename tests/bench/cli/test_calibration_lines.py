"""The closing table of a calibration, from a stored profile."""

import re
from pathlib import Path

import msgspec
import pytest

from bench.cli.calibration_table import cost_lines
from bench.profile.schema import Profile
from bench.profile.store import read_profile


@pytest.fixture(scope="module")
def profile() -> Profile:
    return read_profile(Path(__file__).parents[2] / "golden/sizing/calibration.json")


def figure(text: str) -> float:
    """Return the ns that a figure with a unit stands for."""
    number, unit = text.split()
    return float(number) * {"ns": 1.0, "µs": 1e3, "ms": 1e6}[unit]


def test_each_line_has_a_unit_and_lies_within_its_interval(profile: Profile) -> None:
    lines = {line.what: line for line in cost_lines(profile)}
    for line in lines.values():
        low, high, unit = re.split(r" to | (?=\S+$)", line.interval)
        assert figure(f"{low} {unit}") <= figure(line.cost) <= figure(f"{high} {unit}")
    assert "relay, packet of 1,200 B in by gro, aes-128-gcm" in lines
    assert "relay, packet of 1,200 B out by gso, aes-128-gcm" in lines
    encoding = figure(lines["encode a frame of 720 lines, h264"].cost)
    assert encoding > 100 * figure(lines["UDP, packet of 1,200 B, gso"].cost)
    assert figure(lines["one side of a TLS 1.3 handshake, P-256"].cost) > 10_000


def test_what_was_not_measured_has_no_line(profile: Profile) -> None:
    kept = {key: cost for key, cost in profile.costs.items() if not key.startswith("udp/gro")}
    lines = [line.what for line in cost_lines(msgspec.structs.replace(profile, costs=kept))]
    assert "UDP, packet of 1,200 B, gro" not in lines
    # Another way to receive is there.
    assert "relay, packet of 1,200 B in by recvmmsg, aes-128-gcm" in lines
    nothing = {key: cost for key, cost in kept.items() if not key.startswith("udp/")}
    bare = cost_lines(msgspec.structs.replace(profile, costs=nothing))
    assert bare
    assert not any(line.what.startswith(("relay", "UDP")) for line in bare)
