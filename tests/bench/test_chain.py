import pytest

from bench.chain import build_chain, columns
from bench.samples import samples_dtype
from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.media import Unit
from pipelines.registry import load_registry
from pipelines.session import HopSession, Session
from pipelines.stage import Role, StageKind

PIPELINES = load_registry(()).pipelines


class Named:
    kind = StageKind.PACKETS

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, unit: Unit, /) -> Unit:
        return unit


def test_a_column_is_role_and_stage() -> None:
    assert columns(Role.SENDER, [Named("copy"), Named("packetize")]) == [
        "sender/copy",
        "sender/packetize",
    ]


def test_a_stage_that_comes_twice_is_numbered() -> None:
    stages = [Named("copy"), Named("seal"), Named("copy"), Named("copy")]
    assert columns(Role.RELAY, stages) == [
        "relay/copy",
        "relay/seal",
        "relay/copy#2",
        "relay/copy#3",
    ]


def test_the_codec_stands_at_both_ends() -> None:
    session = Session.fresh(codec="h264", engine=CRYPTOGRAPHY)
    chain = build_chain(
        PIPELINES["srtp-aes-128-gcm"], session, encode=Named("encode"), decode=Named("decode")
    )
    assert chain.fields == (
        "sender/encode",
        "sender/packetize",
        "sender/srtp-protect",
        "relay/srtp-unprotect",
        "relay/srtp-protect",
        "receiver/srtp-unprotect",
        "receiver/depacketize",
        "receiver/decode",
    )
    assert [stage.name for stage in (*chain.sender, *chain.onward)] == [
        field.split("/")[1] for field in chain.fields
    ]


@pytest.mark.parametrize("name", sorted(PIPELINES))
def test_every_pipeline_has_one_column_and_kind_per_stage(name: str) -> None:
    pipeline = PIPELINES[name]
    codec = pipeline.codecs[0]
    chain = build_chain(pipeline, Session.fresh(codec=codec, engine=CRYPTOGRAPHY))
    stages = len(chain.sender) + len(chain.onward)
    assert len(set(chain.fields)) == len(chain.fields) == len(chain.kinds) == stages
    assert {field.split("/")[0] for field in chain.fields} == {"sender", "relay", "receiver"}
    samples_dtype(chain.fields)


@pytest.mark.parametrize("name", sorted(PIPELINES))
def test_no_relay_is_given_the_media_key(name: str) -> None:
    session = Session.fresh(codec=PIPELINES[name].codecs[0], engine=CRYPTOGRAPHY)
    hop = session.hop()
    assert type(hop) is HopSession
    assert not hasattr(hop, "media_key")
    assert PIPELINES[name].relay(hop)


def test_each_chain_has_stages_of_its_own() -> None:
    session = Session.fresh(codec="h264", engine=CRYPTOGRAPHY)
    pipeline = PIPELINES["sframe-aes-256-gcm+srtp-aes-128-gcm"]
    first, second = build_chain(pipeline, session), build_chain(pipeline, session)
    ours = {id(stage) for stage in (*first.sender, *first.onward)}
    assert not ours & {id(stage) for stage in (*second.sender, *second.onward)}
