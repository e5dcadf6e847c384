"""What a scan costs: the plane handed over, its hash, and the look-up in lists of three sizes."""

from functools import partial
from importlib.metadata import version

import numpy as np

from bench.calibrate.block import Block, BlockProbe, for_each
from bench.calibrate.media_clips import MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.cases import LookupCase
from bench.clips.errors import ClipError
from bench.profile import keys
from bench.trials.hashing import HASH_CONTENDERS, verify_contender
from bench.trials.lists import Lists
from bench.trials.lookup_check import check_lookups
from pipelines.media import RawFrame, Unit
from pipelines.scanning.hasher import U64
from pipelines.scanning.hashes.pdq import Pdq
from pipelines.scanning.hook import Hook, Point
from pipelines.scanning.index.multi_index import MULTI_INDEX
from pipelines.scanning.table import NOOP
from pipelines.stages.scan.hook import open_hook

SCANNER = "pdq"

HASHED_FRAMES = 16
HANDED_FRAMES = 512
MOST_QUERIES = 240


def scan_plans(clips: MediaClips) -> tuple[ProbePlan, ...]:
    """Return plans for the hook itself, the hash at each height, and each list."""
    library = f"sealbench's kernels (Numba {version('numba')})"
    queries = clips.traced
    return (
        ProbePlan(
            name="handing over luma",
            on={keys.SCAN_LUMA: f"decoded frames of {clips.ladder[keys.HEIGHTS[0]]}, a no-op hook"},
            open=partial(_open_luma, clips),
            library=lambda _: "sealbench's hook",
        ),
        *(
            ProbePlan(
                name=f"hashing {height} lines",
                on={
                    keys.scan_hash(SCANNER, height): f"luma of decoded frames of"
                    f" {clips.ladder[height]}"
                },
                open=partial(_open_hash, clips, height),
                library=lambda _: library,
            )
            for height in keys.HEIGHTS
        ),
        *(
            ProbePlan(
                name=f"looking up in {size}",
                on={
                    keys.scan_lookup(SCANNER, size): f"hashes of frames of {', '.join(queries)} in"
                    f" {size} random ones, within {Pdq.radius} bits, multi-index"
                },
                open=partial(_open_lookup, clips, size),
                library=lambda _: library,
            )
            for size in keys.LIST_SIZES
        ),
    )


def _frames(clips: MediaClips, height: int, bench: Bench) -> tuple[RawFrame, ...]:
    clip = clips.ladder[height]
    frames = bench.library.footage(clip).frames
    lines = frames[0].planes[0].shape[0]
    if lines != height:
        raise ClipError(f"{clip} has {lines} lines: nothing to measure {height} on")
    return frames


def _open_luma(clips: MediaClips, bench: Bench) -> BlockProbe:
    frames = _frames(clips, keys.HEIGHTS[0], bench)
    height, width = frames[0].planes[0].shape
    # Decoded frames are what it looks at: the codec they came in does not matter.
    hook = open_hook(
        Hook(point=Point.RECEIVER, scanner=NOOP.name), NOOP, codec="raw", width=width, height=height
    )

    def hand_over(unit: Unit) -> Unit:
        for step in hook.steps:
            unit = step(unit)
        return unit

    handed = [frames[number % len(frames)] for number in range(HANDED_FRAMES)]
    return BlockProbe(
        [
            Block(
                key=keys.SCAN_LUMA,
                calls=HANDED_FRAMES,
                prepare=lambda: for_each(hand_over, handed),
            )
        ],
        seed=bench.seed,
    )


def _open_hash(clips: MediaClips, height: int, bench: Bench) -> BlockProbe:
    frames = _frames(clips, height, bench)
    verify_contender(HASH_CONTENDERS[SCANNER], frames)
    hasher = Pdq()
    spread = np.linspace(0, len(frames) - 1, HASHED_FRAMES).astype(int).tolist()
    planes = [frames[at].planes[0] for at in spread]
    return BlockProbe(
        [
            Block(
                key=keys.scan_hash(SCANNER, height),
                calls=len(planes),
                prepare=lambda: for_each(hasher.hash, planes),
            )
        ],
        seed=bench.seed,
    )


def _open_lookup(clips: MediaClips, size: int, bench: Bench) -> BlockProbe:
    lists = Lists(library=bench.library, seed=bench.seed, listed_clip=None)
    found = np.concatenate([lists.hashes(clip, Pdq) for clip in clips.traced])
    queries: list[U64] = list(np.unique(found, axis=0)[:MOST_QUERIES])
    hashes = lists.list_of(Pdq, size).hashes
    index = lists.index_of(MULTI_INDEX, Pdq, size)
    case = LookupCase(
        why="calibration",
        clip=clips.traced[0],
        seconds=0,
        rounds=1,
        hasher=SCANNER,
        index=MULTI_INDEX.name,
        list_size=size,
        radius=Pdq.radius,
    )
    check_lookups(case, index, np.stack(queries), hashes)
    order = np.random.default_rng(bench.seed)

    def ask_in_new_order() -> list[U64]:
        return [queries[at] for at in order.permutation(len(queries))]

    return BlockProbe(
        [
            Block(
                key=keys.scan_lookup(SCANNER, size),
                calls=len(queries),
                prepare=lambda: for_each(index.query, ask_in_new_order()),
            )
        ],
        seed=bench.seed,
    )
