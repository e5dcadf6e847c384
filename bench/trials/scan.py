"""A case with a hook: refused where it cannot be, proven to find what is listed, then opened."""

import dataclasses

import numpy as np

from bench.cases import Case
from bench.chain import build_chain
from bench.material import Material
from bench.measure import measure_stages
from bench.reel import Reel
from bench.trials.lists import Lists
from bench.trials.stream import StreamTrial, open_stream
from bench.verdict import WrongAnswer
from pipelines.engines.engine import Engine
from pipelines.media import U8
from pipelines.pipeline import Pipeline
from pipelines.scanning.hasher import Fingerprint, Hasher
from pipelines.scanning.hook import Hook, Point
from pipelines.scanning.index.contract import Index
from pipelines.scanning.lists import random_hashes
from pipelines.scanning.scanner import Scanner
from pipelines.session import Session
from pipelines.stages.codec import Decode, Encode
from pipelines.stages.scan.hook import OpenHook, open_hook
from pipelines.stages.scan.place import refuse_impossible
from pipelines.stages.scan.steps import FULL_RANGE, LIMITED_RANGE

CONTROL_ENTRIES = 100
CONTROL_FRAMES = 2

UNPROVEN = "not proven"
"""Label of a hook that was measured on pictures too poor to be found in a list."""


def open_scan(
    case: Case,
    hook: Hook,
    scanner: Scanner,
    *,
    pipeline: Pipeline,
    material: Material,
    engine: Engine,
    lists: Lists,
) -> StreamTrial:
    """Return the trial of a case with a hook.

    Raises ScanRefused where the hook cannot be, WrongAnswer where it misses a frame that is listed
    or finds one that is not, and what `open_stream` raises.
    """
    proven = check_scan(case, hook, scanner, pipeline=pipeline, material=material, engine=engine)
    index = None
    entries, origin = 0, ""
    if scanner.index is not None and scanner.new_hasher is not None:
        index = lists.index_of(scanner.index, scanner.new_hasher, hook.list_size)
        entries = len(lists.list_of(scanner.new_hasher, hook.list_size))
        origin = lists.origin_of(scanner.new_hasher, hook.list_size)
    opened = _opened(hook, scanner, index, entries, material)
    try:
        trial = open_stream(case, pipeline, material, engine, opened)
    except BaseException:
        opened.close()
        raise
    remarks = () if proven or index is None else (UNPROVEN,)
    return dataclasses.replace(trial, list_origin=origin, remarks=(*scanner.labels, *remarks))


def check_scan(
    case: Case,
    hook: Hook,
    scanner: Scanner,
    *,
    pipeline: Pipeline,
    material: Material,
    engine: Engine,
) -> bool:
    """Send the first frame past the hook with what it sees listed, and with others listed.

    Return whether that proved something: a scanner that looks nothing up, and a picture with too
    little in it for the hash's quality gate, prove nothing. Raises ScanRefused where the hook
    cannot be where it is, WrongAnswer where it misses the frame or finds it among the others, or
    where its hasher changes the picture, TypeError where a hash is not of the promised shape.
    """
    refuse_impossible(
        hook,
        pipeline=pipeline.name,
        sees_plaintext=pipeline.sees_plaintext,
        live=case.media == "live",
    )
    if scanner.new_hasher is None:
        return False
    hasher = scanner.new_hasher()
    seen = _checked_hash(hasher, _first_picture(case, hook, material))
    if scanner.index is None or seen.quality * FULL_RANGE < hasher.min_quality * LIMITED_RANGE:
        return False
    others = random_hashes(CONTROL_ENTRIES, hasher.bits, np.random.default_rng(0))
    listed = others.copy()
    listed[CONTROL_ENTRIES // 2] = seen.words
    for hashes, must_match in ((listed, True), (others, False)):
        index = scanner.index.build(hashes, hasher.radius)
        opened = _opened(hook, scanner, index, CONTROL_ENTRIES, material)
        try:
            matched = _first_frame_matched(case, pipeline, material, engine, opened)
        finally:
            opened.close()
        if matched != must_match:
            raise WrongAnswer(
                f"scanner {scanner.name!r} at {hook.point}: the first frame"
                f" {'was listed and not found' if must_match else 'was found and not listed'}"
            )
    return True


def _first_picture(case: Case, hook: Hook, material: Material) -> U8:
    """Return a copy of the luma plane that the hook sees first, made without hook or pipeline."""
    if hook.point is Point.SENDER_BEFORE_ENCODE:
        return material.raw_frames[0].planes[0].copy()
    unit = material.access_units[0]
    if case.media == "live":
        unit = material.new_encoder().encode(material.raw_frames[0])
    return material.new_decoder().decode(unit).planes[0].copy()


def _checked_hash(hasher: Hasher, luma: U8) -> Fingerprint:
    """Return the hash of `luma`. Raises TypeError, WrongAnswer where it breaks the contract."""
    before = luma.copy()
    seen = hasher.hash(luma)
    promised = (hasher.bits // 64,)
    if seen.words.dtype != np.uint64 or seen.words.shape != promised or hasher.bits % 64:
        raise TypeError(
            f"hasher {hasher.name!r} of {hasher.bits} bits returned {seen.words.dtype} of shape"
            f" {seen.words.shape}; words are uint64 of shape (bits / 64,), bits a multiple of 64"
        )
    if not np.array_equal(before, luma):
        raise WrongAnswer(f"hasher {hasher.name!r} changes the picture that it is given")
    return seen


def _opened(
    hook: Hook, scanner: Scanner, index: Index | None, entries: int, material: Material
) -> OpenHook:
    return open_hook(
        hook,
        scanner,
        index,
        list_entries=entries,
        codec=material.clip.codec,
        width=material.width,
        height=material.height,
    )


def _first_frame_matched(
    case: Case, pipeline: Pipeline, material: Material, engine: Engine, hook: OpenHook
) -> bool:
    live = case.media == "live"
    chain = build_chain(
        pipeline,
        Session.fresh(codec=case.codec, engine=engine),
        encode=Encode(material.new_encoder()) if live else None,
        decode=Decode(material.new_decoder()) if live else None,
        hook=hook,
    )
    reel = Reel(material.raw_frames if live else material.access_units, material.fps)
    samples = measure_stages(chain, reel, CONTROL_FRAMES)
    return bool(samples["scan_matched"][0])
