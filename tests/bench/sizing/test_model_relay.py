from dataclasses import fields

import numpy as np
import pytest

from bench.profile import keys
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.relay import FAN_OUT, RECEIVE, REWRITE, SEND, UNPROTECT, RelayTraffic
from bench.sizing.model.relay import relay_stages as stages_of
from bench.sizing.model.transport import receive_ns, send_ns

# Two streams of 30 units of 5 packets of 1,000 bytes, to 10 receivers each.
VIDEO = RelayTraffic(
    packets_in_per_s=300.0,
    packets_out_per_s=3000.0,
    bytes_in_per_s=300_000.0,
    bytes_out_per_s=3_000_000.0,
    units_in_per_s=60.0,
    units_out_per_s=600.0,
)
TWICE = RelayTraffic(**{each.name: 2 * getattr(VIDEO, each.name) for each in fields(VIDEO)})

NOTHING = RelayTraffic(
    packets_in_per_s=0.0,
    packets_out_per_s=0.0,
    bytes_in_per_s=0.0,
    bytes_out_per_s=0.0,
    units_in_per_s=0.0,
    units_out_per_s=0.0,
)


def stages(
    draws: ProfileDraws, traffic: RelayTraffic, hop: str = "aes-128-gcm"
) -> dict[str, Draws]:
    return stages_of(
        draws, traffic, hop_cipher=hop, send_method="sendmmsg", receive_method="recvmmsg"
    )


def test_each_stage_is_calls_packets_and_bytes_of_its_cost(golden_draws: ProfileDraws) -> None:
    found = stages(golden_draws, VIDEO)
    assert list(found) == [RECEIVE, UNPROTECT, FAN_OUT, SEND]
    opened = golden_draws.cost(keys.srtp_unprotect("aes-128-gcm"))
    assert found[UNPROTECT] == pytest.approx(
        opened.ns(calls=60.0, packets=300.0, size_bytes=300_000.0)
    )
    copied = golden_draws.cost(keys.fan_out("aes-128-gcm"))
    assert found[FAN_OUT] == pytest.approx(
        copied.ns(calls=60.0, packets=3000.0, size_bytes=3_000_000.0)
    )
    # 12 bytes of RTP header and 16 of tag are in each datagram.
    sent = golden_draws.cost(keys.udp_send("sendmmsg"))
    assert found[SEND] == pytest.approx(
        sent.ns(calls=60.0, packets=3000.0, size_bytes=3_000_000.0 + 28 * 3000)
    )


def test_without_a_hop_cipher_nothing_is_protected_and_rewriting_still_costs(
    golden_draws: ProfileDraws,
) -> None:
    found = stages(golden_draws, VIDEO, "none")
    assert list(found) == [RECEIVE, REWRITE, SEND]
    assert np.all(found[REWRITE] > 0)


def test_nothing_forwarded_costs_nothing(golden_draws: ProfileDraws) -> None:
    for method_out, method_in in (("send", "recv"), ("sendmmsg", "recvmmsg"), ("gso", "gro")):
        found = stages_of(
            golden_draws,
            NOTHING,
            hop_cipher="aes-128-gcm",
            send_method=method_out,
            receive_method=method_in,
        )
        assert not np.any(list(found.values()))


def test_traffic_adds_up(golden_draws: ProfileDraws) -> None:
    once, twice = stages(golden_draws, VIDEO), stages(golden_draws, TWICE)
    assert all(twice[stage] == pytest.approx(2 * cpu_ns) for stage, cpu_ns in once.items())


def test_one_call_per_datagram_or_per_unit_or_per_full_batch(golden_draws: ProfileDraws) -> None:
    def calls(method: str, **traffic: float) -> float:
        cost = golden_draws.cost(keys.udp_send(method))
        rest = cost.ns(packets=traffic["packets"], size_bytes=traffic["size_bytes"])
        whole = send_ns(golden_draws, method, **traffic)
        return float((whole - rest)[0] / cost.call_ns[0])

    burst = {"packets": 50.0, "units": 10.0, "causes": 1.0, "size_bytes": 50_000.0}
    assert calls("send", **burst) == pytest.approx(50)
    assert calls("sendmmsg", **burst) == pytest.approx(1)
    assert calls("gso", **burst) == pytest.approx(10)
    wide = {"packets": 3000.0, "units": 3000.0, "causes": 1.0, "size_bytes": 300_000.0}
    assert calls("sendmmsg", **wide) == pytest.approx(3000 / 64)
    large = {"packets": 60.0, "units": 1.0, "causes": 1.0, "size_bytes": 72_000.0}
    assert calls("gso", **large) == pytest.approx(72_000 / 65_507)


def test_received_units_are_taken_in_one_call(golden_draws: ProfileDraws) -> None:
    cost = golden_draws.cost(keys.udp_receive("recvmmsg"))
    found = receive_ns(golden_draws, "recvmmsg", packets=50.0, units=10.0, size_bytes=5e4)
    assert found == pytest.approx(cost.ns(calls=10.0, packets=50.0, size_bytes=5e4))
