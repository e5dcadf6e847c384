"""What a connection, a stream, an encoder and a decoder hold in memory: growth of a process."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from bench.calibrate.media_clips import CLIPS, CODECS, MediaClips
from bench.calibrate.memory_worker import (
    BUFFERED_PACKETS,
    BURST,
    PAYLOAD_BYTES,
    ROW_BYTES,
    WINDOW,
    Job,
)
from bench.calibrate.probe import Bench
from bench.clips.errors import ClipError
from bench.memory import rss_bytes
from bench.profile import keys
from bench.profile.schema import Memory
from pipelines.codecs.i420 import pack

TRIALS = 2
SESSIONS = 2000
BUFFERS = 200
FRAMES = 5
"""Frames that each encoder and decoder has worked on."""

COUNTS = {180: 6, 360: 4, 720: 3, 994: 2}
"""How many encoders or decoders are open at once, by height in lines."""

_MALLOC = {
    # glibc: freed memory goes back at once instead of being handed out again, where it would hide
    # what the next thing takes.
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "0",
    "MALLOC_ARENA_MAX": "1",
}

SESSION = (
    f"aes-128-gcm, one direction each way, replay window {WINDOW}, after a burst of {BURST} "
    f"packets of {PAYLOAD_BYTES} B"
)
BUFFER = f"one second of 1.8 Mbit/s: {BUFFERED_PACKETS} packets in rows of {ROW_BYTES} B"


class WorkerEnded(Exception):  # noqa: N818 - what happened
    """The process that holds the things ended before its answer."""


def measure_memory(
    bench: Bench, clips: MediaClips = CLIPS
) -> tuple[dict[str, Memory], dict[str, str]]:
    """Return memory by key, and by key why it could not be measured."""
    memory: dict[str, Memory] = {}
    problems: dict[str, str] = {}
    if not rss_bytes():
        return {}, dict.fromkeys(_all_keys(), "the system does not tell a process's memory")
    bench.progress.begin("memory", len(CODECS) + 1)
    for done, codec in enumerate(("", *CODECS)):
        with tempfile.TemporaryDirectory() as folder, _worker() as worker:
            # One process for each codec: what a library keeps for good harms no other's figures.
            for key, job, on in _jobs(bench, clips, codec, Path(folder), problems):
                try:
                    each = tuple(ask(worker, job) for _ in range(TRIALS))
                except (WorkerEnded, RuntimeError, OSError) as error:
                    problems[key] = str(error)
                else:
                    memory[key] = Memory(bytes_each=each, count=job.count, on=on)
        bench.progress.advance(done + 1)
    bench.progress.end()
    return memory, problems


def ask(worker: "subprocess.Popen[str]", job: Job) -> float:
    """Return the bytes of one thing. Raises RuntimeError with the worker's reason, WorkerEnded."""
    if worker.stdin is None or worker.stdout is None:
        raise WorkerEnded("the memory worker has no pipes")
    worker.stdin.write(f"{msgspec.json.encode(job).decode()}\n")
    worker.stdin.flush()
    answer = worker.stdout.readline().strip()
    if not answer:
        raise WorkerEnded(f"the memory worker ended at {job.thing} {job.codec}".strip())
    if answer.startswith("!"):
        raise RuntimeError(answer.removeprefix("! "))
    return float(answer)


def _jobs(
    bench: Bench, clips: MediaClips, codec: str, folder: Path, problems: dict[str, str]
) -> Iterator[tuple[str, Job, str]]:
    """Yield key, job and description of what has to do with `codec`, or of what has with none."""
    if not codec:
        session = Job(thing="session", count=SESSIONS, engine=bench.engine.name)
        yield keys.HOP_SESSION, session, SESSION
        yield keys.STREAM_BUFFER, Job(thing="buffer", count=BUFFERS), BUFFER
        return
    for height, count in COUNTS.items():
        if height not in clips.ladder:
            continue
        encoder, decoder = keys.encoder_memory(codec, height), keys.decoder_memory(codec, height)
        try:
            frames, width = _saved_frames(bench, clips.ladder[height], height, folder)
        except ClipError as error:
            problems[encoder] = problems[decoder] = str(error)
            continue
        on = f"{clips.ladder[height]}, after {FRAMES} frames; our real-time settings, one thread"
        job = Job(
            thing="encoder",
            count=count,
            codec=codec,
            frames=str(frames),
            width=width,
            height=height,
        )
        yield encoder, job, on
        yield decoder, msgspec.structs.replace(job, thing="decoder"), on


def _saved_frames(bench: Bench, clip: str, height: int, folder: Path) -> tuple[Path, int]:
    """Return a file of a clip's first frames, and their width. Raises ClipError."""
    footage = bench.library.long_footage(clip, FRAMES)
    if footage.facts.height != height:
        raise ClipError(f"{clip} has {footage.facts.height} lines: nothing to open {height} on")
    path = folder / f"{height}.npy"
    np.save(path, np.stack([pack(frame) for frame in footage.frames]))
    return path, footage.facts.width


def _all_keys() -> Iterator[str]:
    yield from (keys.HOP_SESSION, keys.STREAM_BUFFER)
    for codec in CODECS:
        for height in COUNTS:
            yield keys.encoder_memory(codec, height)
            yield keys.decoder_memory(codec, height)


@contextmanager
def _worker() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.calibrate.memory_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | _MALLOC | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
