"""What SFrame costs, by suite: frames of video and of audio, one call each."""

import os
from functools import partial

import numpy as np

from bench.calibrate.block import Block, BlockProbe, Run, for_each
from bench.calibrate.media_clips import MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.calibrate.units import Cell, all_cells
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.engines.engine import Engine
from pipelines.formats.sframe.context import SframeSender
from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.media import U8
from pipelines.stage import Rejected

KID = 0
WINDOW = 128
VERIFIED_UNITS = 8


def sframe_plans(clips: MediaClips) -> tuple[ProbePlan, ...]:
    """Return a plan for each suite: both directions."""
    on = f"frames of audio and of {', '.join(clips.ladder.values())} (h264)"
    return tuple(
        ProbePlan(
            name=f"SFrame {suite.name}",
            on={keys.sframe_encrypt(suite.name): on, keys.sframe_decrypt(suite.name): on},
            open=partial(_open, clips, suite),
            library=lambda engine: str(engine.library()),
        )
        for suite in SUITES.values()
    )


def _open(clips: MediaClips, suite: SframeSuite, bench: Bench) -> BlockProbe:
    engine = bench.engine
    measured = engine.sframe_encryptor(suite, _new_key(suite), KID)
    base_key = _new_key(suite)
    encrypt = engine.sframe_encryptor(suite, base_key, KID).encrypt
    decrypt = engine.sframe_decryptor(suite, {KID: base_key}, WINDOW).decrypt

    def prepare_decrypting(frames: list[U8]) -> Run:
        # The receiver refuses what it saw before.
        return for_each(decrypt, [encrypt(frame).copy() for frame in frames])

    def check_decrypted(frames: list[U8], last: U8) -> None:
        if not np.array_equal(last, frames[-1]):
            raise WrongAnswer(f"SFrame {suite.name}: another frame came back")

    blocks = []
    for cell in all_cells(bench, clips):
        check_sframe(engine, suite, cell)
        frames = [unit.payload for unit in cell.units]
        blocks += [
            Block(
                key=keys.sframe_encrypt(suite.name),
                calls=len(frames),
                size_bytes=cell.size_bytes,
                prepare=partial(for_each, measured.encrypt, frames),
            ),
            Block(
                key=keys.sframe_decrypt(suite.name),
                calls=len(frames),
                size_bytes=cell.size_bytes,
                prepare=partial(prepare_decrypting, frames),
                check=partial(check_decrypted, frames),
            ),
        ]
    return BlockProbe(blocks, seed=bench.seed)


def check_sframe(engine: Engine, suite: SframeSuite, cell: Cell) -> None:
    """Raise WrongAnswer unless units are the reference's and come back, and forged ones do not."""
    base_key = _new_key(suite)
    encrypt = engine.sframe_encryptor(suite, base_key, KID).encrypt
    decrypt = engine.sframe_decryptor(suite, {KID: base_key}, WINDOW).decrypt
    reference = SframeSender(suite, base_key, KID)
    for unit in cell.units[:VERIFIED_UNITS]:
        sealed = encrypt(unit.payload).copy()
        if not np.array_equal(sealed, reference.encrypt(unit.payload)):
            raise WrongAnswer(f"SFrame {suite.name}, {cell.name}: other bytes than the reference's")
        forged = sealed.copy()
        forged[-1] ^= 1
        try:
            decrypt(forged)
        except Rejected:
            pass
        else:
            raise WrongAnswer(f"SFrame {suite.name}, {cell.name}: a forged frame was accepted")
        if not np.array_equal(decrypt(sealed), unit.payload):
            raise WrongAnswer(f"SFrame {suite.name}, {cell.name}: another frame came back")


def _new_key(suite: SframeSuite) -> bytes:
    return os.urandom(suite.hash.digest_size)
