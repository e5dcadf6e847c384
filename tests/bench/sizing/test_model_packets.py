from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.profile.schema import Trace
from bench.sizing.model.draws import ProfileDraws, TraceSet
from bench.sizing.model.packets import Framing, Shape, audio_shape, keyframe_share, video_shape

PLAIN = Framing(unit_extra_bytes=0, header_bytes=0, mtu_bytes=1000)
Two = Callable[..., Shape]


def trace(keys: tuple[int, ...], deltas: tuple[int, ...]) -> Trace:
    return Trace(
        codec="h264",
        height=720,
        clip="tiny",
        fps=10.0,
        bitrate_bps=1.0,
        keyframe_bytes=keys,
        delta_bytes=deltas,
    )


def one_clip(draws: ProfileDraws, tiny: Trace) -> ProfileDraws:
    count = draws.count
    return ProfileDraws(
        profile=msgspec.structs.replace(draws.profile, traces=(tiny,)),
        count=count,
        _costs={},
        _traces={("h264", 720): TraceSet(traces=(tiny,), weights=np.ones((count, 1)))},
        _memory={},
        _scaling=(),
    )


@pytest.fixture(scope="session")
def shaped(golden_draws: ProfileDraws) -> Two:
    def shape(keys: tuple[int, ...], deltas: tuple[int, ...], **changes: object) -> Shape:
        asked: dict[str, object] = {
            "codec": "h264",
            "height": 700,
            "fps": 10.0,
            "keyframe_share": 0.1,
            "framing": PLAIN,
        }
        return video_shape(one_clip(golden_draws, trace(keys, deltas)), **(asked | changes))  # type: ignore[arg-type]

    return shape


def test_packets_are_counted_by_hand_on_a_tiny_trace(shaped: Two) -> None:
    # A key frame of 5,000 bytes in ten: 5 packets; others of 1,001 and 999 bytes: 2 and 1 packets.
    bitrate = 8 * 10 * (0.1 * 5000 + 0.9 * 1000)
    shape = shaped((5000,), (1001, 999), bitrate_bps=bitrate)
    assert shape.scale == pytest.approx((1.0,))
    assert shape.packets_per_s == pytest.approx(10 * (0.1 * 5 + 0.9 * 1.5))
    assert shape.payload_bytes_per_s == pytest.approx(bitrate / 8)


def test_sizes_are_scaled_to_the_bit_rate(shaped: Two) -> None:
    bitrate = 2 * 8 * 10 * (0.1 * 5000 + 0.9 * 1000)
    shape = shaped((5000,), (1000,), bitrate_bps=bitrate)
    assert shape.scale == pytest.approx((2.0,))
    assert shape.packets_per_s == pytest.approx(10 * (0.1 * 10 + 0.9 * 2))


def test_one_byte_more_per_unit_can_take_one_packet_more(shaped: Two) -> None:
    bitrate = 8 * 10 * 1000.0
    plain = shaped((1000,), (1000,), bitrate_bps=bitrate)
    framing = Framing(unit_extra_bytes=1, header_bytes=0, mtu_bytes=1000)
    sealed = shaped((1000,), (1000,), bitrate_bps=bitrate, framing=framing)
    assert plain.packets_per_s == pytest.approx(10)
    assert sealed.packets_per_s == pytest.approx(20)


def test_payload_headers_count_in_every_packet(shaped: Two) -> None:
    framing = Framing(unit_extra_bytes=0, header_bytes=2, mtu_bytes=1002)
    shape = shaped((3000,), (3000,), bitrate_bps=8 * 10 * 3000.0, framing=framing)
    assert shape.packets_per_s == pytest.approx(30)
    assert shape.payload_bytes_per_s == pytest.approx(10 * 3006)


@given(bitrate=st.floats(1e4, 1e8), more=st.floats(1.0, 4.0), share=st.floats(0.0, 1.0))
def test_a_higher_bit_rate_never_takes_fewer_packets(
    shaped: Two, bitrate: float, more: float, share: float
) -> None:
    sizes = ((4000, 7000), (100, 900, 1500))
    low = shaped(*sizes, bitrate_bps=bitrate, keyframe_share=share)
    high = shaped(*sizes, bitrate_bps=bitrate * more, keyframe_share=share)
    assert np.all(high.packets_per_s >= low.packets_per_s * (1 - 1e-9))
    assert np.all(low.packets_per_s >= low.units_per_s * (1 - 1e-9))
    assert np.all(low.packets_per_s * PLAIN.mtu_bytes >= low.payload_bytes_per_s * (1 - 1e-9))


def test_audio_is_one_packet_every_packet_time(golden_draws: ProfileDraws) -> None:
    framing = Framing(unit_extra_bytes=18, header_bytes=0, mtu_bytes=1200)
    shape = audio_shape(golden_draws, bitrate_bps=32_000, packet_ms=20, framing=framing)
    assert shape.packets_per_s == pytest.approx(50)
    assert shape.payload_bytes_per_s == pytest.approx(50 * (80 + 18))


def test_key_frames_come_regularly_and_at_most_once_a_second_for_joins() -> None:
    assert keyframe_share(interval_s=10, joins_per_s=0, fps=30) == pytest.approx(1 / 300)
    assert keyframe_share(interval_s=10, joins_per_s=0.5, fps=30) == pytest.approx(0.6 / 30)
    assert keyframe_share(interval_s=10, joins_per_s=50, fps=30) == pytest.approx(1.1 / 30)
    assert keyframe_share(interval_s=0.01, joins_per_s=0, fps=30) == 1
