"""The workloads of cases, in this process: what they refuse, what material keeps on the disk."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bench.gate.material import MOST_UNITS, write_frames
from bench.gate.worker.hash_workload import open_hash
from bench.gate.worker.lookup_workload import open_lookup
from bench.gate.worker.messages import HashSpec, LookupSpec, StreamSpec
from bench.gate.worker.stream_workload import StreamWorkload, load_frames, open_stream
from bench.gate.worker.workload import Absent, WrongAnswer
from pipelines.media import EncodedFrame, PacketBatch, Unit
from pipelines.registry import load_registry
from pipelines.stage import StageKind

PIPELINES = load_registry().pipelines


def frames(count: int = 5, codec: str = "vp8") -> list[EncodedFrame]:
    draws = np.random.default_rng(1)
    return [
        EncodedFrame(
            index=index,
            pts_ns=index * 33_000_000,
            is_keyframe=index == 0,
            codec=codec,
            payload=draws.integers(0, 256, 700 + 900 * index, dtype=np.uint8),
        )
        for index in range(count)
    ]


def test_access_units_come_back_from_the_disk_as_they_were(tmp_path: Path) -> None:
    units = frames()
    write_frames(tmp_path / "units.npz", units)
    for before, after in zip(units, load_frames(str(tmp_path / "units.npz")), strict=True):
        assert (before.index, before.pts_ns, before.is_keyframe, before.codec) == (
            after.index,
            after.pts_ns,
            after.is_keyframe,
            after.codec,
        )
        assert np.array_equal(before.payload, after.payload)


def test_long_clips_are_cut(tmp_path: Path) -> None:
    unit = frames(1)[0]
    write_frames(tmp_path / "units.npz", [unit] * (MOST_UNITS + 7))
    assert len(load_frames(str(tmp_path / "units.npz"))) == MOST_UNITS


@pytest.mark.parametrize("name", ["null", "srtp-aes-128-gcm", "sframe-aes-256-gcm"])
def test_access_units_pass_over_and_over(name: str) -> None:
    workload = StreamWorkload(PIPELINES[name], "auto", frames())
    for start in (0, 3, 40):
        workload.run(start, 7)
        workload.check()
    facts = workload.facts(5)
    assert facts["packets"] == sum(-(-(700 + 900 * i) // 1200) for i in range(5))
    assert facts["overhead_bytes"] > 0


class Forgetful:
    """A stage that loses the last byte of what it is given."""

    name = "forgetful"
    kind = StageKind.PACKETS

    def __call__(self, unit: Unit, /) -> Unit:
        assert isinstance(unit, EncodedFrame)
        return unit.with_payload(unit.payload[:-1], unit.codec)


class Credulous:
    """A stage that takes whatever comes, in place of one that opens."""

    name = "credulous"
    kind = StageKind.PACKETS

    def __init__(self, original: Sequence[EncodedFrame]) -> None:
        self._original = original
        self._at = 0

    def __call__(self, unit: Unit, /) -> Unit:
        assert isinstance(unit, PacketBatch)
        self._at += 1
        return self._original[(self._at - 1) % len(self._original)]


def test_pipeline_that_loses_a_byte_is_not_measured() -> None:
    null = PIPELINES["null"]
    broken = replace(null, receiver=lambda session: (*null.receiver(session), Forgetful()))
    with pytest.raises(WrongAnswer, match=r"700 bytes of vp8 went in, 699 other bytes"):
        StreamWorkload(broken, "auto", frames())


class Vandal:
    """A stage that writes into what it is given."""

    name = "vandal"
    kind = StageKind.PACKETS

    def __call__(self, unit: Unit, /) -> Unit:
        assert isinstance(unit, EncodedFrame)
        unit.payload[:] = 0
        return unit


def test_pipeline_that_writes_into_what_went_in_is_not_measured() -> None:
    null = PIPELINES["null"]
    broken = replace(null, sender=lambda session: (Vandal(), *null.sender(session)))
    units = frames()
    with pytest.raises(WrongAnswer, match="700 bytes of vp8 went in, 700 other bytes"):
        StreamWorkload(broken, "auto", units)
    assert units[0].payload.any()


def test_material_of_a_worker_is_read_only(tmp_path: Path) -> None:
    write_frames(tmp_path / "units.npz", frames())
    for unit in load_frames(str(tmp_path / "units.npz")):
        with pytest.raises(ValueError, match="read-only"):
            unit.payload[0] = 0


def test_pipeline_that_accepts_tampered_packets_is_not_measured() -> None:
    srtp = PIPELINES["srtp-aes-128-gcm"]
    units = frames()
    broken = replace(srtp, relay=lambda _: (), receiver=lambda _: (Credulous(units),))
    with pytest.raises(WrongAnswer, match="tampered"):
        StreamWorkload(broken, "auto", units)


def test_pipeline_that_the_checkout_lacks_is_absent(tmp_path: Path) -> None:
    write_frames(tmp_path / "units.npz", frames())
    spec = StreamSpec(
        name="x", pipeline="of-next-year", engine="auto", material=str(tmp_path / "units.npz")
    )
    with pytest.raises(Absent, match="of-next-year"):
        open_stream(spec)


def test_planes_are_hashed_alike_every_time(tmp_path: Path) -> None:
    planes = np.random.default_rng(2).integers(16, 235, (3, 72, 96), dtype=np.uint8)
    np.save(tmp_path / "luma.npy", planes)
    spec = HashSpec(name="h", hasher="pdq", material=str(tmp_path / "luma.npy"))
    one, other = open_hash(spec), open_hash(spec)
    one.run(2, 5)
    one.check()
    assert one.answer == other.answer
    assert len(one.answer) == 64


def test_hash_that_changes_is_a_wrong_answer(tmp_path: Path) -> None:
    planes = np.random.default_rng(2).integers(16, 235, (2, 72, 96), dtype=np.uint8)
    np.save(tmp_path / "luma.npy", planes)
    workload = open_hash(HashSpec(name="h", hasher="pdq", material=str(tmp_path / "luma.npy")))
    workload.run(0, 1)
    workload._planes[0] = 255 - workload._planes[0]
    with pytest.raises(WrongAnswer, match="another hash"):
        workload.check()


def lookup_spec(tmp_path: Path, index: str) -> LookupSpec:
    draws = np.random.default_rng(3)
    listed = draws.integers(0, 2**63, (500, 4), dtype=np.uint64)
    queries = listed[:20].copy()
    queries[:, 0] ^= np.uint64(0b1011)
    np.save(tmp_path / "listed.npy", listed)
    np.save(tmp_path / "queries.npy", queries)
    return LookupSpec(
        name="l",
        hasher="pdq",
        index=index,
        radius=31,
        material=str(tmp_path / "queries.npy"),
        listed=str(tmp_path / "listed.npy"),
    )


def test_back_ends_that_find_the_same_give_the_same_answer(tmp_path: Path) -> None:
    flat = open_lookup(lookup_spec(tmp_path, "flat"))
    multi = open_lookup(lookup_spec(tmp_path, "multi-index"))
    flat.run(5, 30)
    flat.check()
    assert flat.answer == multi.answer


def test_unknown_back_end_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="magic"):
        open_lookup(lookup_spec(tmp_path, "magic"))


def test_look_up_that_finds_less_than_brute_force_is_a_wrong_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.gate.worker import lookup_workload  # noqa: PLC0415 - only what is broken here

    def blind(listed: object, radius: int) -> object:
        del listed, radius
        empty = np.empty(0, dtype=np.int64)
        nothing = SimpleNamespace(entry=empty, distance=empty)
        return SimpleNamespace(exact=True, query=lambda _: nothing)

    monkeypatch.setattr(lookup_workload, "INDEXES", {"flat": SimpleNamespace(build=blind)})
    with pytest.raises(WrongAnswer, match="0 matches where brute force finds 1"):
        open_lookup(lookup_spec(tmp_path, "flat"))
