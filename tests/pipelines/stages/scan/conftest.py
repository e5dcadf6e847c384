import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pytest

from pipelines.codecs.decoder import Decoder
from pipelines.media import EncodedFrame, RawFrame
from pipelines.scanning.hasher import U64
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hook import Hook
from pipelines.scanning.index.contract import Index
from pipelines.scanning.index.flat import FLAT
from pipelines.scanning.scanner import Scanner
from pipelines.stages.scan.hook import OpenHook, open_hook

WIDTH, HEIGHT = 320, 180

SCANNER = Scanner(name="pdq", summary="", source="", new_hasher=Pdq, index=FLAT)

NOOP = Scanner(name="noop", summary="", source="")

Open = Callable[..., OpenHook]


@pytest.fixture(scope="session")
def raw_frames(access_units: Mapping[str, tuple[EncodedFrame, ...]]) -> tuple[RawFrame, ...]:
    """Ten decoded frames of 320x180; PDQ hashes of any two are more than 31 bits apart."""
    decoder = Decoder("raw", WIDTH, HEIGHT)
    return tuple(decoder.decode(unit) for unit in access_units["raw"])


@pytest.fixture(scope="session")
def pdq_words(raw_frames: tuple[RawFrame, ...]) -> U64:
    """The PDQ hashes of the ten frames, shape (10, 4)."""
    hasher = Pdq()
    return np.stack([hasher.hash(frame.planes[0]).words.copy() for frame in raw_frames])


@pytest.fixture
def index_of(pdq_words: U64) -> Callable[[Sequence[int]], Index]:
    """Return a list of the frames with these numbers, in this order."""
    return lambda numbers: FLAT.build(pdq_words[list(numbers)], Pdq.radius)


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open hooks that are closed after the test."""
    hooks: list[OpenHook] = []

    def open_one(
        hook: Hook,
        index: Index | None = None,
        scanner: Scanner | None = None,
        *,
        codec: str = "h264",
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> OpenHook:
        which = (SCANNER if index is not None else NOOP) if scanner is None else scanner
        each = open_hook(hook, which, index, codec=codec, width=WIDTH, height=HEIGHT, clock=clock)
        hooks.append(each)
        return each

    yield open_one
    for hook in hooks:
        hook.close()
