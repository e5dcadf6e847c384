import re
from pathlib import Path

import pytest

from bench.sizing.scenario.load import builtin_scenarios, load_scenario
from bench.sizing.scenario.schema import Scenario

SHIPPED = builtin_scenarios()
NAMES = {
    "council",
    "finance-ministers",
    "growth",
    "leaders",
    "ministry",
    "scan-protocol",
    "scan-receiver",
    "scan-relay",
    "scan-sender",
    "webinar",
}
every_shipped = pytest.mark.parametrize("path", SHIPPED.values(), ids=SHIPPED)


def shipped(name: str) -> Scenario:
    return load_scenario(SHIPPED[name]).scenario


def test_every_scenario_of_the_issue_is_shipped() -> None:
    assert set(SHIPPED) >= NAMES


@every_shipped
def test_shipped_scenario_is_one_that_can_be_asked(path: Path) -> None:
    assert load_scenario(path).scenario.title


@every_shipped
def test_shipped_scenario_says_who_why_and_what_is_public(path: Path) -> None:
    header = path.read_text().partition("schema =")[0]
    assert all(line.startswith("#") for line in header.splitlines())
    for word in ("Who:", "Why:", "Public:", "assumed"):
        assert word in header


@every_shipped
def test_every_number_of_money_and_machines_says_where_it_is_from(path: Path) -> None:
    of_tables = re.split(r"^\[+([a-z.]+)\]+", path.read_text(), flags=re.MULTILINE)
    tables = dict(zip(of_tables[1::2], of_tables[2::2], strict=True))
    for table in ("demand", "prices", "network", "targets"):
        lines = tables.get(table, "").strip().splitlines()
        for before, line in zip(["", *lines], lines, strict=False):
            if "=" in line and not line.startswith("#"):
                name = line.split("=")[0].strip()
                told = "#" in line or before.startswith("#")
                # The question itself needs no source.
                assert told or name in {"peak_participants", "daily_participants"}, line


def test_council_is_held_against_its_public_budget() -> None:
    council = shipped("council")
    assert council.prices.setup_budget_eur == 2_400_000
    assert council.prices.yearly_budget_eur == 400_000
    assert council.peak_participants == council.rooms[0].size == 27
    assert council.publish.languages == 24
    assert council.receive.last_n == 26
    assert sum(tile.count for tile in council.receive.tiles) == 26
    system = council.system
    ciphers = {system.e2e_cipher, system.hop_cipher, system.outer_tunnel}
    assert ciphers == {"aes-256-gcm"}
    assert council.rekey.protocol == "mls"


def test_growth_reaches_two_hundred_million() -> None:
    demand = shipped("growth").demand
    assert [multiple * (demand.daily_participants or 0) for multiple in demand.growth] == [
        10_000_000,
        20_000_000,
        50_000_000,
        100_000_000,
        200_000_000,
    ]


def test_scans_are_of_the_same_meeting_at_different_points() -> None:
    scans = [shipped(name) for name in sorted(NAMES) if name.startswith("scan-")]
    assert len({scan.scan.point for scan in scans}) == len(scans) == 4
    for same in ("demand", "rooms", "publish", "receive", "video", "network", "targets", "host"):
        assert len({getattr(scan, same) for scan in scans}) == 1, same
    assert len({(scan.scan.list_size, scan.scan.every, scan.scan.scanner) for scan in scans}) == 1


def test_only_the_relay_that_scans_goes_without_end_to_end_encryption() -> None:
    for name in sorted(NAMES):
        scenario = shipped(name)
        if name.startswith("scan-"):
            without = scenario.system.e2e_cipher == "none"
            assert without == (scenario.scan.point == "relay")


def test_webinar_is_one_camera_and_one_screen_to_three_thousand() -> None:
    webinar = shipped("webinar")
    assert webinar.publish.cameras_most == 1
    assert webinar.publish.screens_per_room == 1
    assert webinar.rooms[0].size == 3_001


def test_finance_ministers_have_a_system_for_each_euro_state() -> None:
    assert shipped("finance-ministers").system.topology == "hub"
    assert shipped("finance-ministers").system.systems == 21


def test_leaders_have_nobody_between_them() -> None:
    leaders = shipped("leaders")
    assert leaders.system.topology == "p2p"
    assert leaders.peak_participants == 2
    assert leaders.system.e2e_cipher != "none"
