"""What several folders of tests need: when benchmarks measure, and units of every codec."""

import dataclasses
import os
from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np
import pytest

from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import conference_settings
from pipelines.media import CODECS, EncodedFrame, RawFrame

WIDTH, HEIGHT, FPS = 320, 180, 30
N_FRAMES = 10
BITRATE_BPS = 1_000_000  # frames of about 4 kB: several packets each, and the key frame many


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make benchmarks plain tests unless --benchmark-only (or -enable) asks for measurements.

    pytest-benchmark refuses --benchmark-only beside a --benchmark-disable in addopts.
    """
    if not config.option.benchmark_only:
        config.option.benchmark_disable = True


POLICY, PARAMETERS = os.sched_getscheduler(0), os.sched_getparam(0)


@pytest.fixture(autouse=True)
def _ordinary_priority() -> Iterator[None]:
    """Undo what SVT-AV1 does to root's threads where a test calls it past `Encoder`.

    As real-time processes, a test's endless worker would starve those that it is compared with.
    """
    os.sched_setscheduler(0, POLICY, PARAMETERS)
    yield
    os.sched_setscheduler(0, POLICY, PARAMETERS)


def moving_pattern() -> Iterator[RawFrame]:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    grain = np.random.default_rng(1).normal(0, 6, (HEIGHT, WIDTH))
    for index in range(N_FRAMES):
        waves = 50 * np.sin((x + 7 * index) / 9) + 50 * np.cos((y - 3 * index) / 7)
        luma = np.clip(waves + np.roll(grain, index, axis=1) + 128, 16, 235).astype(np.uint8)
        chroma = np.full((HEIGHT // 2, WIDTH // 2), 128 + index, dtype=np.uint8)
        pts_ns = index * 1_000_000_000 // FPS
        yield RawFrame(index=index, pts_ns=pts_ns, planes=(luma, chroma, chroma.copy()))


@pytest.fixture(scope="session")
def access_units() -> Mapping[str, tuple[EncodedFrame, ...]]:
    """Ten access units of 320x180 by codec, the first a key frame, from the real encoders."""
    units = {}
    for codec in CODECS:
        settings = conference_settings(codec, WIDTH, HEIGHT, Fraction(FPS))
        encoder = Encoder(dataclasses.replace(settings, bitrate_bps=BITRATE_BPS))
        units[codec] = tuple(encoder.encode(frame) for frame in moving_pattern())
    return units
