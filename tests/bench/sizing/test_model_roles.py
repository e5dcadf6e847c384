from collections.abc import Callable

import numpy as np
import pytest

from bench.profile import keys
from bench.sizing.model.draws import ProfileDraws
from bench.sizing.model.load import Load, Role, RoleLoad

Asked = Callable[..., Load]

VOICE = {"cameras": 0.0, "speakers": 1}


def stage(load: RoleLoad, name: str) -> float:
    return float(load.cpu_ns_per_s[name][0])


def scanned(asked: Asked, point: str, every: int) -> Load:
    return asked(scan={"point": point, "every": every})


def test_a_relay_gets_and_sends_what_is_spoken(asked: Asked) -> None:
    load = asked(
        demand={"peak_participants": 10},
        publish=VOICE,
        network={"feedback_per_s": 0.0},
        system={"hop_cipher": "none"},
    )
    relay = load.roles[Role.RELAY]
    assert relay.packets_in_per_s == pytest.approx(50)
    assert relay.packets_out_per_s == pytest.approx(50 * 9)
    # 32 kbit/s are 80 bytes in 20 ms; RTP, UDP and IP are 40.
    assert relay.bytes_out_per_s == pytest.approx(50 * 9 * 120)
    assert load.egress_bytes_per_s == pytest.approx(relay.bytes_out_per_s)
    assert "handshakes" not in relay.cpu_ns_per_s


def test_publisher_and_receivers_agree_with_the_relay(asked: Asked) -> None:
    load = asked(demand={"peak_participants": 10}, network={"feedback_per_s": 0.0})
    publisher, receiver = load.roles[Role.PUBLISHER], load.roles[Role.RECEIVER]
    relay = load.roles[Role.RELAY]
    voice = 50 * (80 + 56)
    assert 10 * (publisher.bytes_out_per_s - voice) + 2 * voice == pytest.approx(
        relay.bytes_in_per_s
    )
    assert 10 * receiver.bytes_in_per_s == pytest.approx(relay.bytes_out_per_s)
    assert 10 * receiver.packets_in_per_s == pytest.approx(relay.packets_out_per_s)


@pytest.mark.parametrize(
    ("point", "role", "decoded"),
    [
        ("relay", Role.RELAY, "scan: decode"),
        ("sender-after-encode", Role.PUBLISHER, "scan: decode"),
        ("sender-before-encode", Role.PUBLISHER, None),
        ("receiver", Role.RECEIVER, "decode"),
    ],
)
def test_every_kth_frame_divides_hashing_and_looking_up_but_not_decoding(
    asked: Asked, point: str, role: Role, decoded: str | None
) -> None:
    each, fifth = (scanned(asked, point, every).roles[role] for every in (1, 5))
    for name in ("scan: hash", "scan: look-up"):
        assert stage(each, name) == pytest.approx(5 * stage(fifth, name))
    if decoded:
        assert stage(each, decoded) == pytest.approx(stage(fifth, decoded))
    else:
        assert "scan: decode" not in each.cpu_ns_per_s


def test_scanning_before_encoding_costs_pixels_hash_and_look_up_of_each_frame(
    asked: Asked, golden_draws: ProfileDraws
) -> None:
    publisher = scanned(asked, "sender-before-encode", 1).roles[Role.PUBLISHER]
    luma = golden_draws.cost(keys.SCAN_LUMA).call_ns
    hashed = golden_draws.cost(keys.scan_hash("pdq", 720)).call_ns
    looked_up = golden_draws.cost(keys.scan_lookup("pdq", 100_000)).call_ns
    assert publisher.cpu_ns_per_s["scan: hash"] == pytest.approx(30 * (luma + hashed))
    assert publisher.cpu_ns_per_s["scan: look-up"] == pytest.approx(30 * looked_up)


def test_a_private_look_up_works_at_both_ends_and_sends_messages(asked: Asked) -> None:
    plain, private = asked(), scanned(asked, "protocol", 30)
    for role in (Role.PUBLISHER, Role.RELAY):
        assert stage(private.roles[role], "private look-up") > 0
    more = private.roles[Role.RELAY].packets_in_per_s - plain.roles[Role.RELAY].packets_in_per_s
    # One question a second from each of 100 cameras.
    assert more == pytest.approx(100)
    assert any("private" in sentence for sentence in private.assumed)
    assert not any("private" in sentence for sentence in plain.assumed)


def test_lost_video_is_sent_again_and_lost_sound_is_not(asked: Asked) -> None:
    def out(loss: float, **tables: object) -> float:
        load = asked(network={"loss": loss, "feedback_per_s": 0.0}, **tables)
        return float(load.roles[Role.RELAY].packets_out_per_s[0])

    sound = {"publish": VOICE}
    assert out(0.1, **sound) == pytest.approx(out(0.0, **sound))
    silent = {"publish": {"speakers": 0}}
    assert out(0.1, **silent) == pytest.approx(1.1 * out(0.0, **silent))


def test_a_tunnel_adds_a_gateway_that_passes_everything_on(asked: Asked) -> None:
    plain, tunnelled = asked(), asked(system={"outer_tunnel": "aes-256-gcm"})
    relay, gateway = plain.roles[Role.RELAY], tunnelled.roles[Role.GATEWAY]
    assert tunnelled.roles[Role.RELAY].cores == pytest.approx(relay.cores)
    both = relay.packets_in_per_s + relay.packets_out_per_s
    assert gateway.packets_in_per_s == pytest.approx(both)
    assert gateway.packets_out_per_s == pytest.approx(both)
    wire = relay.bytes_in_per_s + relay.bytes_out_per_s
    assert gateway.bytes_in_per_s == pytest.approx(wire + 55.5 * relay.packets_in_per_s)
    assert gateway.bytes_out_per_s == pytest.approx(wire + 55.5 * relay.packets_out_per_s)
    assert tunnelled.egress_bytes_per_s == pytest.approx(
        relay.bytes_out_per_s + 55.5 * relay.packets_out_per_s
    )
    assert stage(tunnelled.roles[Role.PUBLISHER], "tunnel") > 0


def test_point_to_point_needs_no_server(asked: Asked) -> None:
    load = asked(demand={"peak_participants": 4}, rooms=[{"size": 4}], system={"topology": "p2p"})
    assert set(load.roles) == {Role.PUBLISHER, Role.RECEIVER}
    assert not np.any(load.egress_bytes_per_s)
    pair = asked(demand={"peak_participants": 2}, rooms=[{"size": 2}], system={"topology": "p2p"})
    publisher, alone = load.roles[Role.PUBLISHER], pair.roles[Role.PUBLISHER]
    # Each frame is encoded once and sent three times.
    assert stage(publisher, "encode") == pytest.approx(stage(alone, "encode"))
    assert publisher.packets_out_per_s == pytest.approx(3 * alone.packets_out_per_s, rel=1e-2)


def test_every_join_is_a_handshake_with_the_server_or_with_each_peer(
    asked: Asked, golden_draws: ProfileDraws
) -> None:
    def handshakes_per_s(topology: str) -> float:
        load = asked(
            demand={"peak_participants": 4},
            rooms=[{"size": 4}],
            rekey={"stay_minutes": 1.0},
            system={"topology": topology},
        )
        each = float(golden_draws.cost(keys.HANDSHAKE).call_ns[0])
        return stage(load.roles[Role.RECEIVER], "handshakes") / each

    assert handshakes_per_s("sfu") == pytest.approx(1 / 60)
    # Four that join once a minute each meet three others: 24 ends of handshakes a minute.
    assert 4 * handshakes_per_s("p2p") == pytest.approx(24 / 60)


def test_sender_keys_grow_with_the_square_of_a_room(asked: Asked) -> None:
    def messages(size: int) -> float:
        load = asked(
            demand={"peak_participants": size},
            rooms=[{"size": size}],
            publish={"cameras": 0.0, "speakers": 0},
            network={"feedback_per_s": 0.0},
            rekey={"protocol": "sender-keys", "stay_minutes": 1.0},
        )
        return float(load.roles[Role.RELAY].packets_out_per_s[0])

    # Upon each of n / 60 leaves a second n (n - 1) keys, upon each join 2 (n - 1).
    for size in (2, 10, 30):
        assert messages(size) == pytest.approx(size / 60 * (size * (size - 1) + 2 * (size - 1)))


def test_mls_sends_one_commit_to_all(asked: Asked) -> None:
    def relay(protocol: str) -> RoleLoad:
        return asked(
            demand={"peak_participants": 50},
            rooms=[{"size": 50}],
            rekey={"protocol": protocol, "stay_minutes": 1.0},
        ).roles[Role.RELAY]

    mls, pairwise, none = relay("mls"), relay("sender-keys"), relay("none")
    assert np.all(mls.packets_in_per_s > none.packets_in_per_s)
    assert np.all(mls.packets_in_per_s < pairwise.packets_in_per_s)
    assert "key messages" not in none.cpu_ns_per_s


def test_nobody_rekeys_alone(asked: Asked) -> None:
    load = asked(rooms=[{"size": 1}], rekey={"protocol": "mls"})
    assert "rekey" not in load.roles[Role.RECEIVER].cpu_ns_per_s


def test_a_server_that_records_stores_the_top_layer_of_everyone(asked: Asked) -> None:
    load = asked(publish={"speakers": 0}, recording={"share": 0.5})
    assert load.recorded_bytes_per_s == pytest.approx(0.5 * 100 * 1_800_000 / 8)
    assert stage(load.roles[Role.RELAY], "record") > 0


def test_a_recording_participant_is_one_more_receiver(asked: Asked) -> None:
    plain = asked(network={"feedback_per_s": 0.0})
    load = asked(network={"feedback_per_s": 0.0}, recording={"share": 1.0, "by": "participant"})
    relay = load.roles[Role.RELAY]
    assert relay.connections == pytest.approx(110)
    assert np.all(relay.packets_out_per_s > 1.09 * plain.roles[Role.RELAY].packets_out_per_s)
    assert np.all(load.recorded_bytes_per_s > 0)
    assert "record" not in relay.cpu_ns_per_s


def test_simulcast_sends_all_layers_and_single_the_top_one(asked: Asked) -> None:
    def publisher(scalability: str) -> RoleLoad:
        return asked(video={"scalability": scalability}).roles[Role.PUBLISHER]

    single, simulcast, svc = (publisher(each) for each in ("single", "simulcast", "svc"))
    assert np.all(simulcast.bytes_out_per_s > 1.3 * single.bytes_out_per_s)
    assert svc.bytes_out_per_s == pytest.approx(single.bytes_out_per_s)
    assert stage(svc, "encode") == pytest.approx(stage(simulcast, "encode"))
    assert stage(simulcast, "encode") > stage(single, "encode")


def test_a_mixer_sends_one_picture_and_one_sound_to_each(asked: Asked) -> None:
    load = asked(system={"topology": "mcu"}, network={"feedback_per_s": 0.0})
    mcu, receiver = load.roles[Role.MCU], load.roles[Role.RECEIVER]
    assert mcu.bytes_out_per_s == pytest.approx(100 * receiver.bytes_in_per_s)
    for name in ("decode", "compose", "encode", "mix audio", "encode audio"):
        assert stage(mcu, name) > 0


def test_a_webinar_s_receiver_is_one_of_the_audience(asked: Asked) -> None:
    receiver = asked(publish={"cameras_most": 1}).roles[Role.RECEIVER]
    assert stage(receiver, "decode") > 0


def test_memory_is_buffers_connections_and_what_may_be_sent_again(
    asked: Asked, golden_draws: ProfileDraws
) -> None:
    load = asked(publish=VOICE, demand={"peak_participants": 10}, system={"e2e_cipher": "none"})
    buffered = golden_draws.memory(keys.STREAM_BUFFER) * 32_000 / 1.8e6
    expected = 10 * golden_draws.memory(keys.HOP_SESSION) + buffered
    assert load.roles[Role.RELAY].ram_bytes == pytest.approx(expected)
    assert np.all(load.roles[Role.RELAY].base_ram_bytes > 0)


def test_only_what_touches_the_scenario_is_assumed(asked: Asked) -> None:
    plain = " ".join(asked().assumed)
    assert "SVC" not in plain
    assert "ESP" not in plain
    everything = " ".join(
        asked(
            video={"scalability": "svc"},
            system={"outer_tunnel": "aes-128-gcm", "e2e_cipher": "aes-128-gcm"},
            rekey={"protocol": "mls"},
        ).assumed
    )
    for word in ("SVC", "ESP", "MLS", "SFrame"):
        assert word in everything
