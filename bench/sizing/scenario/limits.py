"""How small and how large a value may be before it is a slip of the pen or would never end.

The schema bounds every number for arithmetic's sake; these bounds are the world's.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from bench.sizing.scenario.schema import Scenario

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "publish.screens_per_room": (0, 100),
        "publish.speakers": (0, 1_000),
        "publish.languages": (0, 1_000),
        "receive.last_n": (0, 10_000),
        "video.keyframe_interval_s": (0.001, 86_400),
        "system.systems": (1, 10_000),
        "system.fan_out_cores": (1, 4_096),
        "rekey.stay_minutes": (0.01, 1_000_000),
        "scan.every": (1, 1_000_000),
        "network.loss": (0, 0.5),
        "network.feedback_per_s": (0, 100_000),
        "targets.relay_delay_p99_ms": (0.001, 60_000),
        "targets.utilisation": (0.01, 1),
        "targets.spare_servers": (0, 1_000_000),
        "host.cores": (1, 4_096),
        "host.core_speed": (0.001, 10),
        "host.nic_bps": (1e5, 1e14),
        "host.nic_pps": (100, 1e12),
        "host.ram_bytes": (2**20, 2**50),
    }
)
"""The least and the most of each field, by path."""

MOST_MEMBERS: Mapping[str, int] = MappingProxyType(
    {"rooms": 100, "receive.tiles": 100, "video.ladder": 16, "demand.growth": 50}
)
"""How long each list may be."""

GROWTH = (0.001, 10_000)

LONGEST_TEXT = 2_000


def out_of_bounds(scenario: Scenario) -> Iterator[str]:
    """Yield what is outside its bounds: `field: what`."""
    for path, (least, most) in LIMITS.items():
        value = _at(scenario, path)
        if not isinstance(value, int | float) or not least <= value <= most:
            yield f"{path}: {value:,} is not from {least:,} to {most:,}"
    for path, longest in MOST_MEMBERS.items():
        members = _at(scenario, path)
        if not isinstance(members, tuple) or len(members) > longest:
            yield f"{path}: has more than {longest} members"
    for multiple in scenario.demand.growth:
        if not GROWTH[0] <= multiple <= GROWTH[1]:
            yield f"demand.growth: {multiple:,} is not from {GROWTH[0]:,} to {GROWTH[1]:,}"
    yield from _unreadable_texts(scenario)


def _unreadable_texts(scenario: Scenario) -> Iterator[str]:
    for path, text in _texts(scenario):
        if not text.strip():
            yield f"{path}: is empty"
        if len(text) > LONGEST_TEXT:
            yield f"{path}: has more than {LONGEST_TEXT:,} characters"
        # A terminal would obey them. A summary may have several lines.
        if not (" ".join(text.split()) if path == "summary" else text).isprintable():
            yield f"{path}: holds control characters"


def _at(scenario: Scenario, path: str) -> object:
    table, field = path.split(".") if "." in path else (None, path)
    return getattr(scenario if table is None else getattr(scenario, table), field)


def _texts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield "title", scenario.title
    yield "summary", scenario.summary
    yield "host.name", scenario.host.name
    for index, layer in enumerate(scenario.video.ladder):
        yield f"video.ladder[{index}].name", layer.name
