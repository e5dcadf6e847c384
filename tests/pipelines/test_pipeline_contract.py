"""What every registered pipeline keeps, whichever it is."""

import dataclasses
import re
from collections.abc import Mapping

import numpy as np
import pytest

from bench.verify import verify
from pipelines.codecs.decoder import Decoder
from pipelines.engines.pyca import CRYPTOGRAPHY, PycaEngine
from pipelines.formats.sframe.context import SframeSender
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import CODECS, U8, EncodedFrame, PacketBatch, Unit
from pipelines.pipeline import Pipeline, Stages
from pipelines.registry import BUILTIN, load_registry
from pipelines.session import HopSession, Session
from pipelines.stage import NonceExhausted, Opener, Party, Rejected, StageKind
from pipelines.stages.sealed_frame import SealFrame
from pipelines.stages.transport import Packetize

Units = Mapping[str, tuple[EncodedFrame, ...]]

PIPELINES = load_registry().pipelines
SIZE = (320, 180)  # of the pictures behind `access_units`
KEYLESS = {"null", "raw-null"}

every_pipeline = pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES)
every_builtin = pytest.mark.parametrize("pipeline", BUILTIN, ids=[p.name for p in BUILTIN])
keyed = [pipeline for pipeline in PIPELINES.values() if pipeline.name not in KEYLESS]
every_keyed_pipeline = pytest.mark.parametrize("pipeline", keyed, ids=[p.name for p in keyed])
every_way = pytest.mark.parametrize(
    ("pipeline", "codec"),
    [(pipeline, codec) for pipeline in PIPELINES.values() for codec in pipeline.codecs],
    ids=lambda value: value if isinstance(value, str) else value.name,
)


def fresh(codec: str) -> Session:
    return Session.fresh(codec=codec, engine=CRYPTOGRAPHY)


def passed(stages: Stages, unit: Unit) -> Unit:
    for stage in stages:
        unit = stage(unit)
    return unit


def payload_of(unit: Unit) -> bytes:
    assert isinstance(unit, EncodedFrame)
    return unit.payload.tobytes()


def messages(unit: Unit) -> list[U8]:
    if isinstance(unit, PacketBatch):
        return unit.rows()
    assert isinstance(unit, EncodedFrame)
    return [unit.payload]


def all_stages(pipeline: Pipeline, session: Session) -> Stages:
    return (
        *pipeline.sender(session),
        *pipeline.relay(session.hop()),
        *pipeline.receiver(session),
    )


def sealed_by(stages: Stages, frame: EncodedFrame) -> list[bytes]:
    return [message.tobytes() for message in messages(passed(stages, frame))]


# The way of a frame


@every_way
def test_every_access_unit_comes_back_byte_for_byte(
    pipeline: Pipeline, codec: str, access_units: Units
) -> None:
    session = fresh(codec)
    way = all_stages(pipeline, session)
    for frame in access_units[codec]:
        result = passed(way, frame)
        assert payload_of(result) == frame.payload.tobytes()
        assert isinstance(result, EncodedFrame)
        assert (result.codec, result.index) == (codec, frame.index)
        # RTP carries 90 kHz ticks (RFC 6184 8.2.1 and its siblings): half a tick is lost at most.
        assert abs(result.pts_ns - frame.pts_ns) <= 5556


@every_pipeline
def test_the_answers_pass_the_verification_of_the_product(
    pipeline: Pipeline, access_units: Units
) -> None:
    frames = access_units["h264" if "h264" in pipeline.codecs else pipeline.codecs[0]]
    verified = verify(
        pipeline,
        frames,
        engine=CRYPTOGRAPHY,
        make_decoder=lambda: Decoder(frames[0].codec, *SIZE).decode,
        decoded_frames=4,
    )
    assert verified.checks["byte-exact access units"] >= len(frames)
    assert verified.checks["equal decoded frames"] == 4
    assert ("tampered messages rejected" in verified.checks) == pipeline.authenticated


# Who can read it


@every_way
def test_the_media_is_seen_where_it_is_claimed_and_nowhere_else(
    pipeline: Pipeline, codec: str, access_units: Units
) -> None:
    session = fresh(codec)
    frame = access_units[codec][0]
    on_the_wire = [passed(pipeline.sender(session), frame)]
    at_the_relay = [on_the_wire[0]]
    for stage in pipeline.relay(session.hop()):
        at_the_relay.append(stage(at_the_relay[-1]))
    on_the_wire.append(at_the_relay[-1])
    for party, held in ((Party.NETWORK, on_the_wire), (Party.RELAY, at_the_relay)):
        assert shows(held, frame.payload) == (party in pipeline.sees_plaintext), party
    assert pipeline.sees_plaintext >= {Party.SENDER, Party.RECEIVER}


def shows(units: list[Unit], media: U8) -> bool:
    data = [message.tobytes() for unit in units for message in messages(unit)]
    needles = [media[at : at + 24].tobytes() for at in range(0, len(media) - 24, len(media) // 9)]
    return any(needle in held for needle in needles for held in data)


@every_pipeline
@pytest.mark.parametrize("party", [Party.NETWORK, Party.RELAY])
def test_the_keys_of_a_party_open_the_media_only_where_that_is_claimed(
    pipeline: Pipeline, party: Party, access_units: Units
) -> None:
    """Try it: run the receiver on all that leaves the relay, with the keys that the party has."""
    codec = pipeline.codecs[0]
    session, guessed = fresh(codec), fresh(codec)
    # Everybody knows the SSRC; of the keys, a relay has those of its hops and the network none.
    known = session if party == Party.RELAY else guessed
    attacker = dataclasses.replace(
        guessed, ssrc=session.ssrc, uplink=known.uplink, downlink=known.downlink
    )
    relayed = (*pipeline.sender(session), *pipeline.relay(session.hop()))
    receiver = pipeline.receiver(attacker)
    for frame in access_units[codec]:
        unit = passed(relayed, frame)
        try:
            read = payload_of(passed(receiver, unit)) == frame.payload.tobytes()
        except Rejected:
            read = False
        assert read == (party in pipeline.sees_plaintext)


def test_the_type_a_relay_is_given_has_no_place_for_a_media_key() -> None:
    hop = fresh("h264").hop()
    assert type(hop) is HopSession
    assert "media_key" not in {field.name for field in dataclasses.fields(HopSession)}
    assert not hasattr(hop, "media_key")


# Keys, nonces and refusals


@every_keyed_pipeline
def test_two_sessions_never_seal_alike(pipeline: Pipeline, access_units: Units) -> None:
    codec = pipeline.codecs[0]
    frame = access_units[codec][0]
    one, other = (sealed_by(pipeline.sender(fresh(codec)), frame) for _ in range(2))
    assert all(middle(a) != middle(b) for a, b in zip(one, other, strict=True))


@every_keyed_pipeline
def test_what_one_session_sealed_another_does_not_open(
    pipeline: Pipeline, access_units: Units
) -> None:
    codec = pipeline.codecs[0]
    frame = access_units[codec][0]
    session = fresh(codec)
    stranger = dataclasses.replace(fresh(codec), ssrc=session.ssrc)
    unit = passed((*pipeline.sender(session), *pipeline.relay(session.hop())), frame)
    try:
        assert payload_of(passed(pipeline.receiver(stranger), unit)) != frame.payload.tobytes()
    except Rejected:
        return
    assert not pipeline.authenticated


@every_keyed_pipeline
def test_the_same_unit_is_never_sealed_twice_into_the_same_bytes(
    pipeline: Pipeline, access_units: Units
) -> None:
    codec = pipeline.codecs[0]
    frame = access_units[codec][0]
    sender = pipeline.sender(fresh(codec))
    first, second = sealed_by(sender, frame), sealed_by(sender, frame)
    assert all(a != b for a, b in zip(first, second, strict=True))
    # Headers and tags differ by their counters alone; under a nonce used twice the ciphertext
    # between them would not. ECB, which has no nonce, shows it: that is what its label is for.
    repeats = [middle(a) == middle(b) for a, b in zip(first, second, strict=True)]
    assert all(repeats) if "insecure" in pipeline.labels else not any(repeats)


def middle(message: bytes) -> bytes:
    """The middle third: past every header, before every tag."""
    return message[len(message) // 3 : 2 * len(message) // 3]


@every_pipeline
def test_a_flipped_bit_is_refused_unless_the_label_says_otherwise(
    pipeline: Pipeline, access_units: Units
) -> None:
    codec = pipeline.codecs[0]
    frame = access_units[codec][0]
    session = fresh(codec)
    unit = passed(pipeline.sender(session), frame)
    message = messages(unit)[0]
    message[len(message) // 2] ^= np.uint8(1)
    onward = (*pipeline.relay(session.hop()), *pipeline.receiver(session))
    if pipeline.authenticated:
        with pytest.raises(Rejected):
            passed(onward, unit)
    else:
        assert payload_of(passed(onward, unit)) != frame.payload.tobytes()


class LastNonces(PycaEngine):
    """The real engine, whose senders have one SFrame counter and the last ROC of SRTP left."""

    def sframe_encryptor(self, suite: SframeSuite, base_key: bytes, kid: int) -> SframeSender:
        sender = super().sframe_encryptor(suite, base_key, kid)
        sender._counter.skip_to(2**64 - 2)
        return sender

    def srtp_protector(
        self, profile: SrtpProfile, master: MasterKey, *, initial_roc: int = 0
    ) -> SrtpSender:
        assert initial_roc == 0
        return SrtpSender(profile, master, initial_roc=2**32 - 1)


@pytest.mark.parametrize("pipeline", [p for p in BUILTIN if p in keyed], ids=lambda p: p.name)
def test_at_the_end_of_its_counter_a_sender_stops(pipeline: Pipeline, access_units: Units) -> None:
    codec = "raw" if pipeline.codecs == ("raw",) else "h264"
    frame = access_units[codec][1]
    sender = pipeline.sender(Session.fresh(codec=codec, engine=LastNonces()))
    for stage in sender:
        if isinstance(stage, SealFrame):
            stage._sealer._counter.skip_to(2**64 - 2)
        if isinstance(stage, Packetize):
            stage._packetizer._next_sequence_number = 2**16 - 16
    sealed = [sealed_by(sender, frame)]
    with pytest.raises(NonceExhausted):
        sealed.extend(sealed_by(sender, frame) for _ in range(100))
    with pytest.raises(NonceExhausted):
        passed(sender, frame)
    assert len({message for unit in sealed for message in unit}) == sum(map(len, sealed))


@every_pipeline
def test_no_key_shows_in_what_a_log_or_a_traceback_may_print(
    pipeline: Pipeline, access_units: Units
) -> None:
    codec = pipeline.codecs[0]
    session = fresh(codec)
    stages = all_stages(pipeline, session)
    passed(stages, access_units[codec][0])
    shown = "".join(f"{thing!r} {thing!s}" for thing in (pipeline, session, session.hop(), *stages))
    for key in (session.uplink, session.downlink, session.media_key):
        for part in (key[:8], key[-8:]):
            assert part.hex() not in shown
            assert repr(part)[2:-1] not in shown


# What a reader is told


@every_pipeline
def test_name_summary_and_source_are_there(pipeline: Pipeline) -> None:
    assert PIPELINES[pipeline.name] is pipeline
    assert re.fullmatch(r"[a-z0-9]+([-+.][a-z0-9]+)*", pipeline.name)
    for text in (pipeline.summary, pipeline.source, *pipeline.labels):
        assert text
        assert text == " ".join(text.split())
    assert pipeline.codecs
    assert set(pipeline.codecs) <= set(CODECS)


@every_builtin
def test_labels_warn_of_what_is_insecure_unauthenticated_or_private(pipeline: Pipeline) -> None:
    if pipeline.name in KEYLESS:
        assert pipeline.labels == ("unauthenticated",)
    elif "ecb" in pipeline.name:
        assert pipeline.labels == ("insecure", "unauthenticated")
    elif pipeline.name.startswith("sframe-chacha20"):
        assert pipeline.labels == ("private suite",)
    else:
        assert pipeline.labels == ()


@every_pipeline
def test_stages_are_named_by_role_and_say_what_they_spend_time_on(pipeline: Pipeline) -> None:
    session = fresh(pipeline.codecs[0])
    for stages in (
        pipeline.sender(session),
        pipeline.relay(session.hop()),
        pipeline.receiver(session),
    ):
        names = [stage.name for stage in stages]
        assert names
        assert len(set(names)) == len(names)
        for stage in stages:
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", stage.name)
            assert isinstance(stage.kind, StageKind)
            is_crypto = re.search("crypt|protect|seal|open|copy", stage.name) is not None
            assert is_crypto == (stage.kind == StageKind.CRYPTO)


@every_keyed_pipeline
def test_whatever_seals_has_an_opener_that_says_if_it_authenticates(pipeline: Pipeline) -> None:
    session = fresh(pipeline.codecs[0])
    openers = [stage for stage in all_stages(pipeline, session) if isinstance(stage, Opener)]
    assert openers
    for opener in openers:
        assert opener.authenticates == pipeline.authenticated
        assert opener.window == session.window
        assert all(isinstance(number, int) for number in opener.state())


@every_pipeline
def test_each_call_builds_stages_with_state_of_their_own(
    pipeline: Pipeline, access_units: Units
) -> None:
    codec = pipeline.codecs[0]
    session = fresh(codec)
    one, other = all_stages(pipeline, session), all_stages(pipeline, session)
    assert not {id(stage) for stage in one} & {id(stage) for stage in other}
    # The same session again is the same keys from the first counter on: a second set of openers
    # must take what the first has taken, for its replay windows are its own.
    frame = access_units[codec][0]
    assert payload_of(passed(one, frame)) == payload_of(passed(other, frame))


def test_there_are_as_many_pipelines_as_ciphers_and_formats_allow() -> None:
    by_family = {
        "null": 1,
        "raw-": 6,  # null, five ciphers
        "srtp-": 6 + 2 * 2,  # profiles, and two with a header extension: in the clear, encrypted
        "sframe-": 6 + 6 * 6,  # suites, and each over each profile
    }
    for prefix, count in by_family.items():
        assert sum(p.name.startswith(prefix) for p in BUILTIN) == count, prefix
    assert len(BUILTIN) == sum(by_family.values())
