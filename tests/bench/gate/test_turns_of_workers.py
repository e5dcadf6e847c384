"""Workers hand the baton on in the order they were given, whatever happens to one of them."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from bench.gate.worker.messages import Block, Measured, TakeTurns, Turned
from bench.gate.worker.turns import take_turns

Measure = Callable[[int, Block], Measured]

ORDERS = [
    [0, 1, 2, 2, 1, 0, 1, 0, 2],
    [2, 2, 2],
    [0, 1, 2] * 50,
    [],
]


@contextmanager
def batons() -> Iterator[list[tuple[int, int]]]:
    pipes = [os.pipe() for _ in range(3)]
    try:
        yield pipes
    finally:
        for read, write in pipes:
            os.close(read)
            os.close(write)


def in_turns(order: Sequence[int], measure: Measure) -> dict[int, Turned]:
    """Let three threads take turns as three workers would."""
    turned: dict[int, Turned] = {}
    with batons() as pipes:

        def work(me: int) -> None:
            request = TakeTurns(
                order=list(order),
                me=me,
                baton=pipes[me][0],
                batons=[write for _, write in pipes],
                units=7,
            )
            turned[me] = take_turns(request, lambda block: measure(me, block))

        threads = [threading.Thread(target=work, args=(me,)) for me in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
            assert not thread.is_alive()
    return turned


@pytest.mark.parametrize("order", ORDERS, ids=len)
def test_blocks_come_in_the_order_that_was_asked_for(order: list[int]) -> None:
    seen: list[int] = []

    def measure(me: int, block: Block) -> Measured:
        assert block.start == len(seen) // 3 * 7
        seen.append(me)
        return Measured(ns=len(seen))

    turned = in_turns(order, measure)
    assert seen == order
    for me in range(3):
        assert turned[me].ns == [at for at, whose in enumerate(order, start=1) if whose == me]


def test_worker_that_fails_does_no_more_and_lets_the_others_end() -> None:
    blocks = {0: 0, 1: 0, 2: 0}

    def measure(me: int, _block: Block) -> Measured:
        blocks[me] += 1
        return Measured(error="KeyError: 'x'", wrong=True) if me == 1 else Measured(ns=5)

    turned = in_turns([0, 1, 2] * 4, measure)
    assert blocks == {0: 4, 1: 1, 2: 4}
    assert turned[1] == Turned(ns=[], interrupted=[], error="KeyError: 'x'", wrong=True)
    assert turned[0].ns == turned[2].ns == [5, 5, 5, 5]
