import subprocess
import sys
from collections.abc import Callable

import pytest

from bench.sizing.scenario.load import Loaded
from bench.sizing.scenario.schema import Scan
from pipelines.scanning.table import SCANNERS

Parsed = Callable[..., Loaded]
Refused = Callable[..., str]

E2E = '[system]\ne2e_cipher = "aes-256-gcm"\n'
PAIR = "[[rooms]]\nsize = 2\n"
P2P = '[system]\ntopology = "p2p"\n'


def layer(name: str, height: int, bitrate_bps: int) -> str:
    return f'[[video.ladder]]\nname = "{name}"\nheight = {height}\nbitrate_bps = {bitrate_bps}\n'


@pytest.mark.parametrize(
    ("demand", "message"),
    [
        ("", "demand: neither peak_participants nor daily_participants is given"),
        (
            "peak_participants = 400\ndaily_participants = 5000",
            "demand: peak_participants (400) and daily_participants (5,000) are both given",
        ),
        (
            "daily_participants = 5000\nconcurrent_share = 0",
            "demand.concurrent_share: 0 of 5,000 daily_participants is less than one participant",
        ),
        ("peak_participants = 400\ngrowth = [1e9]", "demand.growth: 1,000,000,000.0 is not from"),
    ],
)
def test_it_is_said_once_how_many_there_are(refused: Refused, demand: str, message: str) -> None:
    assert refused(demand=demand).startswith(message)


@pytest.mark.parametrize(
    ("rooms", "message"),
    [
        ("[[rooms]]\nsize = 1\n", "rooms[0].size: 1 is nobody to talk to"),
        (
            "[[rooms]]\nsize = 401\n",
            "rooms[0].size: 401 are more than the 400 participants in such rooms",
        ),
        (
            "[[rooms]]\nsize = 2\nshare = 0.75\n[[rooms]]\nsize = 101\nshare = 0.25\n",
            "rooms[1].size: 101 are more than the 100 participants in such rooms",
        ),
        ("[[rooms]]\nsize = 2\nshare = 0.5\n", "rooms: the shares are 0.5 = 0.5; together they"),
        (PAIR + PAIR, "rooms: the shares are 1 + 1 = 2; together they are 1"),
    ],
)
def test_rooms_hold_all_participants_once(refused: Refused, rooms: str, message: str) -> None:
    assert refused(rooms=rooms).startswith(message)


def test_shares_of_thirds_are_one_together(parsed: Parsed) -> None:
    third = "[[rooms]]\nsize = 4\nshare = 0.3333333\n"
    assert len(parsed(rooms=third * 3).scenario.rooms) == 3


def test_one_room_holds_everybody(parsed: Parsed) -> None:
    assert parsed(rooms="[[rooms]]\nsize = 400\n").scenario.rooms[0].size == 400


@pytest.mark.parametrize(
    ("tables", "fields"),
    [
        (E2E + '[scan]\npoint = "relay"', ("scan.point", "system.e2e_cipher", "not free")),
        (E2E + "[recording]\nshare = 0.1", ("recording.by", "system.e2e_cipher", "not free")),
        (E2E + 'topology = "mcu"', ("system.topology", "system.e2e_cipher", "not free")),
        ('[rekey]\nprotocol = "mls"', ("rekey.protocol", "system.e2e_cipher")),
    ],
)
def test_who_holds_no_plaintext_does_nothing_with_it(
    refused: Refused, tables: str, fields: tuple[str, ...]
) -> None:
    message = refused(tables)
    assert message.startswith(f"{fields[0]}: ")
    assert all(field in message for field in fields)


@pytest.mark.parametrize(
    "tables",
    [
        E2E,
        E2E + '[rekey]\nprotocol = "sender-keys"',
        E2E + '[recording]\nshare = 1\nby = "participant"',
        E2E + '[scan]\npoint = "sender-before-encode"',
        E2E + '[scan]\npoint = "protocol"',
        E2E + 'outer_tunnel = "aes-256-gcm"',
        '[system]\nhop_cipher = "none"',
        '[scan]\npoint = "relay"\n[recording]\nshare = 1',
        '[system]\ntopology = "mcu"\n[recording]\nshare = 1',
        "[host]\ncores = 1\nnic_bps = 1e6\nram_bytes = 1e9",
    ],
)
def test_what_can_be_built_is_an_answers_business(parsed: Parsed, tables: str) -> None:
    assert parsed(tables).scenario.title


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('[system]\ntopology = "hub"', "system.systems: a hub (system.topology) stands between 2"),
        ("[system]\nsystems = 3", "system.systems: 3 systems need system.topology hub, not sfu"),
        (
            '[system]\ntopology = "hub"\nsystems = 28',
            "system.systems: 28 systems, but the largest room (rooms[].size) has 27 participants",
        ),
        (P2P, "system.topology: p2p with rooms[].size 27: everybody would send to 26 others"),
        ("[system]\nfan_out_cores = 9", "system.fan_out_cores: 9 are more than host.cores 8"),
    ],
)
def test_a_topology_joins_what_there_is(refused: Refused, tables: str, message: str) -> None:
    assert refused(tables).startswith(message)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('[scan]\npoint = "relay"', "scan.point: relay with system.topology p2p, which has none"),
        (
            '[scan]\npoint = "protocol"',
            "scan.point: protocol with system.topology p2p, which has no server to ask",
        ),
        ("[recording]\nshare = 0.5", "recording.by: server is to record a share of 0.5, and syst"),
    ],
)
def test_point_to_point_has_no_server(refused: Refused, tables: str, message: str) -> None:
    assert refused(P2P + tables, rooms=PAIR).startswith(message)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (layer("a", 360, 9000) + layer("a", 720, 9001), "video.ladder: 'a' is the name of 2 lay"),
        (layer("a", 720, 9000) + layer("b", 360, 9001), "video.ladder[1].height: 360 after 720"),
        (layer("a", 360, 9000) + layer("b", 720, 9000), "video.ladder[1].bitrate_bps: 9,000 aft"),
        (
            '[[receive.tiles]]\nlayer = "361p"\ncount = 1',
            (
                "receive.tiles[0].layer: in video.ladder, '361p' is none of 180p, 360p, 720p;"
                " did you mean '360p'?"
            ),
        ),
        (
            '[video]\nscalability = "single"\n[[receive.tiles]]\nlayer = "360p"\ncount = 1',
            "receive.tiles[0].layer: '360p', but video.scalability single sends only '720p'",
        ),
        ('[video]\ncodec = "vp8"\nscalability = "svc"', "video.scalability: svc with video.codec"),
        ("[video]\nkeyframe_interval_s = 0.01", "video.keyframe_interval_s: 0.01 is less than on"),
        ("[audio]\npacket_ms = 21", "audio.packet_ms: 21 is no multiple of 2.5 (Opus)"),
        (
            "[audio]\npacket_ms = 120\nbitrate_bps = 510_000",
            (
                "audio.packet_ms: 120 at audio.bitrate_bps 510,000 are 7,650 bytes, more than"
                " network.mtu_bytes 1,200"
            ),
        ),
    ],
)
def test_layers_tiles_and_packets_fit_together(refused: Refused, tables: str, message: str) -> None:
    assert refused(tables).startswith(message)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ("[system]\ne2e_cipher = 'aes-128-gmc'", "did you mean 'aes-128-gcm'?"),
        ("[system]\nhop_cipher = 'aes-128-ecb'", "is none of none, aes-cm-128-hmac-sha1-80, "),
        (
            "[system]\nouter_tunnel = 'aes-128-ecb'",
            "none of none, aes-128-gcm, aes-256-gcm, chacha",
        ),
        ("[system]\nouter_tunnel = 'null'", "is none of none, aes-128-gcm"),
        ("[video]\ncodec = 'raw'", "'raw' is none of h264, h265, vp8, vp9, av1"),
        ("[scan]\nscanner = 'pqd'", "did you mean 'pdq'?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(
    refused: Refused, tables: str, message: str
) -> None:
    assert message in refused(tables)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ("[host]\ncores = 5000", "host.cores: 5,000 is not from 1 to 4,096"),
        ("[network]\nloss = 0.9", "network.loss: 0.9 is not from 0 to 0.5"),
        ("[rekey]\nstay_minutes = 1e-9", "rekey.stay_minutes: 1e-09 is not from 0.01 to 1,000,00"),
        (layer("a", 360, 9000) * 17, "video.ladder: has more than 16 members"),
        ('[host]\nname = " "', "host.name: is empty"),
        ('[host]\nname = "\\u001b[2J"', "host.name: holds control characters"),
        (f'[host]\nname = "{"a" * 2001}"', "host.name: has more than 2,000 characters"),
    ],
)
def test_a_slip_of_the_pen_is_refused(refused: Refused, tables: str, message: str) -> None:
    assert refused(tables).startswith(message)


def test_a_thousand_million_participants_are_a_scenario(parsed: Parsed) -> None:
    assert parsed(demand="peak_participants = 1_000_000_000").scenario.peak_participants == 1e9


def test_the_default_scanner_is_one_that_comes_with_sealbench() -> None:
    assert Scan().scanner in SCANNERS


def test_another_scanner_than_the_default_one_is_known_too(parsed: Parsed) -> None:
    assert parsed('[scan]\nscanner = "phash"').scenario.scan.scanner == "phash"


def test_reading_a_scenario_compiles_nothing_and_opens_no_codec() -> None:
    code = (
        "import sys; import bench.sizing.scenario.override, bench.sizing.scenario.defaults;"
        " print([m for m in ('numba', 'av', 'matplotlib', 'scipy') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_no_core_is_faster_than_a_simulation_can_follow(refused: Refused) -> None:
    message = "host.core_speed: 11.0 is not from 0.001 to 10"
    assert refused("[host]\ncore_speed = 11.0").startswith(message)
