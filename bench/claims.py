"""A pipeline's claims, proven by trying: who sees the media, and who could change it unnoticed."""

from collections.abc import Sequence

import numpy as np

from bench.attacks import LARGE_BYTES, message_bytes, messages, with_bytes
from bench.flight import beat
from bench.lent import Lender
from bench.verdict import Verified, WrongAnswer
from pipelines.formats.rtp import parse
from pipelines.formats.srtp.cryptex import SHOWN
from pipelines.media import U8, EncodedFrame, PacketBatch, Unit
from pipelines.pipeline import Pipeline
from pipelines.session import Session
from pipelines.stage import Opener, Party, Rejected, Stage

NEEDLE_BYTES = 12
"""A piece of the media that is looked for. Twelve random bytes match by chance never; longer ones
would miss plaintext where a payload format cuts tiny units up (AV1 drops each OBU's size)."""

NEEDLES = 64
"""Pieces of a unit looked for, evenly spread; in a tiny unit one from every place."""

NEEDLES_LARGE = 8
"""The same for units too large to be searched so often."""

EXTENDED = 0x90
"""The upper half of an RTP packet's first byte: version 2, no padding, an extension."""

RELAY_ATTACKS = 16
"""Frames that a relay tries to change."""


def check_plaintext_claims(
    pipeline: Pipeline, session: Session, frames: Sequence[EncodedFrame], verified: Verified
) -> None:
    """Look for each frame in whatever network and relay get to hold of it. Raises WrongAnswer.

    `session` has keys that no other chain has sealed with.
    """
    sender, relay = pipeline.sender(session), pipeline.relay(session.hop())
    held_by = {Party.NETWORK: False, Party.RELAY: False}
    lender = Lender()
    for frame in frames:
        beat()
        needles = needles_of(frame.payload)
        unit: Unit = lender.lend(frame)
        for stage in sender:
            unit = stage(unit)
        look_beyond_the_sender(unit, relay, needles, held_by)
    for party, found in held_by.items():
        if found != (party in pipeline.sees_plaintext):
            claim = "sees plaintext" if party in pipeline.sees_plaintext else "sees no plaintext"
            raise WrongAnswer(
                f"it is claimed that the {party} {claim}, and the media was"
                f" {'found' if found else 'not found'} there"
            )
        verified.count("plaintext claims")


def check_extension_claims(
    pipeline: Pipeline, session: Session, frames: Sequence[EncodedFrame], verified: Verified
) -> None:
    """Look for the header extensions of each frame's packets in what network and relay get.

    Those are looked for that some unit on the sender's way carries in the clear. Raises
    WrongAnswer. `session` has keys that no other chain has sealed with.
    """
    if pipeline.sees_extensions is None:
        return
    sender, relay = pipeline.sender(session), pipeline.relay(session.hop())
    held_by = {Party.NETWORK: False, Party.RELAY: False}
    lender = Lender()
    for frame in frames:
        beat()
        unit: Unit = lender.lend(frame)
        extensions: set[bytes] = set()
        for stage in sender:
            unit = stage(unit)
            extensions |= clear_extensions(unit)
        if not extensions:
            raise WrongAnswer("header extensions are claimed to be sent, and none was found")
        needles = sorted(extensions)
        look_beyond_the_sender(unit, relay, needles, held_by)
    for party, found in held_by.items():
        if found != (party in pipeline.sees_extensions):
            raise WrongAnswer(
                f"header extensions were {'found' if found else 'not found'} at the {party}, and"
                " the opposite is claimed"
            )
        verified.count("header extension claims")


def look_beyond_the_sender(
    unit: Unit, relay: Sequence[Stage], needles: Sequence[bytes], held_by: dict[Party, bool]
) -> None:
    """Send what the sender made through `relay`; note in `held_by` who holds any of `needles`."""
    arrived = holds(unit, needles)
    inside = False
    for stage in relay:
        unit = stage(unit)
        inside = inside or holds(unit, needles)
    held_by[Party.NETWORK] |= arrived or holds(unit, needles)
    held_by[Party.RELAY] |= arrived or inside


def clear_extensions(unit: Unit) -> set[bytes]:
    """Return the content of the RTP header extensions that `unit` carries in the clear."""
    if not isinstance(unit, PacketBatch):
        return set()
    parsed = (parse(row)[0].extension for row in unit.rows() if row[0] & 0xF0 == EXTENDED)
    return {found[1] for found in parsed if found and found[0] not in SHOWN and found[1]}


def check_authentication_claim(
    pipeline: Pipeline, session: Session, frames: Sequence[EncodedFrame], verified: Verified
) -> None:
    """Only a pipeline labelled `unauthenticated` may let changed media through.

    Where the relay is said to hold no plaintext, a relay that changes what it holds must be
    noticed by the receiver, whatever protects the hops. Raises WrongAnswer.
    """
    if not pipeline.authenticated:
        return
    receiver = pipeline.receiver(session)
    if not any(isinstance(stage, Opener) and stage.authenticates for stage in receiver):
        raise WrongAnswer(
            "no stage of the receiver authenticates, and the label 'unauthenticated' is missing"
        )
    if Party.RELAY in pipeline.sees_plaintext:
        return
    sender, relay = pipeline.sender(session), pipeline.relay(session.hop())
    lender = Lender()
    for number, frame in enumerate(frames[:RELAY_ATTACKS]):
        unit: Unit = lender.lend(frame)
        for stage in (*sender, *relay[:-1]):
            unit = stage(unit)
        unit = changed_inside(unit, number)
        try:
            for stage in (*relay[-1:], *receiver):
                unit = stage(unit)
        except Rejected:
            verified.count("changes by a relay rejected")
            continue
        if not np.array_equal(message_bytes(unit), frame.payload):
            raise WrongAnswer(
                "a relay that changed what it holds was not noticed, and the label"
                " 'unauthenticated' is missing"
            )


def changed_inside(unit: Unit, number: int) -> Unit:
    """Return `unit` with one bit of its largest message flipped, behind all headers."""
    if isinstance(unit, PacketBatch):
        batch = unit.copy()
        flip(batch.row(int(batch.size.argmax())), number)
        return batch
    data = message_bytes(unit).copy()
    flip(data, number)
    return with_bytes(unit, data)


def flip(data: U8, number: int) -> None:
    """Flip a bit of one of the last bytes of `data`, another one for each `number`."""
    data[-1 - number % min(len(data), RELAY_ATTACKS)] ^= np.uint8(1 << number % 8)


def needles_of(payload: U8) -> list[bytes]:
    """Return pieces of `payload`, evenly spread."""
    last = max(0, len(payload) - NEEDLE_BYTES)
    wanted = NEEDLES_LARGE if len(payload) > LARGE_BYTES else NEEDLES
    starts = np.linspace(0, last, min(wanted, last + 1), dtype=np.int64)
    return [payload[start : start + NEEDLE_BYTES].tobytes() for start in starts.tolist()]


def holds(unit: Unit, needles: Sequence[bytes]) -> bool:
    """Return whether one of `needles` stands in a message of `unit`."""
    held = [message_bytes(message).tobytes() for message in messages(unit)]
    return any(needle in data for needle in needles for data in held)
