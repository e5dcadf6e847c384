"""What the benchmarks work on, and how often they repeat it.

A round walks many distinct units, as a sender does, instead of one hot unit again and again; the
group of a benchmark says what one round is. What a round must not use twice (nonces, packets that
a receiver has seen) is made new before each round, outside the timed part.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench.clips import library
from pipelines.media import EncodedFrame

N_UNITS = 30
ROUNDS = 30
WARM_UP_ROUNDS = 2


@pytest.fixture(scope="session")
def camera_units() -> tuple[EncodedFrame, ...]:
    """The first second of a real talking head at 360p in H.264: a key frame, then small ones."""
    return library.load("webcam-360p", codec="h264").frames[:N_UNITS]


@pytest.fixture
def in_rounds(benchmark: BenchmarkFixture) -> Callable[..., Any]:
    """Time a function: `in_rounds(function, args=...)`, or `setup=...` for new ones each round.

    Returns what the last round returned. In a plain test run there is one round.
    """
    return partial(benchmark.pedantic, rounds=ROUNDS, warmup_rounds=WARM_UP_ROUNDS)
