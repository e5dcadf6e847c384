"""What a calibration measures, all together."""

from collections import Counter

from bench.calibrate.table import all_plans
from bench.profile import keys

ALL = all_plans()


def test_every_cost_is_measured_by_one_probe_and_has_a_name_and_words() -> None:
    counted = Counter(key for plan in ALL for key in plan.on)
    assert set(counted.values()) == {1}
    assert all(key.isascii() and key.isprintable() for key in counted)
    assert all(on.strip() for plan in ALL for on in plan.on.values())
    assert len({plan.name for plan in ALL}) == len(ALL)


def test_the_costs_that_the_model_asks_for_are_measured() -> None:
    measured = {key for plan in ALL for key in plan.on}
    wanted = {keys.HANDSHAKE, keys.HPKE_SEAL, keys.HPKE_OPEN, keys.SIGN, keys.VERIFY, keys.MESSAGE}
    wanted |= {keys.AUDIO_ENCODE, keys.AUDIO_DECODE, keys.AUDIO_MIX, keys.SCAN_LUMA}
    wanted |= {keys.udp_send(method) for method in keys.SEND_METHODS}
    wanted |= {keys.udp_receive(method) for method in keys.RECEIVE_METHODS}
    wanted |= {keys.scan_lookup("pdq", size) for size in keys.LIST_SIZES}
    for height in keys.HEIGHTS:
        wanted |= {keys.compose(height), keys.scan_hash("pdq", height)}
        for codec in ("h264", "vp8", "vp9", "av1"):
            wanted |= {keys.encode(codec, height), keys.decode(codec, height)}
    assert wanted <= measured, wanted - measured
