"""What the model says of a published point: cores of the calibrated machine, before any fitting."""

from functools import partial

import numpy as np

from bench.profile import keys
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.heights import frame_ns
from bench.sizing.model.overheads import NONE
from bench.sizing.model.relay import relay_stages
from bench.sizing.published.load import LoadedPoint
from bench.sizing.published.schema import Inputs
from bench.sizing.published.traffic import needed, traffic_of


def model_cores(draws: ProfileDraws, loaded: LoadedPoint) -> Draws:
    """Return how many cores of the calibrated machine `loaded` would keep busy.

    Raises MissingCost where the profile lacks what it needs.
    """
    sent = loaded.inputs
    if loaded.point.kind == "mcu":
        return mixer_ns(draws, sent) / 1e9
    cipher = needed("hop_cipher", sent.hop_cipher)
    whole = relay_ns(draws, sent, cipher)
    if loaded.point.kind == "cipher":
        whole = whole - relay_ns(draws, sent, NONE)
    return whole / 1e9


def relay_ns(draws: ProfileDraws, sent: Inputs, hop_cipher: str) -> Draws:
    """Return the CPU ns per s of forwarding what was sent. Raises MissingCost."""
    stages = relay_stages(
        draws,
        traffic_of(sent),
        hop_cipher=hop_cipher,
        send_method=needed("send_method", sent.send_method),
        receive_method=needed("receive_method", sent.receive_method),
    )
    whole: Draws = np.sum(list(stages.values()), axis=0)
    return whole


def mixer_ns(draws: ProfileDraws, sent: Inputs) -> Draws:
    """Return the CPU ns per s of decoding all participants, composing and encoding for them."""
    codec = needed("codec", sent.codec)
    height = needed("height", sent.height)
    frames = needed("participants", sent.participants) * needed("fps", sent.fps)
    pictures = frames * needed("pictures", sent.pictures)
    decoded = frames * frame_ns(draws, partial(keys.decode, codec), height)
    composed = pictures * frame_ns(draws, keys.compose, height)
    return decoded + composed + pictures * frame_ns(draws, partial(keys.encode, codec), height)
