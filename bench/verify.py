"""Answer before speed: what a pipeline must get right before its time is taken.

Every access unit comes out byte for byte as it went in, its decoded frames are those of the
unencrypted path, whoever is said to see no plaintext holds none, and each stage that opens sealed
units refuses whatever an attacker made of them and is left as it was.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.attacks import copied, message_bytes, messages, tampered
from bench.chain import Chain, build_chain
from bench.claims import check_authentication_claim, check_plaintext_claims
from bench.verdict import Verified, WrongAnswer
from pipelines.engines.engine import Engine
from pipelines.media import EncodedFrame, RawFrame, Unit
from pipelines.pipeline import Pipeline
from pipelines.session import Session
from pipelines.stage import Opener, Rejected

Decode = Callable[[EncodedFrame], RawFrame]


def verify(
    pipeline: Pipeline,
    frames: Sequence[EncodedFrame],
    *,
    engine: Engine,
    make_decoder: Callable[[], Decode],
    decoded_frames: int,
) -> Verified:
    """Return what was checked of `pipeline` on `frames` (the access units of one clip).

    The first `decoded_frames` of what comes out are decoded beside the originals.
    Raises WrongAnswer.
    """
    verified = Verified()
    session = Session.fresh(codec=frames[0].codec, engine=engine)
    chain = build_chain(pipeline, session)
    recorded = _round_trip(chain, frames, make_decoder, decoded_frames, verified)
    # New keys each time: the senders of the other chains have used their first counters.
    fresh = partial(Session.fresh, codec=frames[0].codec, engine=engine)
    check_plaintext_claims(pipeline, fresh(), frames, verified)
    stranger = build_chain(pipeline, fresh())
    for position, inputs in recorded.items():
        victims = _Victims(
            name=chain.fields[len(chain.sender) + position],
            fresh=partial(_new_opener, pipeline, session, position),
            stranger=_opener(stranger, position),
        )
        if victims.stranger.authenticates:
            _check_tampering(victims, inputs, verified)
            _check_replay_window(victims, inputs, verified)
        _check_wrong_key(victims, inputs, verified)
    check_authentication_claim(pipeline, fresh(), frames, verified)
    return verified


@dataclass(frozen=True, slots=True, kw_only=True)
class _Victims:
    """The stage under attack: new ones with the right keys, and one with other keys."""

    name: str
    fresh: Callable[[], Opener]
    stranger: Opener


def _new_opener(pipeline: Pipeline, session: Session, position: int) -> Opener:
    return _opener(build_chain(pipeline, session), position)


def _opener(chain: Chain, position: int) -> Opener:
    stage = chain.onward[position]
    assert isinstance(stage, Opener)  # noqa: S101 - recorded as one by _round_trip
    return stage


def _round_trip(
    chain: Chain,
    frames: Sequence[EncodedFrame],
    make_decoder: Callable[[], Decode],
    decoded_frames: int,
    verified: Verified,
) -> dict[int, list[Unit]]:
    """Send every frame through, compare, and return the inputs that each opener was given.

    Frames repeat until every opener has been given more messages than its window reaches.
    """
    openers = {i: stage for i, stage in enumerate(chain.onward) if isinstance(stage, Opener)}
    recorded: dict[int, list[Unit]] = {position: [] for position in openers}
    decode_original, decode_result = make_decoder(), make_decoder()
    for number, frame in enumerate(_repeat(frames)):
        wanting = [
            position
            for position, stage in openers.items()
            if len(recorded[position]) <= stage.window + 2
        ]
        if number >= len(frames) and not wanting:
            return recorded
        unit: Unit = frame
        try:
            for stage in chain.sender:
                unit = stage(unit)
            for position, stage in enumerate(chain.onward):
                if position in wanting:
                    recorded[position] += messages(copied(unit))
                unit = stage(unit)
        except Rejected as error:
            raise WrongAnswer(f"frame {number}: {type(error).__name__}: {error}") from error
        result = _byte_exact(frame, unit, number)
        verified.count("byte-exact access units")
        if number < min(decoded_frames, len(frames)):
            _compare_decoded(decode_original(frame), decode_result(result), number)
            verified.count("equal decoded frames")
    raise AssertionError("frames repeat without end")


def _repeat(frames: Sequence[EncodedFrame]) -> Iterator[EncodedFrame]:
    while True:
        yield from frames


def _byte_exact(frame: EncodedFrame, unit: Unit, number: int) -> EncodedFrame:
    if not isinstance(unit, EncodedFrame):
        raise WrongAnswer(f"frame {number}: the receiver ends with a {type(unit).__name__}")
    if not np.array_equal(unit.payload, frame.payload):
        raise WrongAnswer(
            f"frame {number}: {len(frame.payload)} bytes went in, {len(unit.payload)} other bytes"
            " came out"
        )
    if unit.codec != frame.codec:
        raise WrongAnswer(f"frame {number}: codec {frame.codec} went in, {unit.codec} came out")
    return unit


def _compare_decoded(original: RawFrame, result: RawFrame, number: int) -> None:
    for name, before, after in zip("YUV", original.planes, result.planes, strict=True):
        if not np.array_equal(before, after):
            raise WrongAnswer(f"frame {number}: plane {name} differs from the unencrypted path")


def _check_tampering(victims: _Victims, inputs: Sequence[Unit], verified: Verified) -> None:
    stage = victims.fresh()
    for genuine in (inputs[0], max(inputs, key=lambda unit: len(message_bytes(unit)))):
        for what, message in tampered(genuine):
            _must_reject(stage, message, f"{victims.name}: {what}")
            verified.count("tampered messages rejected")
    # Nothing of the attack stuck: the genuine message is accepted, once.
    _must_accept(stage, inputs[0], f"{victims.name}: the genuine message after the attack")
    _must_reject(stage, inputs[0], f"{victims.name}: a replay")
    verified.count("replays rejected")


def _check_replay_window(victims: _Victims, inputs: Sequence[Unit], verified: Verified) -> None:
    stage = victims.fresh()
    for message in inputs[1 : stage.window // 2]:
        _must_accept(stage, message, f"{victims.name}: a message in order")
    _must_accept(stage, inputs[0], f"{victims.name}: a late message inside the window")
    verified.count("late messages accepted")
    stage = victims.fresh()
    for message in inputs[1 : stage.window + 2]:
        _must_accept(stage, message, f"{victims.name}: a message in order")
    _must_reject(stage, inputs[0], f"{victims.name}: a message older than the window")
    verified.count("messages beyond the window rejected")


def _check_wrong_key(victims: _Victims, inputs: Sequence[Unit], verified: Verified) -> None:
    if victims.stranger.authenticates:
        _must_reject(victims.stranger, inputs[0], f"{victims.name}: another key")
        verified.count("wrong keys rejected")
        return
    right = message_bytes(victims.fresh()(inputs[0])).copy()
    try:
        wrong = message_bytes(victims.stranger(inputs[0]))
    except Rejected:
        wrong = right[:0]
    if np.array_equal(right, wrong):
        raise WrongAnswer(f"{victims.name}: another key opened the message")
    verified.count("wrong keys open nothing")


def _must_accept(stage: Opener, message: Unit, what: str) -> None:
    try:
        stage(message)
    except Rejected as error:
        raise WrongAnswer(f"{what} was rejected: {type(error).__name__}: {error}") from error


def _must_reject(stage: Opener, message: Unit, what: str) -> None:
    before = stage.state()
    try:
        stage(message)
    except Rejected:
        if stage.state() != before:
            raise WrongAnswer(f"{what} was rejected, but it moved the state") from None
        return
    raise WrongAnswer(f"{what} was accepted")
