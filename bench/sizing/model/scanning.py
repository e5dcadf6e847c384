"""What looking at pictures costs: pixels, hash, look-up; and the private look-up."""

import numpy as np

from bench.profile import keys
from bench.sizing.model.assumptions import (
    PRIVATE_CLIENT_NS,
    PRIVATE_DOWN_BYTES,
    PRIVATE_LISTS,
    PRIVATE_SERVER_NS,
    PRIVATE_UP_BYTES,
)
from bench.sizing.model.datagrams import exchange
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.heights import frame_ns, list_ns
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario

HASH = "scan: hash"
LOOK_UP = "scan: look-up"
PRIVATE = "private look-up"


def hash_stage(
    scenario: Scenario, draws: ProfileDraws, *, height: int, frames_per_s: float
) -> dict[str, Draws]:
    """Return the CPU ns per s of handing every k-th of these frames to the hash, and hashing it."""
    scan = scenario.scan
    each = draws.cost(keys.SCAN_LUMA).call_ns + frame_ns(
        draws, lambda lines: keys.scan_hash(scan.scanner, lines), height
    )
    return {HASH: frames_per_s / scan.every * each}


def scan_stages(
    scenario: Scenario, draws: ProfileDraws, *, height: int, frames_per_s: float
) -> dict[str, Draws]:
    """Return `hash_stage`, and looking each hash up in the list."""
    scan = scenario.scan
    looked_up = list_ns(draws, scan.scanner, scan.list_size)
    return {
        **hash_stage(scenario, draws, height=height, frames_per_s=frames_per_s),
        LOOK_UP: frames_per_s / scan.every * looked_up,
    }


def private_client(scenario: Scenario, draws: ProfileDraws, frames_per_s: float) -> Work:
    """Return what asking costs a participant that looks at every k-th of these frames."""
    asked = frames_per_s / scenario.scan.every
    return Work(
        cpu_ns_per_s={PRIVATE: asked * _private_ns(scenario, draws, PRIVATE_CLIENT_NS)}
    ) + exchange(
        scenario,
        draws,
        PRIVATE,
        received=asked,
        sent=asked,
        received_bytes=asked * PRIVATE_DOWN_BYTES,
        sent_bytes=asked * PRIVATE_UP_BYTES,
    )


def private_server(scenario: Scenario, draws: ProfileDraws, frames_per_s: float) -> Work:
    """Return what answering costs the server."""
    asked = frames_per_s / scenario.scan.every
    return Work(
        cpu_ns_per_s={PRIVATE: asked * _private_ns(scenario, draws, PRIVATE_SERVER_NS)}
    ) + exchange(
        scenario,
        draws,
        PRIVATE,
        received=asked,
        sent=asked,
        received_bytes=asked * PRIVATE_UP_BYTES,
        sent_bytes=asked * PRIVATE_DOWN_BYTES,
    )


def _private_ns(scenario: Scenario, draws: ProfileDraws, measured: tuple[float, float]) -> Draws:
    """Return one look-up's CPU: a line through the two lists that were measured."""
    low, high = PRIVATE_LISTS
    part = (scenario.scan.list_size - low) / (high - low)
    return np.full(draws.count, measured[0] + part * (measured[1] - measured[0]))
