from collections.abc import Callable

import pytest

from bench.sizing.scenario.load import Loaded, ScenarioError
from bench.sizing.scenario.override import (
    Value,
    combinations,
    parse_comparison,
    parse_setting,
    with_values,
)

Parsed = Callable[..., Loaded]

MLS = '[system]\ne2e_cipher = "aes-256-gcm"\n[rekey]\nprotocol = "mls"\n'


def why(loaded: Loaded, **values: Value) -> str:
    with pytest.raises(ScenarioError) as refused:
        with_values(loaded, {path.replace("__", "."): value for path, value in values.items()})
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("host.cores=16", ("host.cores", "16")),
        (" e2e_cipher = aes-128-gcm ", ("system.e2e_cipher", "aes-128-gcm")),
        ("ladder.fps=25", ("video.ladder.fps", "25")),
        ("title=a=b", ("title", "a=b")),
        ("host.name=", ("host.name", "")),
    ],
)
def test_a_setting_is_a_field_and_a_value(text: str, expected: tuple[str, str]) -> None:
    assert parse_setting(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("host.cores", "'host.cores': is no FIELD=VALUE"),
        ("host.corse=1", "'host.corse': is no field of a scenario; did you mean 'host.cores'?"),
        ("corse=1", "'corse': is no field of a scenario; did you mean 'host.cores'?"),
        ("qqqqq=1", "'qqqqq': is no field of a scenario; tables: title, summary, demand, rooms"),
        (
            "bitrate_bps=1",
            (
                "bitrate_bps: could be video.ladder.bitrate_bps, screen.bitrate_bps or"
                " audio.bitrate_bps; write the whole path"
            ),
        ),
        ("host=1", "host: is a table; its fields: host.name, host.cores"),
        ("growth=1", "demand.growth: is a list, which only the file itself can say"),
        ("schema=2", "'schema': is no field of a scenario"),
        ("=", "'': is no field of a scenario"),
    ],
)
def test_a_setting_of_no_field_is_refused(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        parse_setting(text)
    assert str(refused.value).startswith(message)


def test_a_comparison_is_a_field_and_several_values() -> None:
    assert parse_comparison("e2e_cipher=none, aes-128-gcm") == (
        "system.e2e_cipher",
        ("none", "aes-128-gcm"),
    )


@pytest.mark.parametrize("text", ["host.cores=", "host.cores=1,,2", "host.cores=1,1", "growth=1"])
def test_a_comparison_has_values_each_of_them_once(text: str) -> None:
    with pytest.raises(ScenarioError):
        parse_comparison(text)


def test_two_comparisons_give_every_combination() -> None:
    assert combinations([("a", ("1", "2")), ("b", ("x", "y"))]) == [
        {"a": "1", "b": "x"},
        {"a": "1", "b": "y"},
        {"a": "2", "b": "x"},
        {"a": "2", "b": "y"},
    ]


def test_more_cells_than_anybody_reads_are_refused() -> None:
    eight = [str(value) for value in range(8)]
    assert len(combinations([("a", eight), ("b", eight)])) == 64
    with pytest.raises(ScenarioError, match="a x b x c: 128 combinations; at most 64"):
        combinations([("a", eight), ("b", eight), ("c", ("1", "2"))])


def test_a_field_is_compared_once() -> None:
    with pytest.raises(ScenarioError, match="a: is compared twice"):
        combinations([("a", ("1",)), ("a", ("2",))])


def test_settings_are_read_as_the_fields_own_type(parsed: Parsed) -> None:
    texts = {
        "host.cores": "1_6",
        "peak_participants": "1e6",
        "core_speed": "1.5",
        "retransmission": "false",
        "cameras_most": "none",
        "e2e_cipher": "none",
        "setup_budget_eur": "2.4e6",
    }
    scenario = with_values(parsed("[publish]\ncameras_most = 4"), texts).scenario
    assert (scenario.host.cores, scenario.peak_participants) == (16, 1e6)
    assert (scenario.host.core_speed, scenario.network.retransmission) == (1.5, False)
    assert (scenario.publish.cameras_most, scenario.system.e2e_cipher) == (None, "none")
    assert scenario.prices.setup_budget_eur == 2.4e6


def test_settings_may_be_typed_values(parsed: Parsed) -> None:
    values: dict[str, Value] = {
        "host.cores": 4,
        "cameras_most": None,
        "retransmission": False,
        "utilisation": 0.5,
    }
    scenario = with_values(parsed("[publish]\ncameras_most = 4"), values).scenario
    assert (scenario.host.cores, scenario.publish.cameras_most) == (4, None)
    assert (scenario.network.retransmission, scenario.targets.utilisation) == (False, 0.5)


def test_what_is_set_counts_as_given_and_the_rest_stays(parsed: Parsed) -> None:
    before = parsed()
    after = with_values(before, {"cores": "16"})
    assert after.given == before.given | {"host.cores"}
    assert with_values(after, {"cores": "8"}).scenario == before.scenario
    assert before.scenario.host.cores == 8


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("cores", "x", "council: host.cores: 'x' is not a whole number from 1 to 1,000,000,000"),
        ("cores", "1.5", "council: host.cores: '1.5' is not a whole number"),
        ("cores", "nan", "council: host.cores: 'nan' is not a whole number"),
        ("cores", "9" * 5000, "council: host.cores: '99999"),
        ("cores", "0", "council: host.cores: 0 is not a whole number from 1 to"),
        ("cores", "none", "council: host.cores: 'none' is not a whole number"),
        ("cores", None, "council: host.cores: None is not a whole number"),
        ("cores", "5000", "council: host.cores: 5,000 is not from 1 to 4,096"),
        ("core_speed", "nan", "council: host.core_speed: nan is no number to count with"),
        ("core_speed", float("inf"), "council: host.core_speed: inf is no number to count with"),
        ("retransmission", "no", "council: network.retransmission: 'no' is neither true nor f"),
        ("topology", "sfuu", "council: system.topology: 'sfuu' is none of hub, mcu, p2p, sfu; d"),
        ("e2e_cipher", "aes", "council: system.e2e_cipher: 'aes' is none of none, "),
        ("rekey__protocol", "mls", "council: rekey.protocol: mls needs an end-to-end key"),
        ("hots__cores", "1", "council: 'hots.cores': is no field of a scenario; did you mean 'h"),
        ("growth", "1", "council: demand.growth: is a list"),
        ("video__ladder__fps", "25", "council: video.ladder.fps: video.ladder has 3 members; a "),
        ("tiles__count", "2", "council: receive.tiles.count: receive.tiles has 0 members; a set"),
    ],
)
def test_a_wrong_value_is_refused_as_in_a_file(
    parsed: Parsed, field: str, value: Value, message: str
) -> None:
    assert why(parsed(), **{field: value}).startswith(message)


def test_a_field_of_the_only_room_class_can_be_set(parsed: Parsed) -> None:
    loaded = with_values(parsed(), {"rooms.size": "50"})
    assert loaded.scenario.rooms[0].size == 50
    assert "rooms[0].size" in loaded.given


def test_setting_the_peak_replaces_the_daily_participants_and_says_so(parsed: Parsed) -> None:
    daily = parsed(demand="daily_participants = 10_000")
    peak = with_values(daily, {"peak_participants": "900"})
    assert peak.scenario.peak_participants == 900
    assert peak.notes == ("demand.daily_participants = none: demand.peak_participants replaces it",)
    assert "demand.daily_participants" not in peak.given
    back = with_values(peak, {"daily_participants": "10_000"})
    assert (back.scenario, len(back.notes)) == (daily.scenario, 2)


def test_setting_both_ways_of_counting_is_a_contradiction(parsed: Parsed) -> None:
    assert "are both given" in why(parsed(), peak_participants=900, daily_participants=9000)


def test_without_an_end_to_end_key_nothing_is_rekeyed_and_it_says_so(parsed: Parsed) -> None:
    loaded = with_values(parsed(MLS), {"e2e_cipher": "none"})
    assert loaded.scenario.rekey.protocol == "none"
    assert loaded.notes == ("rekey.protocol = none: system.e2e_cipher is none",)


def test_asking_to_rekey_nothing_is_still_refused(parsed: Parsed) -> None:
    assert "needs an end-to-end key" in why(parsed(MLS), e2e_cipher="none", rekey__protocol="mls")


def test_another_end_to_end_cipher_keeps_the_rekeying(parsed: Parsed) -> None:
    loaded = with_values(parsed(MLS), {"e2e_cipher": "aes-128-gcm"})
    assert (loaded.scenario.rekey.protocol, loaded.notes) == ("mls", ())


def test_without_a_hub_there_is_one_system(parsed: Parsed) -> None:
    hub = parsed('[system]\ntopology = "hub"\nsystems = 27')
    loaded = with_values(hub, {"topology": "sfu"})
    assert loaded.scenario.system.systems == 1
    assert loaded.notes == ("system.systems = 1: no hub joins several",)
    assert "need system.topology hub" in why(hub, topology="sfu", systems="27")


def test_a_single_layer_fills_every_tile(parsed: Parsed) -> None:
    tiles = (
        "[[receive.tiles]]\nlayer = '720p'\ncount = 1\n[[receive.tiles]]\nlayer = '180p'\ncount = 8"
    )
    loaded = with_values(parsed(tiles), {"scalability": "single"})
    (tile,) = loaded.scenario.receive.tiles
    assert (tile.layer, tile.count) == ("720p", 9)
    assert loaded.notes == (
        "receive.tiles = 9 of '720p': video.scalability single sends no other layer",
    )


@pytest.mark.parametrize(
    ("tables", "field", "value"),
    [
        (MLS, "scan.point", "relay"),
        (MLS, "system.topology", "mcu"),
        (MLS, "recording.share", "0.5"),
        ('[scan]\npoint = "relay"', "e2e_cipher", "aes-256-gcm"),
        ("[recording]\nshare = 0.5", "e2e_cipher", "aes-256-gcm"),
    ],
)
def test_what_end_to_end_forbids_is_refused_in_a_comparison_too(
    parsed: Parsed, tables: str, field: str, value: str
) -> None:
    with pytest.raises(ScenarioError, match="refused, not free"):
        with_values(parsed(tables), {field: value})
