import os
import signal
import threading
from collections.abc import Iterator

import pytest

from pipelines.interrupts import interrupts_wait


@pytest.fixture(autouse=True)
def ctrl_c_raises() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def steps_done(interrupts: int) -> int:
    """Return how many steps a block does that is interrupted so often, before each of them."""
    done = 0
    try:
        with interrupts_wait():
            for _ in range(interrupts):
                os.kill(os.getpid(), signal.SIGINT)
                done += 1
    except KeyboardInterrupt:
        return done
    return -1


def test_ctrl_c_waits_for_the_end_of_the_block() -> None:
    assert steps_done(1) == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_one_does_not_wait() -> None:
    assert steps_done(2) == 1


def test_without_one_nothing_happens() -> None:
    with interrupts_wait():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_wait():
        os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_threads_have_no_signals_to_hold_back() -> None:
    done = []

    def work() -> None:
        with interrupts_wait():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
