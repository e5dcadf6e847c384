"""Tables, verdicts and Markdown of a comparison: pure text from rows."""

import pytest

from bench.peers.cell import Memory
from bench.peers.render import fitting, markdown, tables, verdict_lines, verdicts
from bench.peers.rows import PeerRow, Ratio
from bench.results import Estimate


def row(memory: str, ns: float | None, contender: str = "one") -> PeerRow:
    return PeerRow(
        part="srtp",
        cipher="aes-128-gcm",
        size_bytes=1200,
        direction="seal",
        memory=memory,
        contender=contender,
        library="libsrtp 2.7.0",
        batch=64,
        rounds=5,
        median_ns=None if ns is None else Estimate(value=ns, low=ns - 1, high=ns + 1),
        p25_ns=0 if ns is None else ns * 0.98,
        p75_ns=0 if ns is None else ns * 1.02,
        error="WrongAnswer: other bytes" if ns is None else None,
    )


def ratio(memory: Memory, value: float, target: float, *, at_most: bool = False) -> Ratio:
    return Ratio(
        name="libcrypto aes-128-gcm protect 1200 B: x libsrtp by pointer",
        memory=memory,
        value=Estimate(value=value, low=value, high=value),
        target=target,
        at_most=at_most,
    )


def test_hot_and_cold_stand_side_by_side_with_their_spread() -> None:
    (table,) = tables([row("hot", 347.2), row("cold", 1400.0), row("hot", None, "two")])
    assert table.title == "SRTP, one sender's stream: aes-128-gcm, seal, ns per unit"
    assert table.head == ("", "1,200 B hot", "1,200 B cold", "by")
    assert table.lines == (
        ("one", "347 ±2%", "1,400 ±2%", "libsrtp 2.7.0"),
        ("two", "error", "-", "libsrtp 2.7.0"),
    )


def test_narrow_terminal_leaves_out_cold_and_libraries() -> None:
    (table,) = tables([row("hot", 347.2), row("cold", 1400.0)])
    assert fitting(table, 100) == (0, 1, 2)
    assert fitting(table, 20) == (0, 1)


@pytest.mark.parametrize(
    ("hot", "cold", "bound", "line"),
    [
        (1.31, 1.28, "at least", "PASS   {}: 1.31 hot, 1.28 cold (at least 1.25)"),
        (1.31, 1.20, "at least", "short  {}: 1.31 hot, 1.20 cold (at least 1.25)"),
        (1.31, 1.20, "at most", "short  {}: 1.31 hot, 1.20 cold (at most 1.25)"),
        (1.10, 1.20, "at most", "PASS   {}: 1.10 hot, 1.20 cold (at most 1.25)"),
    ],
)
def test_verdict_needs_hot_and_cold(hot: float, cold: float, bound: str, line: str) -> None:
    both = [
        ratio(Memory.HOT, hot, 1.25, at_most=bound == "at most"),
        ratio(Memory.COLD, cold, 1.25, at_most=bound == "at most"),
    ]
    assert verdict_lines(both) == [line.format(both[0].name)]
    assert (verdicts(both).lines[0][-1] == "PASS") == line.startswith("PASS")


def test_markdown_holds_every_table_fact_and_picture() -> None:
    text = markdown(
        "Peers", [*tables([row("hot", 10.0)])], ["a | fact", "x < y"], ["peers-srtp-1200"]
    )
    assert "[![peers-srtp-1200](peers-srtp-1200.png)](peers-srtp-1200.svg)" in text
    assert "| one | 10 ±2% | - | libsrtp 2.7.0 |" in text
    assert "- a \\| fact\n- x &lt; y\n" in text
