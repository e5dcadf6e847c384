from bench.harness import Nothing, harness_ns_per_frame
from pipelines.media import PacketBatch


def test_nothing_hands_on_what_it_was_given() -> None:
    unit = PacketBatch.of([b"a"])
    assert Nothing()(unit) is unit


def test_the_harness_costs_something_and_more_with_more_stages() -> None:
    few, many = harness_ns_per_frame(1), harness_ns_per_frame(40)
    assert 0 < few < many


def test_the_harness_is_measured_once_per_number_of_stages() -> None:
    assert harness_ns_per_frame(7) == harness_ns_per_frame(7)
