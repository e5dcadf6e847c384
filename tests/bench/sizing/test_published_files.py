from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.sizing.published.load import (
    LoadedPoint,
    PublishedError,
    builtin_published,
    load_published,
    parse_published,
)
from bench.sizing.published.traffic import traffic_of

MINE = Path("mine.toml")

HEAD = """
schema = 1
title = "A server"
document = "A page"
url = "https://example.org/page"
"""
POINT = """
[[point]]
name = "one"
host = "a host"
host_cores = 4
software = "a server"
kind = "relay"
cpu_percent = 50.0
cpu_of_cores = 4
"""
SENT = """
[point.published]
streams_in = 1
streams_out = 10
stream_bps = 800_000
stream_packets_per_s = 100
stream_units_per_s = 30
header_bytes = 12
hop_cipher = "aes-128-gcm"
send_method = "send"
receive_method = "recv"
"""
ASSUMED = """
[[point.assumed]]
input = "{name}"
value = {value}
why = "somebody has to"
"""


def shipped() -> Sequence[LoadedPoint]:
    return [each for path in builtin_published().values() for each in load_published(path)]


def of(stem: str) -> Sequence[LoadedPoint]:
    return load_published(builtin_published()[stem])


def parsed(text: str) -> Sequence[LoadedPoint]:
    return parse_published(text.encode(), MINE)


def refusal(text: str) -> str:
    with pytest.raises(PublishedError) as caught:
        parsed(text)
    return str(caught.value)


def test_every_source_and_every_point_is_there() -> None:
    count = {name: len(load_published(path)) for name, path in builtin_published().items()}
    assert count == {
        "jitsi-jvb": 5,
        "livekit": 3,
        "mediasoup": 1,
        "medooze-mcu": 2,
        "siphon-ai": 1,
        "srs-janus": 3,
    }


def test_livekit_points_are_as_published() -> None:
    assert [
        (
            each.point.published.publishers,
            each.point.published.subscribers,
            each.point.published.packets_in_per_s,
            each.point.published.packets_out_per_s,
            each.point.published.bytes_in_per_s,
            each.point.published.bytes_out_per_s,
            each.point.cpu_percent,
            each.point.cpu_of_cores,
        )
        for each in of("livekit")
    ] == [
        (10, 3_000, 305, 959_156, 7.3e3, 23e6, 80.0, 16),
        (150, 150, 51_068, 762_749, 50e6, 93e6, 85.0, 16),
        (1, 3_000, 246, 560_962, 233e3, 531e6, 92.0, 16),
    ]


def test_jitsi_points_are_as_published() -> None:
    points = [each.point for each in of("jitsi-jvb")]
    assert [(p.published.streams_out, p.published.total_bps, p.cpu_percent) for p in points] == [
        (90, 47.6e6, 3.1),
        (380, 199.4e6, 8.0),
        (600, 314.7e6, 11.7),
        (812, 425.5e6, 15.7),
        (1056, 550.4e6, 20.3),
    ]


def test_players_and_consumers_are_as_published() -> None:
    points = [each.point for each in (*of("srs-janus"), *of("mediasoup"))]
    assert [(p.published.streams_out, p.cpu_percent, p.cpu_of_cores) for p in points] == [
        (2_000, 94.0, 1),
        (1_000, 90.0, 1),
        (700, 93.0, 2),
        (500, 100.0, 1),
    ]
    assert {p.published.stream_bps for p in points[:3]} == {600_000}


def test_mixers_and_calls_are_as_published() -> None:
    mixed = [each.point.published for each in of("medooze-mcu")]
    assert [(sent.participants, sent.codec) for sent in mixed] == [(1, "vp8"), (4, "h264")]
    (calls,) = of("siphon-ai")
    assert calls.point.cpu_percent / 200 == pytest.approx(0.663)
    assert (calls.point.cpu_plain_percent or 0) / 200 == pytest.approx(0.650, rel=1e-3)
    assert calls.point.cores == pytest.approx(0.027)


def test_every_assumption_says_why() -> None:
    for each in shipped():
        assert each.assumed
        assert all(len(assumed.why) > 10 for assumed in each.assumed)
        assert each.source.url.startswith("https://")


def test_nothing_published_is_assumed_besides() -> None:
    for each in shipped():
        for assumed in each.assumed:
            assert getattr(each.point.published, assumed.input) is None


def test_streams_make_traffic() -> None:
    (point,) = parsed(HEAD + POINT + SENT)
    traffic = traffic_of(point.inputs)
    assert (traffic.packets_in_per_s, traffic.packets_out_per_s) == (100, 1_000)
    assert (traffic.units_in_per_s, traffic.units_out_per_s) == (30, 300)
    assert traffic.bytes_in_per_s == 100_000 - 12 * 100
    assert traffic.bytes_out_per_s == 1_000_000 - 12 * 1_000


def test_a_bit_rate_of_both_ways_is_shared_by_all_streams() -> None:
    text = (HEAD + POINT + SENT).replace("stream_bps = 800_000", "total_bps = 8_800_000")
    (point,) = parsed(text)
    assert traffic_of(point.inputs) == traffic_of(parsed(HEAD + POINT + SENT)[0].inputs)


def test_an_assumption_fills_what_is_missing() -> None:
    text = (HEAD + POINT + SENT).replace("header_bytes = 12\n", "")
    (point,) = parsed(text + ASSUMED.format(name="header_bytes", value=12))
    assert point.inputs.header_bytes == 12
    assert point.point.published.header_bytes is None


@pytest.mark.parametrize(
    "field", ["streams_out", "stream_packets_per_s", "header_bytes", "hop_cipher", "send_method"]
)
def test_a_missing_input_is_refused_with_file_point_and_field(field: str) -> None:
    text = "\n".join(line for line in (HEAD + POINT + SENT).split("\n") if field not in line)
    said = refusal(text)
    assert said.startswith("mine.toml: point[0].published.")
    assert "neither published nor assumed" in said


def test_what_is_published_cannot_be_assumed_too() -> None:
    said = refusal(HEAD + POINT + SENT + ASSUMED.format(name="streams_out", value=11))
    assert said == "mine.toml: point[0].assumed.input: 'streams_out' is there already"


def test_an_unknown_assumption_is_refused_with_the_known_ones() -> None:
    said = refusal(HEAD + POINT + SENT + ASSUMED.format(name="bitrate", value=11))
    assert "mine.toml: point[0].assumed.input: unknown 'bitrate'" in said
    assert "stream_bps" in said


def test_an_assumption_of_the_wrong_kind_is_refused() -> None:
    said = refusal(HEAD + POINT + SENT + ASSUMED.format(name="streams_in", value='"many"'))
    assert said.startswith("mine.toml: point[0].assumed.")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cpu_percent = 50.0", "cpu_percent = -1", "mine.toml: point[0].cpu_percent: "),
        ("cpu_percent = 50.0\n", "", "mine.toml: point[0]: "),
        ("cpu_of_cores = 4", "cpu_of_cores = 8", "mine.toml: point[0].cpu_of_cores: 8 is more"),
        ('kind = "relay"', 'kind = "sfu"', "mine.toml: point[0].kind: "),
        ('kind = "relay"', 'kind = "cipher"', "mine.toml: point[0].cpu_plain_percent: "),
        ('"aes-128-gcm"', '"aes-gcm"', "mine.toml: point[0].hop_cipher: unknown 'aes-gcm'; known:"),
        ("header_bytes = 12", "header_bytes = 9000", "mine.toml: point[0].published.header_bytes"),
        ("streams_in = 1", "stream = 1", "mine.toml: point[0].published: "),
        ("schema = 1", "schema = 2", "mine.toml: schema: 2 is not understood; known: 1"),
        ("schema = 1", "schema = ", "mine.toml: "),
    ],
)
def test_a_bad_file_is_refused_with_file_and_field(old: str, new: str, said: str) -> None:
    assert old in HEAD + POINT + SENT
    assert refusal((HEAD + POINT + SENT).replace(old, new)).startswith(said)


def test_a_difference_must_be_one() -> None:
    text = (HEAD + POINT + SENT).replace('"relay"', '"cipher"')
    text = text.replace("cpu_of_cores", "cpu_plain_percent = 60.0\ncpu_of_cores")
    assert "cpu_plain_percent: 60 is not less than cpu_percent (50)" in refusal(text)


def test_a_mixer_needs_its_own_inputs() -> None:
    said = refusal((HEAD + POINT + SENT).replace('"relay"', '"mcu"'))
    assert said == "mine.toml: point[0].published.participants: neither published nor assumed"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PublishedError, match=r"none\.toml"):
        load_published(tmp_path / "none.toml")
