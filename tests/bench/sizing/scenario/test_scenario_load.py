import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.sizing.scenario.load import (
    Loaded,
    ScenarioError,
    builtin_scenarios,
    find_scenario,
    load_scenario,
    parse_scenario,
)
from bench.toml_text import MOST_BYTES

Written = Callable[..., bytes]
Parsed = Callable[..., Loaded]
Refused = Callable[..., str]


def why(text: bytes) -> str:
    with pytest.raises(ScenarioError) as refused:
        parse_scenario(text, Path("council.toml"))
    return str(refused.value)


@pytest.mark.parametrize("name", sorted(builtin_scenarios()))
def test_every_shipped_scenario_can_be_read(name: str) -> None:
    loaded = load_scenario(find_scenario(name))
    assert loaded.name == name
    assert loaded.scenario.peak_participants >= 1


def test_what_a_file_is_silent_about_has_the_schemas_default(parsed: Parsed) -> None:
    loaded = parsed("[host]\ncores = 16\n")
    assert (loaded.name, loaded.scenario.title) == ("council", "Council")
    assert (loaded.scenario.host.cores, loaded.scenario.host.ports) == (16, 60_000)


def test_given_holds_what_the_file_wrote_and_nothing_else(parsed: Parsed) -> None:
    head = {"schema", "title", "summary", "demand.peak_participants", "rooms", "rooms[0].size"}
    assert parsed("[host]\n[scan]\nevery = 2\n").given == head | {"scan.every"}


def test_given_holds_lists_as_a_whole_and_by_member(parsed: Parsed) -> None:
    layer = '[[video.ladder]]\nname = "a"\nheight = 360\nbitrate_bps = 500_000\n'
    assert {path for path in parsed(layer).given if path.startswith("video")} == {
        "video.ladder",
        "video.ladder[0].name",
        "video.ladder[0].height",
        "video.ladder[0].bitrate_bps",
    }


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            '[system]\ntopology = "sfuu"',
            "system.topology: 'sfuu' is none of hub, mcu, p2p, sfu; did you mean 'sfu'?",
        ),
        ("[system]\ntopology = 1", "system.topology: 1 is none of hub, mcu, p2p, sfu"),
        ("[system]\ntopologie = 1", "system.topologie: unknown field; did you mean 'topology'?"),
        (
            "[network]\nx = 1",
            (
                "network.x: unknown field; known: mtu_bytes, loss, retransmission, feedback_per_s,"
                " feedback_bytes"
            ),
        ),
        ("[host]\ntopology = 'hub'", "host.topology: unknown field; it belongs to [system]"),
        ("[hots]\n", "hots: unknown field; did you mean 'host'?"),
        ('["a\\nb"]\n', "'a\\nb': unknown field; known: schema, title, "),
        ("[[receive.tiles]]\nlayer = '360p'", "receive.tiles[0].count: is missing"),
        ("[receive]\nlast_n = '9'", "receive.last_n: '9' is not a whole number from 0 to 1,000,"),
        ("[receive]\nlast_n = 1e1", "receive.last_n: 10.0 is written as a fraction; write 10"),
        ("[receive]\nlast_n = -1", "receive.last_n: -1 is not a whole number from 0 to 1,000,0"),
        ("[publish]\ncameras = 1.5", "publish.cameras: 1.5 is not a number from 0 to 1"),
        ("[network]\nloss = 1", "network.loss: 1 is not a number from 0 to below 1"),
        ("[host]\nnic_bps = 0", "host.nic_bps: 0 is not a number above 0, up to 1e+15"),
        ("[host]\nname = 1", "host.name: 1 is not a text in quotes"),
        ("[host]\nname = 2000-01-01", "host.name: 2000-01-01 is not a text in quotes"),
        ("[[host]]\n", "host: a list is not a table ([…])"),
        ("[network]\nretransmission = 1", "network.retransmission: 1 is neither true nor false"),
        ("[video]\nladder = []", "video.ladder: is empty"),
        ("[video.ladder]\n", "video.ladder: a table is not a list of tables ([[…]])"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_takes(
    refused: Refused, tables: str, message: str
) -> None:
    assert refused(tables).startswith(message)


@pytest.mark.parametrize("number", ["nan", "-nan", "inf", "-inf"])
@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("publish", "cameras"),
        ("host", "core_speed"),
        ("host", "cores"),
        ("prices", "setup_budget_eur"),
    ],
)
def test_no_field_takes_a_number_that_is_none(
    refused: Refused, table: str, field: str, number: str
) -> None:
    message = refused(f"[{table}]\n{field} = {number}")
    assert message.startswith(f"{table}.{field}: ")
    assert message.endswith("is no number to count with")


def test_a_list_of_numbers_takes_no_infinity(refused: Refused) -> None:
    demand = "peak_participants = 400\ngrowth = [1, inf]"
    assert refused(demand=demand) == "demand.growth[1]: inf is no number to count with"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b" \n\t", "is empty"),
        (b"\xff\xfe", "is empty"),  # the mark of UTF-16
        (b"a\n\xff", "line 2: is not UTF-8 from byte 2"),
        (b"a = ", "Invalid value (at end of document)"),
        (b"a = " + b"[" * 100_000, "is nested too deep"),
        (b"a = " + b"1" * 5_000, "Exceeds the limit (4300 digits)"),
        (b".".join([b"a"] * 100) + b" = 1", "a: unknown field"),
        (b".".join([b"a"] * 100_000) + b" = 1", "line 1 has more than 200 dots"),
        (b"#" * (MOST_BYTES + 1), "has more than 1,000,000 bytes"),
        (b"schema = 2", "schema: 2 is not understood; this sealbench reads schema 1"),
        (b"schema = true", "schema: true is not understood"),
        (b"title = 'a'", "schema: is missing"),
        (b"schema = 1", "title: is missing"),
    ],
)
def test_a_text_that_is_no_scenario_is_refused_in_a_line(text: bytes, message: str) -> None:
    refusal = why(text)
    assert refusal.startswith(f"council.toml: {message}")
    assert "\n" not in refusal


def test_a_list_nested_in_a_known_field_is_refused() -> None:
    assert "demand: is nested too deep" in why(
        b"schema = 1\ndemand.growth = " + b"[" * 50 + b"]" * 50
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.toml: No such file or directory"):
        load_scenario(tmp_path / "none.toml")


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="is no plain file"):
        load_scenario(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(ScenarioError, match="is no plain file"):
        load_scenario(tmp_path / "pipe.toml")


def test_an_endless_device_is_refused() -> None:
    with pytest.raises(ScenarioError, match="is no plain file"):
        load_scenario(Path("/dev/zero"))


def test_no_more_is_read_of_a_huge_file_than_shows_that_it_is_huge(tmp_path: Path) -> None:
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ScenarioError, match="has more than 1 MB"):
        load_scenario(huge)


@pytest.mark.parametrize("name", ["a\0b.toml", f"{'a' * 5000}.toml"])
def test_a_path_that_cannot_be_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError):
        load_scenario(Path(name))


def test_an_unknown_name_is_refused_with_what_may_be_meant(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"or a path to a \.toml file"):
        find_scenario("nothing-like-it")
    assert find_scenario(f"{tmp_path}/mine.toml") == tmp_path / "mine.toml"


def test_a_file_of_ones_own_is_read(tmp_path: Path, written: Written) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(written())
    loaded = load_scenario(path)
    assert (loaded.name, loaded.scenario.peak_participants) == ("mine", 400)
