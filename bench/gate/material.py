"""What workers measure on, as files: access units, luma planes, hashes. Equal for all sides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.cases import AnyCase, Case, HashCase, LookupCase
from bench.gate.worker.messages import HashSpec, LookupSpec, Spec, StreamSpec
from bench.store import safe_name
from bench.trials.workshop import Workshop
from pipelines.media import EncodedFrame
from pipelines.scanning.hashes.table import HASHERS

MOST_UNITS = 120
MOST_BYTES = 24 * 1024 * 1024
"""A benchmark walks at most so much material: a few seconds of a clip, or some decoded frames."""

MOST_PLANES = 4
"""Three workers hold them: more would leave the caches, and memory be timed, not the hash."""


class NotGated(Exception):  # noqa: N818 - a finding about the case, for a note
    """No gate can hold this case; the message says why, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialFolder:
    """Writes each piece of material once; several benchmarks read the same file."""

    folder: Path
    workshop: Workshop
    _written: set[Path] = field(default_factory=set)

    def spec(self, case: AnyCase) -> Spec:
        """Return the benchmark of `case`, its material written.

        Raises NotGated, ClipError, CodecError, NotInstalled.
        """
        if isinstance(case, Case):
            return self._stream(case)
        if isinstance(case, HashCase):
            return self._hash(case)
        if isinstance(case, LookupCase):
            return self._lookup(case)
        raise NotGated(f"a {case.model} case is measured once, not in blocks")

    def _stream(self, case: Case) -> StreamSpec:
        if case.model == "paced":
            raise NotGated("a paced case runs in real time: its tail is too uneven for a gate")
        if case.media == "live":
            raise NotGated("the encoder's time would hide what sealing costs")
        if case.hook is not None:
            raise NotGated("hooks are gated by their parts: give [[hash]] and [[lookup]] cases")
        path = self.folder / f"{safe_name(f'{case.clip}-{case.codec}')}.npz"
        if path not in self._written:
            units = self.workshop.library.material(case.clip, case.codec).access_units
            write_frames(path, units)
            self._written.add(path)
        return StreamSpec(
            name=case.id, pipeline=case.pipeline, engine=case.engine, material=str(path)
        )

    def _hash(self, case: HashCase) -> HashSpec:
        if case.hasher not in HASHERS:
            raise NotGated(f"{case.hasher} is a package's, not this project's")
        path = self.folder / f"{safe_name(case.clip)}-luma.npy"
        if path not in self._written:
            frames = self.workshop.library.footage(case.clip).frames[:MOST_PLANES]
            np.save(path, np.stack([frame.planes[0] for frame in frames]))
            self._written.add(path)
        return HashSpec(name=case.id, hasher=case.hasher, material=str(path))

    def _lookup(self, case: LookupCase) -> LookupSpec:
        if case.batch > 1:
            raise NotGated("look-ups are gated one by one")
        new_hasher = HASHERS[case.hasher]
        stem = safe_name(f"{case.clip}-{case.hasher}")
        queries = self.folder / f"{stem}-queries.npy"
        listed = self.folder / f"{safe_name(case.hasher)}-{case.list_size}.npy"
        if queries not in self._written:
            np.save(queries, self.workshop.lists.hashes(case.clip, new_hasher))
            self._written.add(queries)
        if listed not in self._written:
            np.save(listed, self.workshop.lists.list_of(new_hasher, case.list_size).hashes)
            self._written.add(listed)
        return LookupSpec(
            name=case.id,
            hasher=case.hasher,
            index=case.index,
            radius=case.radius,
            material=str(queries),
            listed=str(listed),
        )


def write_frames(path: Path, units: Sequence[EncodedFrame]) -> None:
    """Write the first access units of a clip, of one codec, for `stream_workload.load_frames`."""
    sizes = np.cumsum([len(unit.payload) for unit in units[:MOST_UNITS]])
    chosen = units[: max(2, int(np.searchsorted(sizes, MOST_BYTES, side="right")))]
    np.savez(
        path,
        payload=np.concatenate([unit.payload for unit in chosen]),
        size=np.array([len(unit.payload) for unit in chosen], dtype=np.int64),
        pts_ns=np.array([unit.pts_ns for unit in chosen], dtype=np.int64),
        is_keyframe=np.array([unit.is_keyframe for unit in chosen]),
        codec=np.array(chosen[0].codec),
    )
