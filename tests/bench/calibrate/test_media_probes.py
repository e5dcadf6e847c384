"""Media probes on a small drawn clip: the counts are the material's, and wrong answers are seen."""

import dataclasses
import os

import numpy as np
import pytest

from bench.calibrate.block import Block, BlockProbe
from bench.calibrate.bursts import Numbers, all_bursts
from bench.calibrate.codecs import DECODED_FRAMES, ENCODED_FRAMES, check_codec
from bench.calibrate.compose import Tile, check_tile
from bench.calibrate.fan_out import RECEIVERS, check_fan_out, new_fan_out
from bench.calibrate.media import media_plans
from bench.calibrate.media_clips import CLIPS, CODECS, MediaClips
from bench.calibrate.probe import Bench, ProbePlan, Reading
from bench.calibrate.traces import traces
from bench.calibrate.units import audio_cells, video_cells
from bench.clips.encoded import EncodedClip
from bench.clips.footage import raw_frames
from bench.clips.synthetic import synthetic_footage
from bench.material import Library, Material
from bench.profile import keys
from bench.progress import Silent
from bench.verdict import WrongAnswer
from pipelines.ciphers.aead import Aead, Cipher
from pipelines.codecs.encoder import Encoder
from pipelines.codecs.settings import ENCODER_LIBRARIES, conference_settings
from pipelines.engines.native.relay import Rewrite
from pipelines.engines.pyca import CRYPTOGRAPHY, PycaEngine
from pipelines.engines.table import choose_engine
from pipelines.formats.packetizer import DEFAULT_MTU, Packetizer
from pipelines.formats.rtp import FIXED_SIZE
from pipelines.formats.sframe.context import SframeSender
from pipelines.formats.sframe.suites import SUITES, SframeSuite
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import OPAQUE, PacketBatch

CLIP = "synthetic-head-180p"
SMALL = MediaClips(ladder={180: CLIP}, traced=(CLIP,))
FRAMES = 12
ENGINE = choose_engine("auto").engine


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Drawn frames in every codec, in a library that has nothing to fetch or to encode."""
    footage = synthetic_footage(CLIP, max_frames=FRAMES)
    library = Library({}, Silent())
    library._footage[CLIP] = footage
    for codec in CODECS:
        settings = conference_settings(codec, 320, 180, footage.facts.fps)
        encoder = Encoder(settings)
        units = tuple(encoder.encode(frame) for frame in footage.frames)
        clip = EncodedClip(
            name=CLIP,
            codec=codec,
            settings=settings,
            description="",
            facts=footage.facts,
            frames=units,
        )
        library._materials[CLIP, codec] = Material(clip, library)
    return Bench(engine=ENGINE, library=library, progress=Silent(), seed=1)


SMALL_FOR_ALL = CLIPS.renamed(lambda _: CLIP)


def plan_of(key: str) -> ProbePlan:
    (plan,) = [plan for plan in media_plans(SMALL_FOR_ALL) if key in plan.on]
    return plan


ROUNDS: dict[tuple[str, str], list[Reading]] = {}
"""What the probes read in one round, by engine and plan: opening one takes up to a second."""


def readings(bench: Bench, key: str) -> list[Reading]:
    """Return what the probe of `key` reads of it in one round."""
    plan = plan_of(key)
    at = bench.engine.name, plan.name
    if at not in ROUNDS:
        probe = plan.open(bench)
        try:
            ROUNDS[at] = list(probe.measure())
        finally:
            probe.close()
    assert {reading.key for reading in ROUNDS[at]} == plan.on.keys()
    assert all(reading.cpu_ns > 0 for reading in ROUNDS[at])
    return [reading for reading in ROUNDS[at] if reading.key == key]


def test_every_media_cost_is_given_by_exactly_one_plan() -> None:
    given = [key for plan in media_plans() for key in plan.on]
    wanted = [
        *(
            key(codec, height)
            for key in (keys.encode, keys.decode)
            for codec in CODECS
            for height in keys.HEIGHTS
        ),
        *(keys.compose(height) for height in keys.HEIGHTS),
        *(key(codec) for key in (keys.packetize, keys.depacketize) for codec in (*CODECS, OPAQUE)),
        *(
            key(profile)
            for key in (keys.srtp_protect, keys.srtp_unprotect, keys.fan_out)
            for profile in PROFILES
        ),
        *(
            key(suite.name)
            for key in (keys.sframe_encrypt, keys.sframe_decrypt)
            for suite in SUITES.values()
        ),
        *(
            key(cipher)
            for key in (keys.aead_seal, keys.aead_open)
            for cipher in ("aes-128-gcm", "aes-256-gcm", "chacha20-poly1305")
        ),
        keys.SCAN_LUMA,
        *(keys.scan_hash("pdq", height) for height in keys.HEIGHTS),
        *(keys.scan_lookup("pdq", size) for size in keys.LIST_SIZES),
    ]
    assert sorted(given) == sorted(wanted)
    assert len({plan.name for plan in media_plans()}) == len(media_plans())


@pytest.mark.parametrize("codec", CODECS)
def test_a_call_of_a_codec_is_a_frame(bench: Bench, codec: str) -> None:
    (encoded,) = readings(bench, keys.encode(codec, 180))
    (decoded,) = readings(bench, keys.decode(codec, 180))
    assert (encoded.calls, encoded.packets, encoded.size_bytes) == (ENCODED_FRAMES[180], 0, 0)
    assert (decoded.calls, decoded.packets, decoded.size_bytes) == (DECODED_FRAMES[180], 0, 0)


def test_a_clip_of_another_height_is_refused_with_both_heights(bench: Bench) -> None:
    with pytest.raises(Exception, match="180p has 180 lines: nothing to measure 720 on"):
        plan_of(keys.encode("h264", 720)).open(bench)
    with pytest.raises(Exception, match="180p has 180 lines: nothing to measure 720 on"):
        plan_of(keys.compose(360)).open(bench)
    with pytest.raises(Exception, match="180p has 180 lines: nothing to measure 360 on"):
        plan_of(keys.scan_hash("pdq", 360)).open(bench)


@pytest.mark.parametrize("codec", ["h264", OPAQUE])
def test_packets_and_bytes_are_those_of_the_access_units(bench: Bench, codec: str) -> None:
    cells = video_cells(bench, SMALL_FOR_ALL, codec)
    expected = set()
    for cell in cells:
        packetizer = Packetizer(codec, ssrc=1, mtu=DEFAULT_MTU)
        packets = sum(len(packetizer.packetize(unit)) for unit in cell.units)
        size_bytes = sum(len(unit.payload) for unit in cell.units)
        expected.add((len(cell.units), packets, size_bytes))
    for key in (keys.packetize(codec), keys.depacketize(codec)):
        found = readings(bench, key)
        counts = {(each.calls, each.packets, each.size_bytes) for each in found}
        assert expected < counts
        # The same units in smaller packets.
        assert {(calls, size) for calls, _, size in counts} == {(c, s) for c, _, s in expected}


@pytest.mark.parametrize("profile", ["aes-128-gcm", "aes-cm-128-hmac-sha1-32"])
def test_srtp_counts_rtp_payload(bench: Bench, profile: str) -> None:
    bursts = all_bursts(bench, SMALL_FOR_ALL)
    expected = sorted(
        (len(each.batches), len(each.table), each.table.total_bytes - FIXED_SIZE * len(each.table))
        for each in bursts
    )
    for key in (keys.srtp_protect(profile), keys.srtp_unprotect(profile)):
        found = readings(bench, key)
        assert sorted((each.calls, each.packets, each.size_bytes) for each in found) == expected


def test_the_proportions_of_srtp_readings_tell_three_terms_apart(bench: Bench) -> None:
    counts = np.array(
        [
            (each.calls, each.packets, each.size_bytes)
            for each in readings(bench, keys.srtp_protect("aes-128-gcm"))
        ],
        dtype=np.float64,
    )
    scaled = counts / np.linalg.norm(counts, axis=0)
    assert np.linalg.svd(scaled, compute_uv=False).min() > 0.1


def test_a_fan_out_counts_what_leaves(bench: Bench) -> None:
    found = readings(bench, keys.fan_out("aes-128-gcm"))
    few, many = RECEIVERS
    assert len(found) == 2 * len(all_bursts(bench, SMALL_FOR_ALL))
    for each in found:
        assert each.packets % (few if each.packets % many else many) == 0
        assert each.packets >= each.calls * few
    audio = [each for each in found if each.packets == many * each.calls]
    assert {each.size_bytes // each.packets for each in audio} >= {91, 161}


def test_another_engine_protects_each_copy(bench: Bench) -> None:
    profile = PROFILES["aes-128-gcm"]
    receivers = [(MasterKey.fresh(profile), Rewrite(ssrc=each + 1)) for each in range(3)]
    fan_out = new_fan_out(CRYPTOGRAPHY, profile, receivers)
    bursts = all_bursts(bench, SMALL_FOR_ALL)[0]
    check_fan_out(profile, receivers, fan_out, Numbers().give(bursts)[0])
    plan = plan_of(keys.fan_out(profile.name))
    assert "one protect for each receiver's copy" in plan.library(CRYPTOGRAPHY)
    assert "copy" not in plan.library(ENGINE)


def test_a_fan_out_to_the_wrong_receivers_is_seen(bench: Bench) -> None:
    profile = PROFILES["aes-128-gcm"]
    receivers = [(MasterKey.fresh(profile), Rewrite(ssrc=each + 1)) for each in range(2)]
    fan_out = new_fan_out(ENGINE, profile, receivers)
    batch = Numbers().give(all_bursts(bench, SMALL_FOR_ALL)[0])[0]
    with pytest.raises(WrongAnswer, match="other packets than the reference's"):
        check_fan_out(profile, receivers[::-1], fan_out, batch)


class OtherKeys(PycaEngine):
    """Seals everything, under keys of its own."""

    name = "other-keys"

    def aead(self, cipher: Cipher, key: bytes) -> Aead:
        return super().aead(cipher, os.urandom(len(key)))

    def sframe_encryptor(self, suite: SframeSuite, base_key: bytes, kid: int) -> SframeSender:
        return super().sframe_encryptor(suite, os.urandom(len(base_key)), kid)

    def srtp_protector(
        self, profile: SrtpProfile, master: MasterKey, *, initial_roc: int = 0
    ) -> SrtpSender:
        del master
        return super().srtp_protector(profile, MasterKey.fresh(profile), initial_roc=initial_roc)


@pytest.mark.parametrize(
    "key",
    [
        keys.srtp_protect("aes-256-gcm"),
        keys.fan_out("aes-cm-128-hmac-sha1-80"),
        keys.sframe_encrypt("aes-256-gcm"),
        keys.aead_seal("chacha20-poly1305"),
    ],
)
def test_an_engine_with_wrong_bytes_is_seen_before_it_is_timed(bench: Bench, key: str) -> None:
    with pytest.raises(WrongAnswer):
        plan_of(key).open(dataclasses.replace(bench, engine=OtherKeys()))


@pytest.mark.parametrize("suite", ["aes-128-gcm", "aes-128-ctr-hmac-sha256-80"])
def test_sframe_counts_frames_and_their_bytes(bench: Bench, suite: str) -> None:
    cells = (*audio_cells(bench, SMALL_FOR_ALL), *video_cells(bench, SMALL_FOR_ALL, OPAQUE))
    expected = sorted((len(cell.units), 0, cell.size_bytes) for cell in cells)
    for key in (keys.sframe_encrypt(suite), keys.sframe_decrypt(suite)):
        found = readings(bench, key)
        assert sorted((each.calls, each.packets, each.size_bytes) for each in found) == expected


def test_a_tunnel_counts_messages(bench: Bench) -> None:
    for key in (keys.aead_seal("chacha20-poly1305"), keys.aead_open("chacha20-poly1305")):
        found = readings(bench, key)
        assert {each.size_bytes // each.packets for each in found} == {200, 600, 1000, 1400}
        assert {each.calls for each in found} == {0}


def test_ciphers_by_single_calls_give_the_same_keys(bench: Bench) -> None:
    by_calls = Bench(engine=CRYPTOGRAPHY, library=bench.library, progress=Silent(), seed=1)
    assert len(readings(by_calls, keys.aead_open("aes-128-gcm"))) == 4
    assert len(readings(by_calls, keys.srtp_unprotect("aes-128-gcm"))) > 4


def test_scans_count_frames_and_queries(bench: Bench) -> None:
    (luma,) = readings(bench, keys.SCAN_LUMA)
    (hashed,) = readings(bench, keys.scan_hash("pdq", 180))
    (looked_up,) = readings(bench, keys.scan_lookup("pdq", 10_000))
    assert luma.calls > hashed.calls > 0
    assert 0 < looked_up.calls <= FRAMES


def test_a_tile_lands_in_its_place_and_nowhere_else(bench: Bench) -> None:
    frame = bench.library.footage(CLIP).frames[0]
    for height in (90, 180, 360):
        tile = Tile(frame, height)
        check_tile(tile, frame)
        assert (tile.width, tile.height) == (16 * height // 9, height)
    tile.canvas[0][-1, -1] = 200
    with pytest.raises(WrongAnswer, match="1 pixels beyond"):
        check_tile(tile, frame)


def test_units_that_show_other_pictures_are_seen(bench: Bench) -> None:
    right = bench.library.footage(CLIP)
    y, u, v = (255 - plane for plane in right.frames[0].planes)
    library = Library({}, Silent())
    library._footage[CLIP] = dataclasses.replace(
        right, frames=raw_frames([(y, u, v)] * FRAMES, right.facts.fps)
    )
    check_codec(bench.library.material(CLIP, "vp8"))
    with pytest.raises(WrongAnswer, match="as vp8: the clip's units decode to other pictures"):
        check_codec(Material(bench.library.material(CLIP, "vp8").clip, library))


def test_numbers_go_on_from_block_to_block(bench: Bench) -> None:
    bursts = all_bursts(bench, SMALL_FOR_ALL)[0]
    numbers = Numbers()

    def sequences(batches: tuple[PacketBatch, ...]) -> list[int]:
        return [int.from_bytes(row[2:4].tobytes()) for each in batches for row in each.rows()]

    given = sequences(numbers.give(bursts)) + sequences(numbers.give(bursts))
    assert given == list(range(2 * len(bursts.table)))


def test_traces_are_the_sizes_of_the_access_units(bench: Bench) -> None:
    found = traces(bench, SMALL)
    assert [trace.codec for trace in found] == list(CODECS)
    for trace in found:
        units = bench.library.material(CLIP, trace.codec).access_units
        assert (trace.clip, trace.height, trace.fps, trace.synthetic) == (CLIP, 180, 30.0, True)
        assert trace.keyframe_bytes[0] == len(units[0].payload)
        assert len(trace.keyframe_bytes) + len(trace.delta_bytes) == FRAMES
        assert trace.bitrate_bps == pytest.approx(
            8 * 30 / FRAMES * (sum(trace.keyframe_bytes) + sum(trace.delta_bytes))
        )


def test_a_codec_that_ffmpeg_lacks_has_no_trace_and_the_others_have(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = dataclasses.replace(ENCODER_LIBRARIES["h265"], name="libx266")
    libraries = {**ENCODER_LIBRARIES, "h265": absent}
    monkeypatch.setattr("pipelines.codecs.library.ENCODER_LIBRARIES", libraries)
    assert [trace.codec for trace in traces(bench, SMALL)] == ["h264", "vp8", "vp9", "av1"]


def test_a_block_that_comes_back_wrong_is_no_reading() -> None:
    def refuse(result: int) -> None:
        if result != 7:
            raise WrongAnswer(f"{result} is not 7")

    def block(result: int) -> Block:
        return Block(key="k", calls=1, prepare=lambda: lambda: result, check=refuse)

    assert len(BlockProbe([block(7)], seed=1).measure()) == 1
    with pytest.raises(WrongAnswer, match="8 is not 7"):
        BlockProbe([block(7), block(8)], seed=1)


def test_stand_ins_are_named_once() -> None:
    renamed = CLIPS.renamed(lambda name: name.replace("webcam", "head"))
    assert len(set(renamed.traced)) == len(renamed.traced) < len(CLIPS.traced)
    assert set(CLIPS.names) == {*CLIPS.ladder.values(), *CLIPS.traced}
