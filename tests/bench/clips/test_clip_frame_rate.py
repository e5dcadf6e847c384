from fractions import Fraction

import pytest

from bench.clips.frame_rate import frame_rate

MS = Fraction(1, 1000)
TS = Fraction(1, 90_000)
NTSC = Fraction(30000, 1001)
GAP = "1 gap in the time stamps left out of the rate"


def stamped(fps: Fraction, tick: Fraction, frames: int = 60) -> list[int | None]:
    return [round(number / fps / tick) for number in range(frames)]


@pytest.mark.parametrize("tick", [MS, TS, Fraction(1, 15360), Fraction(1, 10_000_000)])
@pytest.mark.parametrize(
    "fps", [NTSC, Fraction(24000, 1001), Fraction(60000, 1001), *map(Fraction, (10, 25, 30, 50))]
)
def test_rounded_stamps_give_the_exact_rate(fps: Fraction, tick: Fraction) -> None:
    rate = frame_rate(stamped(fps, tick, 300), tick, [])
    assert (rate.fps, rate.remark) == (fps, "")


def test_few_stamps_in_ms_leave_the_exact_rate_to_what_is_stated() -> None:
    assert frame_rate(stamped(NTSC, MS, 20), MS, [NTSC]).fps == NTSC
    assert frame_rate(stamped(Fraction(30), MS, 20), MS, [Fraction(30)]).fps == 30


@pytest.mark.parametrize("stated", [Fraction(20, 7), Fraction(25), Fraction(60), Fraction(90_000)])
def test_stamps_are_believed_over_what_is_stated(stated: Fraction) -> None:
    assert frame_rate(stamped(Fraction(30), TS), TS, [stated]).fps == 30


def test_one_hole_is_left_out_and_said() -> None:
    stamps = [*range(0, 60_000, 1000), *range(9_000_000, 9_060_000, 1000)]
    rate = frame_rate(stamps, Fraction(1, 30_000), [Fraction(7, 6)])
    assert (rate.fps, rate.remark) == (Fraction(30), GAP)


def test_clock_that_restarts_is_a_gap() -> None:
    # Two recordings joined; the second begins at 0 again, as a 33-bit clock does after 26.5 hours.
    stamps = [2**33 - 90_000 + step * 3000 for step in range(30)] + [*range(0, 90_000, 3000)]
    rate = frame_rate(stamps, TS, [])
    assert (rate.fps, rate.remark) == (Fraction(30), GAP)


def test_stamps_in_the_order_of_coding_are_put_in_order() -> None:
    # As AVI has them where there are B frames.
    stamps = [1, 3, 4, 2, 6, 5, 8, 7, 9, 11, 10, 13, 12, 15, 14, 16]
    rate = frame_rate(stamps, Fraction(1, 25), [])
    assert (rate.fps, rate.remark) == (Fraction(25), "")


def test_frames_without_a_stamp_share_the_time_between_others() -> None:
    stamps = [None if number % 3 else number * 3600 for number in range(31)]
    assert frame_rate(stamps, TS, []).fps == 25


def test_duplicate_stamps_count_as_frames() -> None:
    # Both fields of a picture, or frames pairwise in one packet, with one stamp.
    stamps = [number // 2 * 7200 for number in range(40)]
    rate = frame_rate(stamps, TS, [])
    assert (rate.fps, rate.remark) == (Fraction(25), "")


def test_pulldown_is_a_constant_rate() -> None:
    # Film shown for two and three fields of 59.94 in turns (MPEG-2's repeat_first_field).
    stamps = [number // 2 * 7508 + number % 2 * 3003 for number in range(100)]
    rate = frame_rate(stamps, TS, [NTSC])
    assert (rate.fps, rate.remark) == (Fraction(24000, 1001), "")


def test_varying_steps_give_their_average_and_say_so() -> None:
    stamps = [0, 1, 2, 3, 8, 9, 10, 15, 16, 18]
    rate = frame_rate(stamps, Fraction(1, 25), [Fraction(25)])
    assert rate.fps == Fraction(25, 2)
    assert rate.remark == "variable frame rate: the average of 12.50 used"


def test_regularly_dropped_frames_are_no_rounding_of_a_coarse_clock() -> None:
    # AVI's clock ticks once a frame: three and seven of every ten are missing.
    stamps = [number for number in range(60) if number % 10 not in {3, 7}]
    rate = frame_rate(stamps, Fraction(1, 30), [Fraction(30)])
    assert float(rate.fps) == pytest.approx(24, rel=0.02)
    assert rate.remark.startswith("variable frame rate")


def test_long_pauses_that_are_the_rule_are_no_holes() -> None:
    stamps = [number // 2 * 60 + number % 2 for number in range(61)]
    rate = frame_rate(stamps, Fraction(1, 60), [])
    assert (rate.fps, rate.remark) == (Fraction(2), "")
    stamps = [0, 1, 2, 60, 61, 150, 151, 152, 200, 310, 311, 312]
    rate = frame_rate(stamps, Fraction(1, 60), [])
    assert float(rate.fps) == pytest.approx(11 / 312 * 60, rel=1e-3)


@pytest.mark.parametrize("jitter", [-1, 1])
def test_one_stamp_gone_wrong_does_not_matter(jitter: int) -> None:
    stamps = stamped(Fraction(30), TS)
    stamps[20] = 20 * 3000 + jitter * 1400
    assert frame_rate(stamps, TS, []).fps == 30


def test_rate_written_with_two_decimals_is_the_fraction_that_was_meant() -> None:
    assert frame_rate([], None, [Fraction(2398, 100)]).fps == Fraction(24000, 1001)
    assert frame_rate([0], TS, [Fraction(2997, 100)]).fps == NTSC


@pytest.mark.parametrize("stamps", [[], [0], [7, 7, 7], [None, None]])
def test_without_stamps_what_is_stated_is_used_else_thirty_assumed(
    stamps: list[int | None],
) -> None:
    stated = frame_rate(stamps, TS, [None, Fraction(12), Fraction(25)])
    assert (stated.fps, stated.remark) == (Fraction(12), "")
    # A clock of the stamps, stated as if it were a rate of frames.
    assumed = frame_rate(stamps, TS, [None, Fraction(1000), Fraction(90_000), Fraction(1, 4)])
    assert (assumed.fps, assumed.remark) == (
        Fraction(30),
        "no usable frame rate: 30 frames/s assumed",
    )


def test_rate_that_no_camera_has_is_not_measured_at() -> None:
    slides = frame_rate([number * 5000 for number in range(9)], MS, [Fraction(25)])
    assert slides.fps == 30
    assert slides.remark == "0.2 frames/s by the time stamps is out of bounds: 30 frames/s assumed"
