import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from bench.sizing.scenario.defaults import defaults_of
from bench.sizing.scenario.fields import leaves
from bench.sizing.scenario.load import Loaded, ScenarioError, parse_scenario
from bench.sizing.scenario.override import Value, parse_comparison, with_values
from bench.sizing.scenario.schema import Scenario
from bench.sizing.scenario.typed import Places, at, put, typed

Read = TypeVar("Read")

TEXT = b"""schema = 1
title = "A ministry"
summary = "It calls."
[demand]
daily_participants = 5000
growth = [1.0, 2.0]
[[rooms]]
size = 4
share = 0.5
[[rooms]]
size = 30
share = 0.5
[publish]
cameras_most = 9
[[receive.tiles]]
layer = "low"
count = 4
[[video.ladder]]
name = "low"
height = 180
bitrate_bps = 150_000
[[video.ladder]]
name = "high"
height = 720
bitrate_bps = 1_500_000
fps = 25
[system]
topology = "sfu"
e2e_cipher = "aes-256-gcm"
[rekey]
protocol = "mls"
[prices]
yearly_budget_eur = 400_000
"""
RAW = msgspec.toml.decode(TEXT, type=dict[str, object])
LOADED = parse_scenario(TEXT, Path("ministry.toml"))
PLACES: list[Places] = [
    (),
    *[(name,) for name in RAW],
    ("demand", "growth"),
    ("demand", "daily_participants"),
    ("rooms", 0),
    ("rooms", 0, "size"),
    ("rooms", 1, "share"),
    ("receive", "tiles"),
    ("receive", "tiles", 0, "count"),
    ("video", "ladder"),
    ("video", "ladder", 0, "height"),
    ("video", "ladder", 1, "fps"),
    ("system", "topology"),
    ("rekey", "protocol"),
    ("prices", "yearly_budget_eur"),
]

numbers = (
    st.integers() | st.floats() | st.integers(-2, 40) | st.sampled_from([1e308, 2**70, 1e-300])
)
words = st.text(max_size=12) | st.sampled_from(["none", "mls", "hub", "p2p", "mcu", "relay", "low"])
plain = st.none() | st.booleans() | numbers | words
anything = st.recursive(
    plain | st.dates() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


def read_or_refused(read: Callable[[], Read]) -> Read | None:
    """What `read` returns, or None where it refuses in one line. Nothing else may be raised."""
    try:
        return read()
    except ScenarioError as error:
        line = str(error)
    assert line.isprintable()
    return None


def is_sound(scenario: Scenario) -> bool:
    loaded = Loaded(name="ministry", scenario=scenario, given=frozenset())
    shares = sum(room.share for room in scenario.rooms)
    return (
        1 <= scenario.peak_participants <= 1e9
        and math.isclose(shares, 1, abs_tol=1e-5)
        and all(line.isprintable() for line in defaults_of(loaded))
    )


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b"a='\x00'")
@example(b'"\\n"=1')
@example("\u2028=1".encode())
def test_any_bytes_are_refused_in_a_line(text: bytes) -> None:
    assert read_or_refused(lambda: parse_scenario(text, Path("some.toml"))) is None


@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.binary(max_size=8))
def test_a_damaged_file_is_refused_or_sound(start: int, length: int, written: bytes) -> None:
    damaged = TEXT[:start] + written + TEXT[start + length :]
    loaded = read_or_refused(lambda: parse_scenario(damaged, Path("some.toml")))
    assert loaded is None or is_sound(loaded.scenario)


@given(st.sampled_from(PLACES), words, anything)
@example((), "a - at `$.b`", 1)
@example((), "`\n`", 1)
def test_any_field_in_any_table_is_refused_or_sound(
    places: Places, name: str, value: object
) -> None:
    raw = copy.deepcopy(RAW)
    if isinstance(at(raw, places), dict):
        put(raw, (*places, name), value)
    scenario = read_or_refused(lambda: typed(raw, "ministry.toml"))
    assert scenario is None or is_sound(scenario)


@given(st.sampled_from(PLACES[1:]), anything)
def test_any_value_in_any_place_is_refused_or_sound(places: Places, value: object) -> None:
    raw = copy.deepcopy(RAW)
    put(raw, places, value)
    scenario = read_or_refused(lambda: typed(raw, "ministry.toml"))
    assert scenario is None or is_sound(scenario)


@given(st.dictionaries(st.sampled_from(list(leaves())) | words, plain, max_size=3))
def test_any_settings_are_refused_or_sound(values: dict[str, Value]) -> None:
    loaded = read_or_refused(lambda: with_values(LOADED, values))
    assert loaded is None or is_sound(loaded.scenario)


@given(st.text(max_size=30) | st.builds("{}={}".format, st.sampled_from(list(leaves())), words))
def test_any_comparison_is_refused_or_names_a_field(text: str) -> None:
    compared = read_or_refused(lambda: parse_comparison(text))
    assert compared is None or (compared[0] in leaves() and compared[1])
