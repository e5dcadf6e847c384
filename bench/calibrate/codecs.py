"""What encoding and decoding a frame costs: each codec at each height, on consecutive frames."""

import time
from collections.abc import Sequence
from functools import partial

import av
import numpy as np

from bench.calibrate.block import Block, BlockProbe, Run, for_each
from bench.calibrate.media_clips import CODECS, MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.material import Material
from bench.profile import keys
from bench.reel import Reel
from bench.verdict import WrongAnswer
from pipelines.codecs.decoder import DECODER_LIBRARIES
from pipelines.codecs.settings import ENCODER_LIBRARIES, KEYFRAME_INTERVAL_S
from pipelines.engines.engine import Engine
from pipelines.media import EncodedFrame, RawFrame
from pipelines.stages.codec import Decode, Encode

ENCODED_FRAMES = {180: 48, 360: 32, 720: 20, 994: 16}
DECODED_FRAMES = {180: 96, 360: 64, 720: 40, 994: 24}
"""Frames of one round, by height: some 50 to 250 ms of encoding, a third of that of decoding."""

VERIFIED_FRAMES = 12

MOST_DIFFERENCE = 12.0
"""Mean difference of luma that coding may make, in steps of 255.

Coding makes 3 to 6 on the ladder's clips; the same pictures upside down would make 48, grey 35.
"""

SETTLE_S = 0.02
"""SVT-AV1's own threads may go on with a frame after its unit is out: they are waited for."""


def codec_plans(clips: MediaClips) -> tuple[ProbePlan, ...]:
    """Return one plan for each codec and height: encoder and decoder of the same stream."""
    return tuple(
        ProbePlan(
            name=f"{codec} at {height} lines",
            on={
                keys.encode(codec, height): (
                    f"consecutive frames of {clips.ladder[height]} at the ladder's bitrate, to and"
                    f" fro, a key frame every {KEYFRAME_INTERVAL_S} s"
                ),
                keys.decode(codec, height): (
                    f"consecutive access units of {clips.ladder[height]}, over and over"
                ),
            },
            open=partial(_open, clips, codec, height),
            library=partial(_library, codec),
        )
        for height in keys.HEIGHTS
        for codec in CODECS
    )


def _library(codec: str, _: Engine) -> str:
    encoder, decoder = ENCODER_LIBRARIES[codec].name, DECODER_LIBRARIES[codec].name
    return f"{encoder} to encode, FFmpeg's {decoder} to decode (PyAV {av.__version__})"


def _open(clips: MediaClips, codec: str, height: int, bench: Bench) -> BlockProbe:
    material = clips.material(bench, height, codec)
    check_codec(material)
    encoder, decoder = Encode(material.new_encoder()), Decode(material.new_decoder())
    pictures = Reel(material.raw_frames, material.fps)
    units = Reel(material.access_units, material.fps)
    to_encode, to_decode = ENCODED_FRAMES[height], DECODED_FRAMES[height]

    def prepare_encoding() -> Run:
        encode = for_each(encoder, [next(pictures) for _ in range(to_encode)])

        def run() -> EncodedFrame:
            unit = encode()
            time.sleep(SETTLE_S)
            return unit

        return run

    def prepare_decoding() -> Run:
        return for_each(decoder, [next(units) for _ in range(to_decode)])

    return BlockProbe(
        (
            Block(
                key=keys.encode(codec, height),
                calls=to_encode,
                prepare=prepare_encoding,
                # All threads of the encoder; while it is asleep nobody else here works.
                clock=time.process_time_ns,
            ),
            Block(key=keys.decode(codec, height), calls=to_decode, prepare=prepare_decoding),
        ),
        seed=bench.seed,
    )


def check_codec(material: Material) -> None:
    """Raise WrongAnswer unless new units, and the clip's own, decode to the clip's pictures."""
    pictures = material.raw_frames[:VERIFIED_FRAMES]
    encoder = material.new_encoder()
    fresh = [encoder.encode(picture) for picture in pictures]
    for what, units in (("encoder", fresh), ("clip", material.access_units[:VERIFIED_FRAMES])):
        difference = _worst_difference(material, units, pictures)
        if difference > MOST_DIFFERENCE:
            raise WrongAnswer(
                f"{material.clip.name} as {material.clip.codec}: the {what}'s units decode to other"
                f" pictures: luma differs by {difference:.1f} of 255 on average"
            )


def _worst_difference(
    material: Material, units: Sequence[EncodedFrame], pictures: Sequence[RawFrame]
) -> float:
    decoder = material.new_decoder()
    return max(
        float(np.abs(decoder.decode(unit).planes[0].astype(np.int16) - picture.planes[0]).mean())
        for unit, picture in zip(units, pictures, strict=True)
    )
