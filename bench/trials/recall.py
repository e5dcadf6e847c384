"""Whether a clip is recognised after a change of picture and re-encoding at a rung."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from bench.cases import RecallCase
from bench.clips.errors import ClipError
from bench.clips.names import parse_rung
from bench.measure import collector_off
from bench.picture_changes import CHANGES, PictureChange
from bench.results import RecallSummary, Row
from bench.samples import Samples
from bench.trials.recall_counts import NOTHING_LISTED, count_recall, recall_dtype
from bench.trials.recall_material import MOST_FRAMES, LatestFootage, ReferenceHashes, References
from bench.trials.recall_sending import send, settings_at_rung
from pipelines.codecs.settings import CodecSettings, describe
from pipelines.media import U8
from pipelines.scanning.hasher import DihedralHasher, Hasher

HASH_EVERY = 3
"""Every frame goes through the encoder, one of three is hashed: neighbours tell the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallTrial:
    """One cell: what is sent, and the lists that its frames are looked up in, by hasher."""

    case: RecallCase
    change: PictureChange
    settings: CodecSettings
    footage: LatestFootage
    hashers: tuple[Hasher, ...]
    own: Mapping[str, References]
    foreign: Mapping[str, References]
    fit: int

    @property
    def compared_with(self) -> tuple[str, ...]:
        """Return nothing: there is one round."""
        return ()

    @property
    def period(self) -> int:
        """Hashed frames after which the clip starts over."""
        return self.fit

    def measure(self, round_index: int, units: int) -> Samples:
        """Return a sample of each of the first `units` hashed frames. Raises CodecError.

        No column is a time, so every round is the same.
        """
        frames = self.footage.of(self.case.clip).frames[: min(MOST_FRAMES, units * HASH_EVERY)]
        samples = np.zeros(units, dtype=recall_dtype([hasher.name for hasher in self.hashers]))
        stream_bytes = 0
        with collector_off():
            for number, sent in enumerate(send(frames, self.change.apply, self.settings)):
                stream_bytes += len(sent.unit.payload)
                if number % HASH_EVERY:
                    continue
                sample = samples[number // HASH_EVERY]
                sample["frame"] = sent.frame.index
                sample["is_keyframe"] = sent.unit.is_keyframe
                sample["unit_bytes"] = len(sent.unit.payload)
                for hasher in self.hashers:
                    self._look_up(hasher, sent.frame.planes[0], sample)
        samples["round"] = round_index
        samples["stream_bytes"] = stream_bytes
        samples["stream_frames"] = len(frames)
        return samples

    def _look_up(self, hasher: Hasher, luma: U8, sample: np.void) -> None:
        own, foreign = self.own[hasher.name], self.foreign[hasher.name]
        fingerprint = hasher.hash(luma)
        words = fingerprint.words.copy()[None]
        variants = hasher.dihedral(luma) if isinstance(hasher, DihedralHasher) else words
        sample[f"{hasher.name}/quality"] = fingerprint.quality
        sample[f"{hasher.name}/own"] = own.nearest(words)
        sample[f"{hasher.name}/own_dihedral"] = own.nearest(variants)
        sample[f"{hasher.name}/foreign"] = foreign.nearest(words) if foreign else NOTHING_LISTED

    def row(self, row: Row, samples: Samples, *, seed: int) -> Row:
        """Return `row` with what was recognised; counts of one cell need no draws of `seed`."""
        del seed
        facts = self.footage.of(self.case.clip).facts
        frames = int(samples["stream_frames"][0])
        achieved_bps = int(samples["stream_bytes"][0]) * 8 * float(facts.fps) / frames
        return msgspec.structs.replace(
            row,
            clip_sha256=facts.source_sha256,
            clip_note=facts.note,
            encoder=describe(self.settings),
            labels=("synthetic",) if facts.synthetic else (),
            width=self.settings.width,
            height=self.settings.height,
            fps=float(facts.fps),
            bitrate_bps=achieved_bps,
            frames=frames,
            rounds=len(np.unique(samples["round"])),
            recall=RecallSummary(
                change=self.case.change,
                rung=self.case.rung,
                target_bps=self.settings.bitrate_bps,
                achieved_bps=achieved_bps,
                counts=tuple(
                    count_recall(samples, hasher, foreign_entries=len(self.foreign[hasher.name]))
                    for hasher in self.hashers
                ),
            ),
        )

    def close(self) -> None:
        """Do nothing: the frames belong to all cells of the clip."""


def open_recall(
    case: RecallCase, *, references: ReferenceHashes, footage: LatestFootage
) -> RecallTrial:
    """Hash what `case` lists where that is not known yet, and settle how its frames are sent.

    Raises ClipError where a clip cannot be loaded, is too short, or is smaller than the rung.
    """
    change = CHANGES[case.change]
    own = references.of(case.clip, case.hashers)
    foreign = references.of_several(case.against, case.hashers)
    clip = footage.of(case.clip)
    hashed = len(range(0, min(MOST_FRAMES, len(clip.frames)), HASH_EVERY))
    if hashed < 2:
        raise ClipError(
            f"clip {case.clip!r} has {len(clip.frames)} frames; recall hashes one of {HASH_EVERY}"
            " and needs two"
        )
    settings = settings_at_rung(
        case.clip,
        case.codec,
        parse_rung(case.rung),
        native=(clip.facts.width, clip.facts.height),
        changed=change.apply(clip.frames[0]),
        fps=clip.facts.fps,
    )
    return RecallTrial(
        case=case,
        change=change,
        settings=settings,
        footage=footage,
        hashers=tuple(references.hashers[name]() for name in case.hashers),
        own=own,
        foreign=foreign,
        fit=hashed,
    )
