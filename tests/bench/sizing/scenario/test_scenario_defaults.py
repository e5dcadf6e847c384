from collections.abc import Callable

from bench.sizing.scenario.defaults import defaults_of
from bench.sizing.scenario.fields import leaves
from bench.sizing.scenario.load import Loaded
from bench.sizing.scenario.override import with_values

Parsed = Callable[..., Loaded]


def fields(loaded: Loaded) -> list[str]:
    return [line.split(" = ")[0] for line in defaults_of(loaded)]


def test_every_default_is_a_line_that_can_be_read(parsed: Parsed) -> None:
    lines = defaults_of(parsed())
    assert "host.nic_bps = 10_000_000_000" in lines
    assert "targets.utilisation = 0.7" in lines
    assert "network.retransmission = true" in lines
    assert "publish.cameras_most = none" in lines
    assert "demand.growth = 0.25, 0.5, 1, 2, 4" in lines
    assert "receive.tiles = one in the top layer, the others in the lowest" in lines
    assert any(
        line.startswith("video.ladder = 180p at 150_000 bit/s and 30 fps, ") for line in lines
    )


def test_the_lines_follow_the_schema_and_leave_out_what_was_given(parsed: Parsed) -> None:
    told = fields(parsed("[host]\ncores = 4\nports = 60_000"))
    assert told[:4] == [
        "demand.hours_per_year",
        "demand.average_share",
        "demand.growth",
        "rooms.share",
    ]
    assert [field for field in told if field.startswith("host.")] == [
        "host.name",
        "host.core_speed",
        "host.nic_bps",
        "host.nic_pps",
        "host.ram_bytes",
    ]
    given = {
        "demand.peak_participants",
        "title",
        "summary",
        "rooms.size",
        "host.cores",
        "host.ports",
    }
    others = {"demand.daily_participants", "demand.concurrent_share"}
    layers = {path for path in leaves() if path.startswith(("video.ladder", "receive.tiles"))}
    assert set(told) - {"video.ladder", "receive.tiles"} == set(leaves()) - given - others - layers


def test_who_counts_daily_participants_is_told_the_assumed_share(parsed: Parsed) -> None:
    told = defaults_of(parsed(demand="daily_participants = 10_000"))
    assert told[0] == "demand.concurrent_share = 0.05"
    assert not any(line.startswith("demand.peak_participants") for line in told)


def test_a_default_within_a_list_is_told_once_or_by_member(parsed: Parsed) -> None:
    low = "[[video.ladder]]\nname = 'a'\nheight = 180\nbitrate_bps = 100_000\n"
    high = "[[video.ladder]]\nname = 'b'\nheight = 360\nbitrate_bps = 200_000\n"
    assert "video.ladder.fps = 30" in defaults_of(parsed(low + high))
    assert "video.ladder[0].fps = 30" in defaults_of(parsed(f"{low}{high}fps = 15\n"))
    assert "video.ladder" not in fields(parsed(low + high))


def test_a_setting_is_no_default(parsed: Parsed) -> None:
    assert "host.cores" not in fields(with_values(parsed(), {"cores": "8"}))
    assert "rooms.share" not in fields(with_values(parsed(), {"rooms.share": "1"}))
