from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.sizing.model.load import Burst, Load, Role, RoleLoad
from bench.sizing.scenario.schema import LADDER

Asked = Callable[..., Load]

TOPOLOGIES = {"sfu": Role.RELAY, "mcu": Role.MCU, "hub": Role.RELAY}
SILENT = {"cameras": 0.0, "speakers": 0}
A_LITTLE = 1 - 1e-9

few = settings(max_examples=12, deadline=None)


def at_least(more: RoleLoad, less: RoleLoad) -> bool:
    pairs = (
        (more.cores, less.cores),
        (more.packets_in_per_s, less.packets_in_per_s),
        (more.packets_out_per_s, less.packets_out_per_s),
        (more.bytes_in_per_s, less.bytes_in_per_s),
        (more.bytes_out_per_s, less.bytes_out_per_s),
        (more.ram_bytes, less.ram_bytes),
    )
    return all(bool(np.all(high >= low * A_LITTLE)) for high, low in pairs)


@few
@given(
    topology=st.sampled_from(sorted(TOPOLOGIES)),
    size=st.integers(2, 60),
    participants=st.integers(1, 2000),
    more=st.floats(1.1, 4),
)
def test_more_participants_never_need_less(
    asked: Asked, topology: str, size: int, participants: int, more: float
) -> None:
    tables: dict[str, object] = {
        "rooms": [{"size": size}],
        "system": {"topology": topology, "systems": 3},
    }
    now = asked(demand={"peak_participants": participants}, **tables)
    later = asked(demand={"peak_participants": int(np.ceil(participants * more))}, **tables)
    role = TOPOLOGIES[topology]
    assert at_least(later.roles[role], now.roles[role])
    assert np.all(later.egress_bytes_per_s >= now.egress_bytes_per_s * A_LITTLE)


@few
@given(
    topology=st.sampled_from(["sfu", "mcu", "hub", "p2p"]),
    more=st.floats(1, 3),
    scalability=st.sampled_from(["single", "simulcast", "svc"]),
)
def test_a_higher_bit_rate_never_needs_less(
    asked: Asked, topology: str, more: float, scalability: str
) -> None:
    def with_rate(factor: float) -> Load:
        ladder = [
            {"name": x.name, "height": x.height, "bitrate_bps": int(x.bitrate_bps * factor)}
            for x in LADDER
        ]
        return asked(
            system={"topology": topology, "systems": 2},
            video={"ladder": ladder, "scalability": scalability},
        )

    now, later = with_rate(1.0), with_rate(more)
    assert all(at_least(later.roles[role], load) for role, load in now.roles.items())


@few
@given(last_n=st.integers(0, 12), topology=st.sampled_from(["sfu", "mcu", "hub", "p2p"]))
def test_seeing_one_more_never_costs_less(asked: Asked, last_n: int, topology: str) -> None:
    system = {"topology": topology, "systems": 4}
    now = asked(receive={"last_n": last_n}, system=system)
    later = asked(receive={"last_n": last_n + 1}, system=system)
    assert all(at_least(later.roles[role], load) for role, load in now.roles.items())


@pytest.mark.parametrize("codec", ["h264", "vp8", "vp9", "av1"])
@pytest.mark.parametrize("cipher", ["aes-128-gcm", "aes-256-gcm", "aes-128-ctr-hmac-sha256-80"])
@pytest.mark.parametrize("topology", ["sfu", "p2p", "hub"])
def test_end_to_end_encryption_never_makes_anything_cheaper(
    asked: Asked, codec: str, cipher: str, topology: str
) -> None:
    system = {"topology": topology, "systems": 2}
    video = {"codec": codec}
    plain = asked(system=system, video=video)
    sealed = asked(system=system | {"e2e_cipher": cipher}, video=video)
    assert all(at_least(sealed.roles[role], load) for role, load in plain.roles.items())
    assert np.all(sealed.roles[Role.PUBLISHER].cores > plain.roles[Role.PUBLISHER].cores)


@pytest.mark.parametrize("topology", sorted(TOPOLOGIES))
def test_where_nothing_is_sent_only_connections_cost(asked: Asked, topology: str) -> None:
    load = asked(publish=SILENT, system={"topology": topology}).roles[TOPOLOGIES[topology]]
    busy = {stage for stage, cpu_ns in load.cpu_ns_per_s.items() if np.any(cpu_ns)}
    assert busy == {"feedback", "handshakes"}
    assert load.connections >= 100
    # 20 packets of 100 bytes each way, with SRTCP's 20 and UDP and IP's 28.
    assert load.packets_out_per_s[0] == pytest.approx(20 * load.connections)
    assert load.bytes_out_per_s[0] == pytest.approx(20 * 148 * load.connections)


@pytest.mark.parametrize("topology", ["sfu", "mcu"])
def test_rooms_add_up(asked: Asked, topology: str) -> None:
    role, system = TOPOLOGIES[topology], {"topology": topology}
    small = asked(demand={"peak_participants": 30}, rooms=[{"size": 5}], system=system)
    large = asked(demand={"peak_participants": 70}, rooms=[{"size": 20}], system=system)
    both = asked(
        rooms=[{"size": 5, "share": 0.3}, {"size": 20, "share": 0.7}], system=system
    ).roles[role]
    assert both.cores == pytest.approx(small.roles[role].cores + large.roles[role].cores)
    assert both.bytes_out_per_s == pytest.approx(
        small.roles[role].bytes_out_per_s + large.roles[role].bytes_out_per_s
    )
    assert both.unit is not None
    assert both.unit_name == "a room of 20"
    assert both.unit.cores == pytest.approx(large.roles[role].cores / 3.5)


def test_a_mixer_works_in_proportion_to_its_participants(asked: Asked) -> None:
    system = {"topology": "mcu"}
    once = asked(system=system).roles[Role.MCU]
    twice = asked(system=system, demand={"peak_participants": 200}).roles[Role.MCU]
    assert twice.cores == pytest.approx(2 * once.cores)
    # In one room, each camera is decoded once and the picture is encoded once.
    small = asked(system=system, demand={"peak_participants": 10}).roles[Role.MCU].cpu_ns_per_s
    large = (
        asked(system=system, demand={"peak_participants": 20}, rooms=[{"size": 20}])
        .roles[Role.MCU]
        .cpu_ns_per_s
    )
    assert large["decode"] == pytest.approx(2 * small["decode"])
    assert large["encode"] == pytest.approx(small["encode"])


def test_a_hub_does_not_notice_participants_but_systems(asked: Asked) -> None:
    def hub(participants: int, systems: int) -> RoleLoad:
        return asked(
            demand={"peak_participants": participants},
            rooms=[{"size": participants}],
            publish={"cameras_most": 20},
            system={"topology": "hub", "systems": systems},
            # Whoever joins asks for key frames; everybody stays.
            rekey={"stay_minutes": 1e9},
        ).roles[Role.HUB]

    few_there, many_there, many_systems = hub(100, 5), hub(2000, 5), hub(100, 9)
    assert many_there.cores == pytest.approx(few_there.cores, rel=1e-6)
    assert many_there.bytes_out_per_s == pytest.approx(few_there.bytes_out_per_s, rel=1e-6)
    assert np.all(many_systems.cores > 1.5 * few_there.cores)


def test_a_stream_crosses_the_hub_once_to_every_other_system(asked: Asked) -> None:
    load = asked(
        demand={"peak_participants": 6},
        rooms=[{"size": 6}],
        publish={"cameras": 0.0, "speakers": 1},
        network={"feedback_per_s": 0.0},
        system={"topology": "hub", "systems": 3},
    )
    hub, relays = load.roles[Role.HUB], load.roles[Role.RELAY]
    assert (hub.packets_in_per_s[0], hub.packets_out_per_s[0]) == pytest.approx((50, 100))
    # Five listeners and the hub; the speaker and two relays that get it from the hub.
    assert relays.packets_out_per_s[0] == pytest.approx(50 * 6)
    assert relays.packets_in_per_s[0] == pytest.approx(50 * 3)
    assert (relays.unit_name, relays.sites, hub.sites) == ("one system's relay", 3, 1)
    out = relays.bytes_out_per_s + hub.bytes_out_per_s
    assert load.egress_bytes_per_s == pytest.approx(out)


def test_bursts_carry_the_work_of_their_stages(asked: Asked) -> None:
    for scalability in ("single", "simulcast", "svc"):
        relay = asked(video={"scalability": scalability}).roles[Role.RELAY]
        shapes = {burst.name: burst for burst in relay.bursts}
        assert len(shapes) == len(relay.bursts)
        forwarding = ("receive", "unprotect", "rewrite and protect", "send")
        media = sum(float(relay.cpu_ns_per_s[stage][0]) for stage in forwarding)
        # Packets per unit from the traces, all clips alike, as the point estimate has them.
        bursts = 0.0
        for burst in relay.bursts:
            per_unit = 1.0
            if burst.traces:
                means = [
                    burst.keyframe_share * mean_packets(trace.keyframe_bytes, scale, burst)
                    + (1 - burst.keyframe_share) * mean_packets(trace.delta_bytes, scale, burst)
                    for trace, scale in zip(burst.traces, burst.scale, strict=True)
                ]
                per_unit = float(np.mean(means))
            packets = burst.streams * burst.units_per_s * per_unit
            bursts += packets * float(burst.in_ns[0] + burst.copies * burst.out_ns[0])
        assert bursts == pytest.approx(media)


def mean_packets(sizes: tuple[int, ...], scale: float, burst: Burst) -> float:
    payload, extra = burst.payload_bytes, burst.extra_bytes
    return float(np.ceil((np.array(sizes) * scale + extra) / payload).mean())
