import math

import pytest

from bench.cases import Case, LookupCase
from bench.plan import (
    by_clip,
    clip_names,
    only,
    renamed,
    with_clip,
    with_engine,
    with_list_size,
    with_seconds,
)
from bench.suite import SuiteError


def case(pipeline: str, *, clip: str = "webcam-360p", codec: str = "h264") -> Case:
    return Case(
        why="w",
        model="stage",
        media="cached",
        clip=clip,
        codec=codec,
        pipeline=pipeline,
        seconds=0.5,
        rounds=2,
    )


CASES = (
    case("null"),
    case("srtp-aes-128-gcm"),
    case("null", codec="vp8"),
    case("srtp-aes-128-gcm", clip="outdoor->720p"),
    case("sframe-aes-256-gcm+srtp-aes-128-gcm", clip="outdoor->720p"),
)


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        (None, [0, 1, 2, 3, 4]),
        ("*", [0, 1, 2, 3, 4]),
        ("null", [0, 2]),
        ("srtp-*", [1, 3]),
        ("*srtp-*", [1, 3, 4]),
        ("vp8", [2]),
        ("outdoor->720p", [3, 4]),
        ("outdoor*", [3, 4]),
        ("stage/webcam-360p/h264/null", [0]),
        ("*/h264/null", [0]),
        ("stage", [0, 1, 2, 3, 4]),
    ],
)
def test_only_takes_a_glob_over_ids_and_their_parts(pattern: str | None, chosen: list[int]) -> None:
    assert only(CASES, pattern) == tuple(CASES[index] for index in chosen)


def test_only_that_matches_nothing_is_refused() -> None:
    with pytest.raises(SuiteError) as refused:
        only(CASES, "srtq-*")
    assert str(refused.value).startswith(
        "--only 'srtq-*' matches none of the 5 cases of the suite, such as stage/webcam-360p/h264/"
    )


def test_the_upper_case_of_a_name_is_another_name() -> None:
    with pytest.raises(SuiteError):
        only(CASES, "NULL")


def test_one_clip_in_place_of_many_leaves_each_case_once() -> None:
    moved = with_clip(CASES, "mine.mp4")
    assert [each.id for each in moved] == [
        "stage/mine.mp4/h264/null",
        "stage/mine.mp4/h264/srtp-aes-128-gcm",
        "stage/mine.mp4/vp8/null",
        "stage/mine.mp4/h264/sframe-aes-256-gcm+srtp-aes-128-gcm",
    ]


def test_renaming_keeps_the_first_of_two_cases_that_become_one() -> None:
    first, second = case("null"), case("null", clip="outdoor")
    assert renamed((first, second), lambda _: "webcam-360p") == (first,)
    assert renamed(CASES, lambda name: name) == CASES


def test_seconds_given_hold_for_every_case_and_buy_more_rounds() -> None:
    longer = with_seconds(CASES, 3.5)
    assert {each.seconds for each in longer} == {3.5}
    assert {each.rounds for each in longer} == {14}
    assert {each.rounds for each in with_seconds(CASES, 0.01)} == {2}
    assert {each.rounds for each in with_seconds(CASES, 3600)} == {1000}
    assert with_seconds(CASES, None) == CASES


@pytest.mark.parametrize("seconds", [0.0, -1.0, 3600.1, math.nan, math.inf])
def test_seconds_out_of_range_are_refused(seconds: float) -> None:
    with pytest.raises(SuiteError, match=r"^--seconds .* is not above 0 and at most 3600$"):
        with_seconds(CASES, seconds)


def test_cases_are_grouped_by_clip_in_the_order_they_come() -> None:
    mixed = (CASES[3], CASES[0], CASES[4], CASES[1])
    assert clip_names(mixed) == ["outdoor->720p", "webcam-360p"]
    assert by_clip(mixed)["outdoor->720p"] == [CASES[3], CASES[4]]


def test_an_engine_given_on_the_command_line_is_that_of_every_case() -> None:
    assert with_engine(CASES, None) == CASES
    chosen = with_engine(CASES, "libsrtp")
    assert [case.engine for case in chosen] == ["libsrtp"] * len(CASES)
    assert chosen[0].id == "stage/webcam-360p/h264/null@libsrtp"
    assert with_engine((*CASES, *chosen), "libsrtp") == chosen


def test_an_unknown_engine_on_the_command_line_is_refused() -> None:
    with pytest.raises(SuiteError, match="--engine: unknown 'boringssl'; known: auto, cryptog"):
        with_engine(CASES, "boringssl")


def looking_up(size: int) -> LookupCase:
    return LookupCase(
        why="w",
        clip="bikes",
        seconds=0.5,
        rounds=2,
        hasher="pdq",
        index="flat",
        list_size=size,
        radius=31,
    )


def test_a_list_of_the_users_own_replaces_lists_of_every_size_by_one() -> None:
    cases = (looking_up(1000), looking_up(500), *CASES)
    given = with_list_size(cases, "pdq", 500, lambda _: "")
    assert [case.id for case in given] == [
        "lookup/bikes/pdq-r31/flat/500",
        *(case.id for case in CASES),
    ]


def test_a_list_that_nothing_looks_into_is_refused() -> None:
    with pytest.raises(SuiteError, match="no case of the suite looks up hashes of 'dhash'"):
        with_list_size((looking_up(500),), "dhash", 500, lambda _: "")
