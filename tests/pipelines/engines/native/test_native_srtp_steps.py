"""The steps of the compiled path against the plain functions they stand for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.engines.native.srtp_packet import NOT_RTP, estimate_index, rtp_header_size
from pipelines.engines.native.srtp_streams import (
    FULL,
    SSRC,
    StreamTable,
    count_of,
    find,
    forget_after,
    insert,
)
from pipelines.engines.native.srtp_window import (
    forget_between,
    mark,
    ring_words,
    seen_mask,
    was_seen,
)
from pipelines.formats import rtp
from pipelines.formats.replay import ReplayWindow
from pipelines.formats.srtp import index
from pipelines.stage import Malformed, Replayed

INDICES = st.one_of(st.integers(0, 200_000), st.integers(0, (1 << 48) - 1))


@given(highest=INDICES, sequence=st.integers(0, 0xFFFF))
@settings(max_examples=300, deadline=None)
def test_the_index_is_estimated_alike(highest: int, sequence: int) -> None:
    assert estimate_index(highest, sequence) == index.estimate_index(highest, sequence)


@pytest.mark.parametrize("roc", [0, 1, 0xFFFFFFFF])
@pytest.mark.parametrize("last", [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF])
@pytest.mark.parametrize("sequence", [0, 1, 0x7FFE, 0x7FFF, 0x8000, 0x8001, 0xFFFF])
def test_the_index_is_estimated_alike_at_the_edges(roc: int, last: int, sequence: int) -> None:
    highest = roc << 16 | last
    assert estimate_index(highest, sequence) == index.estimate_index(highest, sequence)


@given(first=st.integers(0, 255), rest=st.binary(max_size=120), words=st.integers(0, 12))
@settings(max_examples=300, deadline=None)
def test_a_header_has_the_same_size(first: int, rest: bytes, words: int) -> None:
    packet = bytearray(bytes([first]) + rest)
    at = 12 + 4 * (first & 15) + 2
    if len(packet) > at + 2:
        packet[at : at + 2] = words.to_bytes(2)
    try:
        expected = rtp.header_size(packet)
    except Malformed:
        expected = NOT_RTP
    memory = np.frombuffer(packet, dtype=np.uint8)
    assert rtp_header_size(memory.ctypes.data, len(packet)) == expected


@given(
    window=st.integers(64, 300),
    steps=st.lists(st.one_of(st.integers(-320, 320), st.integers(-5, 5)), max_size=80),
)
@settings(max_examples=300, deadline=None)
def test_the_ring_remembers_what_the_window_does(window: int, steps: list[int]) -> None:
    judge, words = ReplayWindow(window), ring_words(window)
    ring = np.zeros(words, dtype=np.int64)
    at = ring.ctypes.data
    highest = 1000
    judge.commit(highest)
    mark(at, words, highest)
    for step in steps:
        counter = max(highest + step, 0)
        try:
            judge.commit(counter)
            accepted = True
        except Replayed:
            accepted = False
        behind = highest - counter
        if behind < 0:
            forget_between(at, words, highest, counter)
            highest = counter
        elif behind >= window or was_seen(at, words, counter):
            assert not accepted
            continue
        mark(at, words, counter)
        assert accepted
        assert (highest, seen_mask(ring, highest, window)) == judge.state()


@pytest.mark.parametrize("window", [64, 65, 128, 1000, 4096])
def test_the_ring_is_a_power_of_two_that_holds_the_window(window: int) -> None:
    bits = 64 * ring_words(window)
    assert window <= bits < 2 * window
    assert bits & (bits - 1) == 0


@given(
    ssrcs=st.lists(st.integers(0, 0xFFFFFFFF), unique=True, max_size=40), kept=st.integers(0, 40)
)
@settings(max_examples=100, deadline=None)
def test_streams_are_found_and_the_last_ones_forgotten(ssrcs: list[int], kept: int) -> None:
    table = StreamTable(more_words=1)
    for number, ssrc in enumerate(ssrcs):
        assert find(table.address, ssrc) == 0
        entry = insert(table.address, ssrc)
        if entry == FULL:
            assert number in {8, 16, 32}
            table.grow()
            assert insert(table.address, ssrc) != FULL
    assert table.entries()[:, SSRC].tolist() == ssrcs
    kept = min(kept, len(ssrcs))
    forget_after(table.address, kept)
    assert count_of(table.address) == kept
    for number, ssrc in enumerate(ssrcs):
        assert (find(table.address, ssrc) != 0) == (number < kept)
    assert table.entries()[:, SSRC].tolist() == ssrcs[:kept]
