from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import pytest

from bench.profile.schema import LinearCost, Profile
from bench.sizing.model.draws import draw
from bench.sizing.published import PublishedCheck, check_published, published_table
from bench.sizing.published.check import checked
from bench.sizing.published.load import builtin_published, load_published
from bench.sizing.published.values import CheckedPoint

GOLDEN = Path(__file__).parents[2] / "golden" / "sizing" / "calibration.json"


@cache
def profile() -> Profile:
    return msgspec.json.decode(GOLDEN.read_bytes(), type=Profile)


@cache
def check() -> PublishedCheck:
    return check_published(draw(profile(), seed=1))


def with_costs(costs: Mapping[str, LinearCost]) -> PublishedCheck:
    changed = msgspec.structs.replace(profile(), costs=dict(costs))
    return check_published(draw(changed, seed=1))


def slower(cost: LinearCost, times: float) -> LinearCost:
    return msgspec.structs.replace(
        cost,
        call_ns=tuple(times * value for value in cost.call_ns),
        packet_ns=tuple(times * value for value in cost.packet_ns),
        byte_ns=tuple(times * value for value in cost.byte_ns),
    )


def named(found: PublishedCheck, name: str) -> CheckedPoint:
    (point,) = (point for point in found.points if point.name == name)
    return point


def test_every_published_point_is_in_the_check() -> None:
    points = [each for path in builtin_published().values() for each in load_published(path)]
    assert len(check().points) == len(points) == check().summary.points == 15


def test_every_host_is_fitted_on_exactly_one_point() -> None:
    for host in check().hosts:
        of_host = [point for point in check().points if point.host == host.host]
        fitted = [point for point in of_host if point.part == "fitted"]
        assert [point.name for point in fitted] == [host.fitted_on]
        assert host.points == len(of_host)
        assert host.scalar is not None


def test_the_fitted_point_is_the_busiest_of_its_host() -> None:
    fitted = {host.host: host.fitted_on for host in check().hosts}
    assert fitted["Google c2-standard-16"] == "video, 1 to 3000"
    assert fitted["Xeon E5-1620 v2"] == "1056 streams"
    assert fitted["Alibaba ECS G5"] == "Janus, 700 players"
    assert fitted["unnamed (Medooze)"] == "720p VP8"


def test_the_scalar_reproduces_the_fitted_point() -> None:
    for point in check().points:
        if point.part == "fitted":
            assert point.predicted_cores is not None
            for value in msgspec.structs.astuple(point.predicted_cores):
                assert value == pytest.approx(point.published_cores, rel=1e-12)
            assert point.error_percent is None
            assert point.within is None


def test_every_other_point_of_a_host_is_predicted_good_or_bad() -> None:
    others = [point for point in check().points if point.part != "fitted"]
    assert {point.part for point in others} == {"predicted"}
    for point in others:
        assert point.predicted_cores is not None
        predicted = point.predicted_cores
        wanted = 100 * (predicted.value / point.published_cores - 1)
        assert point.error_percent == pytest.approx(wanted)
        assert point.within == (predicted.low <= point.published_cores <= predicted.high)


def test_a_slower_machine_has_smaller_scalars_and_the_same_predictions() -> None:
    twice = with_costs({key: slower(cost, 2.0) for key, cost in profile().costs.items()})
    for host, slow in zip(check().hosts, twice.hosts, strict=True):
        assert host.scalar is not None
        assert slow.scalar is not None
        assert slow.scalar.value == pytest.approx(host.scalar.value / 2)
        assert slow.scalar.high == pytest.approx(host.scalar.high / 2)
    for point, slow_point in zip(check().points, twice.points, strict=True):
        assert point.predicted_cores is not None
        assert slow_point.predicted_cores is not None
        assert slow_point.predicted_cores.value == pytest.approx(point.predicted_cores.value)
        assert slow_point.predicted_cores.low == pytest.approx(point.predicted_cores.low)


def test_twice_the_cores_published_are_twice_the_scalar() -> None:
    loaded = load_published(builtin_published()["jitsi-jvb"])
    doubled = [
        msgspec.structs.replace(each.point, cpu_percent=2 * each.point.cpu_percent)
        for each in loaded
    ]
    draws = draw(profile(), seed=1)
    replaced = [
        type(each)(source=each.source, point=point, inputs=each.inputs, assumed=each.assumed)
        for each, point in zip(loaded, doubled, strict=True)
    ]
    before, after = checked(draws, loaded), checked(draws, replaced)
    assert before.hosts[0].scalar is not None
    assert after.hosts[0].scalar is not None
    assert after.hosts[0].scalar.value == pytest.approx(2 * before.hosts[0].scalar.value)
    errors = [point.error_percent for point in before.points]
    assert [point.error_percent for point in after.points] == pytest.approx(errors)


def test_more_streams_take_more_cores() -> None:
    names = ["90 streams", "380 streams", "600 streams", "812 streams", "1056 streams"]
    cores = [named(check(), name).unfitted_cores for name in names]
    values = [each.value for each in cores if each is not None]
    assert values == sorted(values)
    assert len(values) == len(names)


def test_a_difference_is_of_the_cipher_alone() -> None:
    point = named(check(), "200 calls: what SRTP adds")
    assert point.kind == "cipher"
    assert point.published_cores == pytest.approx(0.027)
    costs = profile().costs
    key = "udp/recv"
    dearer = with_costs({**costs, key: slower(costs[key], 1.5)})
    before, after = point.unfitted_cores, named(dearer, "200 calls: what SRTP adds").unfitted_cores
    assert before is not None
    assert after is not None
    # Receiving costs both alike, but for the tag's bytes.
    assert after.value == pytest.approx(before.value, rel=0.02)


def test_a_point_without_costs_is_shown_with_the_reason() -> None:
    costs = {key: cost for key, cost in profile().costs.items() if not key.startswith("encode/")}
    found = with_costs(costs)
    assert len(found.points) == 15
    for name in ("720p VP8", "VGA H.264"):
        point = named(found, name)
        assert point.part == "impossible"
        assert "encode/" in point.problem
        assert point.predicted_cores is None
    assert "no figure" in str(published_table(found).rows)
    assert named(found, "90 streams").part == "predicted"


def test_costs_of_nothing_are_no_division_by_zero() -> None:
    nothing = with_costs({key: slower(cost, 0.0) for key, cost in profile().costs.items()})
    assert {point.part for point in nothing.points} == {"impossible"}
    assert nothing.summary.median_error_percent is None
    assert published_table(nothing).notes[0] == "None of 15 points could be predicted."


def test_the_summary_adds_up() -> None:
    errors = sorted(
        abs(point.error_percent) for point in check().points if point.error_percent is not None
    )
    summary = check().summary
    assert summary.predicted == len(errors) == 8
    assert summary.same_software == 7
    assert summary.median_error_percent == pytest.approx((errors[3] + errors[4]) / 2)
    assert abs(summary.worst_error_percent or 0) == errors[-1]
    assert summary.within == sum(point.within is True for point in check().points)


def test_the_check_is_json() -> None:
    again = msgspec.json.decode(msgspec.json.encode(check()), type=PublishedCheck)
    assert again == check()


def test_equal_seeds_give_equal_checks() -> None:
    assert check_published(draw(profile(), seed=1)) == check()


def test_the_table_shows_every_point_and_every_assumption() -> None:
    table = published_table(check())
    assert len(table.rows) == 15
    assert {len(row) for row in table.rows} == {len(table.head)}
    notes = "\n".join(table.notes)
    for point in check().points:
        assert any(point.name in row[0] for row in table.rows)
        assert point.url in notes
        for assumed in point.assumed:
            assert assumed.why in notes


def test_a_host_with_one_point_has_nothing_left_to_predict() -> None:
    table = published_table(check())
    rows = {row[0]: dict(zip(table.head, row, strict=True)) for row in table.rows}
    for name in ("500 consumers", "200 calls: what SRTP adds", "SRS, 2000 players"):
        assert rows[name]["predicted"] == "fitted, alone"
        assert rows[name]["error"] == rows[name]["inside"] == "-"
        assert rows[name]["off by"].endswith("%")
        assert float(rows[name]["scalar"]) > 0
    assert rows["1056 streams"]["predicted"] == "fitted"
