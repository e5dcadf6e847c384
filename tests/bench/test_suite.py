import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.cases import Case
from bench.clips.catalogue import load_catalogue
from bench.clips.library import check_name
from bench.suite import (
    Suite,
    SuiteError,
    builtin_suites,
    find_suite,
    known,
    load_suite,
    parse_suite,
)
from pipelines.pipeline import Pipeline
from pipelines.registry import load_registry

PIPELINES: Mapping[str, Pipeline] = load_registry(()).pipelines
CLIPS = ("webcam-360p", "outdoor", "head-360p")

Value = str | float | list[str] | None

CASE: dict[str, Value] = {
    "why": "because",
    "model": "stage",
    "clips": ["webcam-360p"],
    "codecs": ["h264"],
    "pipelines": ["null"],
}
HEAD: dict[str, Value] = {"schema": 1, "summary": "a summary", "seconds": 0.5, "rounds": 4}


def table(values: dict[str, Value]) -> str:
    # Strings, numbers and lists of strings are written alike in JSON and TOML.
    return "".join(f"{k} = {json.dumps(v)}\n" for k, v in values.items() if v is not None)


def written(*cases: dict[str, Value], **head: Value) -> bytes:
    text = table(HEAD | head)
    return (text + "".join(f"[[case]]\n{table(CASE | case)}" for case in cases)).encode()


def parsed(*cases: dict[str, Value], **head: Value) -> Suite:
    return parse_suite(written(*cases, **head), Path("my.toml"), PIPELINES, CLIPS)


def streams(suite: Suite) -> list[Case]:
    return [case for case in suite.cases if isinstance(case, Case)]


def refusal(*cases: dict[str, Value], **head: Value) -> str:
    with pytest.raises(SuiteError) as refused:
        parsed(*cases, **head)
    return str(refused.value)


def test_every_combination_of_the_lists_is_a_case() -> None:
    suite = parsed(
        {
            "clips": ["webcam-360p", "outdoor->720p"],
            "codecs": ["h264", "vp8"],
            "pipelines": ["null", "srtp-aes-128-gcm"],
        }
    )
    assert [case.id for case in suite.cases] == [
        "stage/webcam-360p/h264/null",
        "stage/webcam-360p/h264/srtp-aes-128-gcm",
        "stage/webcam-360p/vp8/null",
        "stage/webcam-360p/vp8/srtp-aes-128-gcm",
        "stage/outdoor->720p/h264/null",
        "stage/outdoor->720p/h264/srtp-aes-128-gcm",
        "stage/outdoor->720p/vp8/null",
        "stage/outdoor->720p/vp8/srtp-aes-128-gcm",
    ]
    assert (suite.name, suite.summary) == ("my", "a summary")


def test_a_case_takes_the_suites_defaults_and_its_own_values() -> None:
    default, own = streams(
        parsed({}, {"codecs": ["vp8"], "seconds": 2, "rounds": 7, "deadline_ms": 12.5})
    )
    assert (default.seconds, default.rounds, default.deadline_ms) == (0.5, 4, 0.0)
    assert (own.seconds, own.rounds, own.deadline_ms) == (2, 7, 12.5)
    assert (default.why, default.media) == ("because", "cached")


def test_a_paced_case_has_one_round() -> None:
    (case,) = parsed({"model": "paced", "media": "live", "rounds": 9}).cases
    assert case.rounds == 1
    assert case.id == "paced-live/webcam-360p/h264/null"


def test_a_glob_stands_for_every_pipeline_it_matches_in_the_registrys_order() -> None:
    suite = parsed({"pipelines": ["srtp-*", "null", "srtp-aes-128-gcm"]})
    expected = [name for name in PIPELINES if name.startswith("srtp-")]
    assert [case.pipeline for case in streams(suite)] == [*expected, "null"]
    assert len(expected) > 3


def test_a_case_that_comes_twice_is_measured_once_for_its_first_reason() -> None:
    suite = parsed({"why": "first"}, {"why": "second"}, {"clips": ["webcam-360p"] * 3})
    assert [case.why for case in suite.cases] == ["first"]


def test_the_hash_is_that_of_the_text() -> None:
    assert parsed({}).sha256 == parsed({}).sha256
    assert parsed({}).sha256 != parsed({}, seconds=0.6).sha256


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            {"pipelines": ["raw-nul"]},
            "my.toml: case[0].pipelines: unknown 'raw-nul'; did you mean 'raw-null'?",
        ),
        ({"pipelines": ["zzz*"]}, "my.toml: case[0].pipelines: unknown 'zzz*'; known: "),
        ({"pipelines": []}, "my.toml: case[0].pipelines: the list is empty"),
        ({"codecs": []}, "my.toml: case[0].codecs: the list is empty"),
        ({"clips": []}, "my.toml: case[0].clips: the list is empty"),
        (
            {"codecs": ["x264"]},
            "my.toml: case[0].codecs: unknown 'x264'; did you mean 'h264'?",
        ),
        (
            {"codecs": ["mpeg"]},
            "my.toml: case[0].codecs: unknown 'mpeg'; known: av1, h264, h265, raw, vp8, vp9",
        ),
        (
            {"clips": ["webcam-36p"]},
            "my.toml: case[0].clips: unknown 'webcam-36p'; did you mean 'webcam-360p'?",
        ),
        (
            {"clips": ["outdor->720p"]},
            "my.toml: case[0].clips: unknown 'outdor->720p'; did you mean 'outdoor'?",
        ),
        (
            {"pipelines": ["raw-null"]},
            "my.toml: case[0].codecs: pipeline 'raw-null' does not take 'h264'; it takes raw",
        ),
        ({"seconds": 0}, "my.toml: case[0].seconds: 0 is not from 0.001 to 3600"),
        ({"seconds": -1}, "my.toml: case[0].seconds: -1 is not from 0.001 to 3600"),
        ({"seconds": 3601}, "my.toml: case[0].seconds: 3601 is not from 0.001 to 3600"),
        ({"rounds": 0}, "my.toml: case[0].rounds: 0 is not from 1 to 1000"),
        ({"rounds": 1001}, "my.toml: case[0].rounds: 1001 is not from 1 to 1000"),
        ({"deadline_ms": 0}, "my.toml: case[0].deadline_ms: 0 is not from 0.001 to 60000"),
        ({"model": "stages"}, "my.toml: case[0].model: "),
        ({"media": "alive"}, "my.toml: case[0].media: "),
        ({"pipeline": ["null"]}, "my.toml: case[0]: "),
        ({"why": None}, "my.toml: case[0]: "),
        ({"clips": "webcam-360p"}, "my.toml: case[0].clips: "),
        ({"rounds": 1.5}, "my.toml: case[0].rounds: "),
        ({"seconds": "1"}, "my.toml: case[0].seconds: "),
    ],
)
def test_a_bad_case_is_refused_with_file_key_and_value(
    case: dict[str, Value], message: str
) -> None:
    assert refusal(case).startswith(message)


@pytest.mark.parametrize(
    ("case", "part"),
    [
        ({"model": "stages"}, "'stages'"),
        ({"media": "alive"}, "'alive'"),
        ({"pipeline": ["null"]}, "`pipeline`"),
        ({"why": None}, "`why`"),
    ],
)
def test_a_refusal_names_what_is_wrong(case: dict[str, Value], part: str) -> None:
    assert part in refusal(case)


def test_the_second_case_list_is_named_by_its_place() -> None:
    assert refusal({}, {"codecs": ["h266"]}).startswith("my.toml: case[1].codecs: unknown 'h266'")


@pytest.mark.parametrize("schema", [0, 2, 99])
def test_another_schema_is_refused(schema: int) -> None:
    assert refusal({}, schema=schema) == (
        f"my.toml: schema: {schema} is not understood; this sealbench reads schema 1"
    )


@pytest.mark.parametrize("field", ["schema", "summary", "seconds", "rounds"])
def test_a_missing_key_is_named(field: str) -> None:
    assert refusal({}, **{field: None}) == f"my.toml: Object missing required field `{field}`"


def test_an_unknown_key_of_the_suite_is_named() -> None:
    assert "`colour`" in refusal({}, colour="red")


def test_a_suite_without_cases_is_refused() -> None:
    text = written() + b"case = []\n"
    with pytest.raises(SuiteError, match=r"^my\.toml: case: the suite has no cases$"):
        parse_suite(text, Path("my.toml"), PIPELINES, CLIPS)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    text = written({}).replace(b"seconds = 0.5", f"seconds = {number}".encode())
    with pytest.raises(SuiteError, match=r"^my\.toml: case\[0\]\.seconds: "):
        parse_suite(text, Path("my.toml"), PIPELINES, CLIPS)


def test_unchecked_clips_pass_and_synthetic_clips_need_no_catalogue() -> None:
    text = written({"clips": ["anything"]})
    assert parse_suite(text, Path("my.toml"), PIPELINES, None).cases[0].clip == "anything"
    assert parsed({"clips": ["synthetic-head-360p"]}).cases[0].clip == "synthetic-head-360p"


@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b"schema = 1\nsummary = '\x00'")
@example(b"a = " + b"[" * 5000)
@example(b"x" * 3 + b" = 9999999999999999999999999999")
@example(b"[[case]]\n" * 3)
@example(b"schema = 1979-05-27T07:32:00Z")
def test_arbitrary_bytes_give_a_suite_error_and_nothing_else(text: bytes) -> None:
    with pytest.raises(SuiteError):
        parse_suite(text, Path("my.toml"), PIPELINES, CLIPS)


GOOD = written({}, {"codecs": ["vp8"], "pipelines": ["srtp-*"], "seconds": 2})


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 4))
def test_a_damaged_suite_is_a_suite_or_a_suite_error(at: int, put: bytes, cut: int) -> None:
    text = GOOD[:at] + put + GOOD[at + cut :]
    try:
        suite = parse_suite(text, Path("my.toml"), PIPELINES, CLIPS)
    except SuiteError as error:
        assert str(error).startswith("my.toml: ")  # noqa: PT017 - either outcome is right
    else:
        assert suite.cases


@given(st.text(max_size=12))
def test_any_unknown_pipeline_name_is_refused_or_a_glob_that_matches(name: str) -> None:
    try:
        suite = parsed({"pipelines": [name], "codecs": ["raw"]})
    except SuiteError as error:
        assert str(error).startswith("my.toml: ")  # noqa: PT017 - either outcome is right
    else:
        assert {case.pipeline for case in streams(suite)} <= set(PIPELINES)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "no.toml"
    with pytest.raises(SuiteError) as refused:
        load_suite(path, PIPELINES)
    assert str(refused.value) == f"{path}: No such file or directory"


def test_a_folder_is_no_suite(tmp_path: Path) -> None:
    path = tmp_path / "folder.toml"
    path.mkdir()
    with pytest.raises(SuiteError) as refused:
        load_suite(path, PIPELINES)
    assert str(refused.value) == f"{path}: is no plain file but a folder"


def test_a_shipped_suite_is_found_by_name_and_a_file_by_its_path() -> None:
    assert find_suite("smoke") == builtin_suites()["smoke"]
    assert find_suite("mine/own.toml") == Path("mine/own.toml")


def test_an_unknown_suite_is_refused_with_a_suggestion() -> None:
    with pytest.raises(SuiteError) as refused:
        find_suite("smok")
    assert str(refused.value) == (
        "unknown suite 'smok'; did you mean 'smoke'? (or a path to a .toml file)"
    )


def test_at_most_a_dozen_known_values_are_listed() -> None:
    values = [f"value-{letter}" for letter in "abcdefghijklmnop"]
    assert known("zzzzzz", values).endswith("value-k, value-l, … (16 in all)")
    assert known("zzzzzz", values[:12]).endswith("value-k, value-l")


@pytest.mark.parametrize("name", sorted(builtin_suites()))
def test_a_shipped_suite_names_what_exists(name: str) -> None:
    clips = [clip.id for clip in load_catalogue().clips]
    suite = load_suite(builtin_suites()[name], PIPELINES, clips)
    assert suite.cases
    assert all(case.why.strip() for case in suite.cases)
    for clip in {case.clip for case in suite.cases}:
        check_name(clip)


def test_the_default_suite_spans_formats_codecs_and_models() -> None:
    suite = load_suite(builtin_suites()["core"], PIPELINES)
    assert {case.codec for case in streams(suite)} == {"h264", "h265", "vp8", "vp9", "av1", "raw"}
    assert {case.model for case in suite.cases} == {"stage", "paced"}
    assert {case.media for case in streams(suite)} == {"cached", "live"}
    assert sum(case.seconds for case in suite.cases) < 240


def test_engines_multiply_and_stand_in_the_case_id_unless_chosen_automatically() -> None:
    suite = parsed({"engines": ["auto", "cryptography", "libsrtp"]})
    assert [case.id for case in suite.cases] == [
        "stage/webcam-360p/h264/null",
        "stage/webcam-360p/h264/null@cryptography",
        "stage/webcam-360p/h264/null@libsrtp",
    ]


def test_an_unknown_engine_is_named_with_the_known_ones() -> None:
    assert refusal({"engines": ["libcrypt"]}) == (
        "my.toml: case[0].engines: unknown 'libcrypt'; did you mean 'libcrypto'?"
    )


def test_the_same_case_with_other_numbers_is_refused() -> None:
    paced: dict[str, Value] = {"model": "paced", "deadline_ms": 10.0}
    assert refusal(paced, paced | {"deadline_ms": 20.0}) == (
        "my.toml: case[1]: 'paced/webcam-360p/h264/null' is in the suite already, with other"
        " seconds, rounds or options"
    )
    assert len(parsed(paced, paced | {"why": "another reason"}).cases) == 1
