"""Answer before speed: what a pipeline must get right before its time is taken.

Every access unit comes out byte for byte as it went in, with its time and key-frame flag, and its
decoded frames are those of the unencrypted path; nobody writes into the frame that went in; whoever
is said to see no plaintext holds none; and each stage that opens sealed units refuses whatever an
attacker made of them and is left as it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.arrival import check_arrival
from bench.attacks import copied, message_bytes, messages, tampered
from bench.chain import Chain, build_chain
from bench.claims import (
    check_authentication_claim,
    check_extension_claims,
    check_plaintext_claims,
)
from bench.flight import beat
from bench.lent import Lender, endless
from bench.verdict import Verified, WrongAnswer
from pipelines.engines.engine import Engine
from pipelines.media import EncodedFrame, RawFrame, Unit
from pipelines.pipeline import Pipeline
from pipelines.session import Session
from pipelines.stage import Opener, Rejected

Decode = Callable[[EncodedFrame], RawFrame]

MOST_WINDOW = 1 << 15
"""Messages that a replay window can reach back: half of RTP's sequence numbers."""


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
    check_extension_claims(pipeline, fresh(), frames, verified)
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
    recorded = _Recorder(chain)
    lender = Lender()
    decode_original, decode_result = make_decoder(), make_decoder()
    for number, frame in enumerate(endless(frames)):
        if number >= len(frames) and recorded.enough(number - len(frames)):
            return recorded.inputs
        what = f"frame {number}"
        unit: Unit = lender.lend(frame)
        for position, stage in enumerate((*chain.sender, *chain.onward)):
            recorded.take(position - len(chain.sender), unit)
            try:
                unit = stage(unit)
            except Rejected as error:
                raise WrongAnswer(f"{what}: {type(error).__name__}: {error}") from error
            lender.check(frame, f"{what}: {chain.fields[position]}")
        check_arrival(frame, unit, what)
        result = unit
        assert isinstance(result, EncodedFrame)  # noqa: S101 - as check_arrival found
        if result.index != number:
            raise WrongAnswer(f"{what}: it comes out as frame {result.index}")
        verified.count("byte-exact access units")
        beat()
        if number < min(decoded_frames, len(frames)):
            _compare_decoded(decode_original(frame), decode_result(result), number)
            verified.count("equal decoded frames")
    raise AssertionError("frames repeat without end")


class _Recorder:
    """Keeps what each opener of relay and receiver is given, by its position among them."""

    def __init__(self, chain: Chain) -> None:
        self.inputs: dict[int, list[Unit]] = {}
        self._most: dict[int, int] = {}
        for position, stage in enumerate(chain.onward):
            if not isinstance(stage, Opener):
                continue
            name = chain.fields[len(chain.sender) + position]
            if type(stage.window) is not int or not 0 <= stage.window <= MOST_WINDOW:
                raise WrongAnswer(
                    f"{name}: a window of {stage.window!r}: 0 to {MOST_WINDOW} can be"
                )
            self.inputs[position] = []
            self._most[position] = stage.window + 3

    def take(self, position: int, unit: Unit) -> None:
        """Keep the messages of `unit` where the stage at `position` is one that wants more."""
        kept = self.inputs.get(position)
        if kept is not None and len(kept) < self._most[position]:
            kept += messages(copied(unit))

    def enough(self, repeated: int) -> bool:
        """Return whether every opener was given more than its window reaches.

        Raises WrongAnswer where, `repeated` frames after the last, one still was not.
        """
        wanting = [each for each, most in self._most.items() if len(self.inputs[each]) < most]
        if wanting and repeated > self._most[wanting[0]]:
            raise WrongAnswer("an opener is given no messages, and frames come out")
        return not wanting


def _compare_decoded(original: RawFrame, result: RawFrame, number: int) -> None:
    for name, before, after in zip("YUV", original.planes, result.planes, strict=True):
        if not np.array_equal(before, after):
            raise WrongAnswer(f"frame {number}: plane {name} differs from the unencrypted path")


def _check_tampering(victims: _Victims, inputs: Sequence[Unit], verified: Verified) -> None:
    stage = victims.fresh()
    untouched = tuple(stage.state())
    for genuine in (inputs[0], max(inputs, key=lambda unit: len(message_bytes(unit)))):
        for what, message in tampered(genuine):
            _must_reject(stage, message, f"{victims.name}: {what}")
            verified.count("tampered messages rejected")
            beat()
    # Nothing of the attack stuck: the genuine message is accepted, once.
    _must_accept(stage, inputs[0], f"{victims.name}: the genuine message after the attack")
    _must_reject(stage, inputs[0], f"{victims.name}: a replay")
    verified.count("replays rejected")
    # Or nothing would be proven by its being the same after an attack.
    if tuple(stage.state()) == untouched:
        raise WrongAnswer(f"{victims.name}: state() does not show that a message was accepted")


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
    right = message_bytes(victims.fresh()(copied(inputs[0]))).copy()
    try:
        wrong = message_bytes(victims.stranger(copied(inputs[0])))
    except Rejected:
        wrong = right[:0]
    if np.array_equal(right, wrong):
        raise WrongAnswer(f"{victims.name}: another key opened the message")
    verified.count("wrong keys open nothing")


def _must_accept(stage: Opener, message: Unit, what: str) -> None:
    try:
        # A copy: an opener may work in place, and the message is sent again as a replay.
        stage(copied(message))
    except Rejected as error:
        raise WrongAnswer(f"{what} was rejected: {type(error).__name__}: {error}") from error


def _must_reject(stage: Opener, message: Unit, what: str) -> None:
    before = tuple(stage.state())
    try:
        stage(copied(message))
    except Rejected:
        if tuple(stage.state()) != before:
            raise WrongAnswer(f"{what} was rejected, but it moved the state") from None
        return
    raise WrongAnswer(f"{what} was accepted")
