"""Datagrams in bulk: every byte arrives, in order, by every method, and losses are noticed."""

import errno
import socket
import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest

from bench.calibrate.datagrams.loopback import Pair, loopback_pair
from bench.calibrate.datagrams.receive import RECEIVERS, DatagramReceiver
from bench.calibrate.datagrams.send import SENDERS, DatagramSender
from bench.calibrate.udp import charged_clock, check_count, deliver
from bench.profile.keys import RECEIVE_METHODS, SEND_METHODS
from bench.verdict import WrongAnswer
from pipelines.media import PacketBatch

RNG = np.random.default_rng(20261122)
BATCHED = {"send": 1, "recv": 1, "gro": 1}
"""Datagrams a call where a method takes one; the others are given several."""


@pytest.fixture
def pair() -> Iterator[Pair]:
    with loopback_pair() as opened:
        yield opened


def packets(sizes: list[int]) -> PacketBatch:
    return PacketBatch.of([RNG.bytes(size) for size in sizes])


def both(pair: Pair, send: str, receive: str, room: int) -> tuple[DatagramSender, DatagramReceiver]:
    return (
        DatagramSender(pair.sender, send, BATCHED.get(send, 16)),
        DatagramReceiver(pair.receiver, receive, BATCHED.get(receive, 16), stride=1500, room=room),
    )


def test_there_is_a_sender_and_a_receiver_for_every_key() -> None:
    assert set(SENDERS) == set(SEND_METHODS)
    assert set(RECEIVERS) == set(RECEIVE_METHODS)


@pytest.mark.parametrize("send", SEND_METHODS)
@pytest.mark.parametrize("receive", RECEIVE_METHODS)
@pytest.mark.parametrize(
    "sizes",
    [
        [1200] * 100,
        [1],
        [999] * 17 + [3],
        [1200, 1200, 7, 1200, 1201, 1, 1, 1472, 100, 99, 98],
        [*range(1, 60), *range(60, 1, -1)],
    ],
    ids=["equal", "one byte", "last smaller", "mixed", "up and down"],
)
def test_every_byte_arrives_in_order(pair: Pair, send: str, receive: str, sizes: list[int]) -> None:
    sender, receiver = both(pair, send, receive, len(sizes))
    for _ in range(2):
        deliver(sender, receiver, packets(sizes))


@pytest.mark.parametrize("send", ["send", "sendmmsg", "gso"])
@pytest.mark.parametrize("receive", ["recv", "recvmmsg"])
def test_empty_datagrams_arrive(pair: Pair, send: str, receive: str) -> None:
    sender, receiver = both(pair, send, receive, 6)
    deliver(sender, receiver, packets([0, 5, 0, 0, 5, 5]))


def test_segments_go_out_in_as_few_calls_as_can_be(pair: Pair) -> None:
    sender = DatagramSender(pair.sender, "gso", 44)
    receiver = DatagramReceiver(pair.receiver, "gro", stride=1500, room=100)
    deliver(sender, receiver, packets([1200] * 99 + [5]))
    assert sender.system_calls == receiver.system_calls == 3


def test_no_segmented_send_is_larger_than_a_datagram_may_be(pair: Pair) -> None:
    sender = DatagramSender(pair.sender, "gso", 64)
    receiver = DatagramReceiver(pair.receiver, "recvmmsg", 32, stride=1500, room=64)
    deliver(sender, receiver, packets([1472] * 64))
    assert sender.system_calls == 2


def test_batches_take_one_call_each(pair: Pair) -> None:
    sender, receiver = both(pair, "sendmmsg", "recvmmsg", 64)
    deliver(sender, receiver, packets([300] * 64))
    assert sender.system_calls == receiver.system_calls == 4


@pytest.mark.parametrize("send", SEND_METHODS)
@pytest.mark.parametrize("receive", RECEIVE_METHODS)
def test_a_full_receive_buffer_is_noticed(send: str, receive: str) -> None:
    with loopback_pair(buffer_bytes=20_000) as pair:
        sender, receiver = both(pair, send, receive, 400)
        # What is missing is waited for as long as the socket's time-out: here 1 ms.
        timeout = struct.pack("ll", 0, 1000)
        pair.receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        with pytest.raises(WrongAnswer, match="of 400 datagrams arrived"):
            deliver(sender, receiver, packets([1200] * 400))


def test_other_bytes_are_noticed(pair: Pair) -> None:
    sender, receiver = both(pair, "send", "recv", 2)
    pair.sender.send(b"stray")
    with pytest.raises(WrongAnswer, match="datagram 0 of 2"):
        deliver(sender, receiver, packets([5, 5]))


def test_a_packet_larger_than_udp_takes_is_the_kernels_error(pair: Pair) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 - its number is what is checked
        DatagramSender(pair.sender, "sendmmsg", 4).send(packets([70_000]))
    assert caught.value.errno == errno.EMSGSIZE


def test_segmentation_of_a_socket_that_is_not_udp_is_refused_at_the_start() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        with pytest.raises(OSError, match=r"does not segment datagrams \(UDP_SEGMENT\): "):
            DatagramSender(other, "gso", 4)
        with pytest.raises(OSError, match=r"does not coalesce datagrams \(UDP_GRO\): "):
            DatagramReceiver(other, "gro", stride=100, room=1)


def test_more_a_call_than_a_method_takes_is_refused(pair: Pair) -> None:
    with pytest.raises(ValueError, match="gso: 65 datagrams a call; it takes 1 to 64"):
        DatagramSender(pair.sender, "gso", 65)
    with pytest.raises(ValueError, match="recv: 2 messages a call; it takes 1 to 1"):
        DatagramReceiver(pair.receiver, "recv", 2, stride=100, room=1)
    with pytest.raises(ValueError, match="9 datagrams where there is room for 8"):
        DatagramReceiver(pair.receiver, "recv", stride=100, room=8).receive(9)


def test_rows_need_not_lie_close_together(pair: Pair) -> None:
    table = packets([100] * 8)
    every_other = PacketBatch(data=table.data[::2, 10:50], size=np.full(4, 40, dtype=np.int32))
    sender, receiver = both(pair, "sendmmsg", "recvmmsg", 4)
    deliver(sender, receiver, every_other)
    with pytest.raises(ValueError, match="one behind the other"):
        sender.send(PacketBatch(data=table.data[:, ::2], size=table.size))


def test_a_missing_datagram_is_counted() -> None:
    check_count(3, 3)
    with pytest.raises(WrongAnswer, match="2 of 3"):
        check_count(2, 3)


def test_wall_time_counts_where_the_kernel_charges_no_soft_interrupts() -> None:
    assert charged_clock(lambda: (1000, 990)) is time.thread_time_ns
    assert charged_clock(lambda: (1000, 400)) is time.perf_counter_ns
