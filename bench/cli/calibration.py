"""Calibrating on behalf of a command: clips at hand, the session, and where its profile is kept."""

import math
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import Self

from bench.calibrate.folder import CalibrationFolder, CalibrationPlan, is_begun
from bench.calibrate.media_clips import CLIPS, MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.calibrate.session import Survey, calibrate
from bench.calibrate.table import all_plans, survey
from bench.clips.catalogue import load_catalogue
from bench.clips.errors import FetchError
from bench.clips.fetch import fetch, verify_cached
from bench.clips.library import synthetic_stand_in
from bench.clips.names import parse_clip_name
from bench.machine import read_conditions
from bench.machine.schema import Machine
from bench.material import Library
from bench.profile.errors import ProfileError
from bench.profile.schema import Profile
from bench.profile.store import FILE, keep_profile, read_profile, write_profile
from bench.progress import Progress
from bench.store import StoreError
from bench.suite import SuiteError, check_known
from pipelines.engines.table import ENGINE_NAMES, choose_engine

ROUNDS = 20
QUICK_ROUNDS = 3

PREPARING_S = 30
ROUND_S = 6
"""What these take on two cores of 2022; nobody should be told less than it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A profile, and the copy of it that `sealbench size` finds by itself, if it was kept.

    `only` says that it is a look at some costs.
    """

    profile: Profile
    complete: bool
    only: bool
    kept: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A calibration that is about to be measured, or to go on."""

    folder: CalibrationFolder
    plans: tuple[ProbePlan, ...]
    clips: MediaClips

    @classmethod
    def create(
        cls,
        place: Path,
        machine: Machine,
        *,
        rounds: int,
        seed: int,
        engine: str,
        only: str | None,
        progress: Progress,
    ) -> Self:
        """Begin a calibration in the folder `place`, its clips fetched.

        Raises StoreError, ClipError, and SuiteError for an unknown engine or an `only` that matches
        no key.
        """
        check_known([engine], ENGINE_NAMES, "--engine")
        clips = clips_at_hand(progress)
        plans = chosen(all_plans(clips), only)
        plan = CalibrationPlan(
            sealbench_version=version("sealbench"),
            started_utc=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            seed=seed,
            rounds=rounds,
            engine=engine,
            machine=machine,
            conditions_before=read_conditions(calibrate=True),
            on=_on(plans),
            only=only,
        )
        return cls(folder=CalibrationFolder.create(place, plan), plans=plans, clips=clips)

    @classmethod
    def resume(cls, place: Path, machine: Machine, *, progress: Progress) -> Self:
        """Go on with the calibration in `place`. Raises StoreError, ClipError, SuiteError."""
        with ExitStack() as undo:
            folder = CalibrationFolder.resume(place, machine, version=version("sealbench"))
            undo.callback(folder.close)
            check_known([folder.plan.engine], ENGINE_NAMES, f"{place}: engine")
            clips = clips_at_hand(progress)
            plans = chosen(all_plans(clips), folder.plan.only)
            if _on(plans) != folder.plan.on:
                raise StoreError(
                    f"{place}: begun with other clips or probes than there are now: start a new"
                    " calibration"
                )
            undo.pop_all()
        return cls(folder=folder, plans=plans, clips=clips)

    def finish(self, progress: Progress) -> Finished:
        """Measure what is missing, write the profile, and keep a copy where it is complete.

        Raises StoreError, and KeyboardInterrupt where Ctrl-C came before there was a profile.
        """
        plan = self.folder.plan
        choice = choose_engine(plan.engine)
        if choice.fallback:
            progress.note(choice.fallback)
        bench = Bench(
            engine=choice.engine,
            library=Library({}, progress),
            progress=progress,
            seed=plan.seed,
        )
        profile = calibrate(bench, self.plans, self.folder, survey=self._survey)
        if not profile.costs:
            first = next(iter(profile.problems.values()), "no probe")
            raise StoreError(f"{self.folder.path}: nothing could be measured: {first}")
        write_profile(self.folder.profile_file, profile)
        complete = profile.rounds == plan.rounds
        kept = _kept(profile, progress) if complete and plan.only is None else None
        return Finished(profile=profile, complete=complete, only=plan.only is not None, kept=kept)

    def _survey(self, bench: Bench) -> Survey:
        # A look at some costs is no profile to size from, and should not take minutes.
        return Survey() if self.folder.plan.only is not None else survey(bench, self.clips)

    def close(self) -> None:
        """Let go of the folder."""
        self.folder.close()


def calibrate_in(
    place: Path, machine: Machine, *, engine: str, seed: int, progress: Progress
) -> Finished | None:
    """Calibrate `machine` in `place`, a run's folder or its own, or go on; None where it is done.

    Raises StoreError, ClipError, SuiteError, and KeyboardInterrupt where there is no profile yet.
    """
    if (place / FILE).exists() and read_profile(place / FILE).rounds >= ROUNDS:
        return None
    if is_begun(place):
        calibration = Calibration.resume(place, machine, progress=progress)
    else:
        calibration = Calibration.create(
            place,
            machine,
            rounds=ROUNDS,
            seed=seed,
            engine=engine,
            only=None,
            progress=progress,
        )
    with closing(calibration):
        plan = calibration.folder.plan
        progress.note(f"calibrating: {len(plan.on)} costs, {duration(plan.rounds)}")
        return calibration.finish(progress)


def new_place(machine: Machine) -> Path:
    """Return the folder of a calibration that begins now."""
    return Path("results") / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}-{machine.slug}-calibration"


def duration(rounds: int) -> str:
    """Return in words how long all costs take."""
    minutes = math.ceil((PREPARING_S + ROUND_S * rounds) / 60)
    return f"about {minutes} min, and some more the first time, to encode clips"


def chosen(plans: Sequence[ProbePlan], only: str | None) -> tuple[ProbePlan, ...]:
    """Return the plans that measure a key which the glob `only` matches. Raises SuiteError."""
    if only is None:
        return tuple(plans)
    found = tuple(plan for plan in plans if any(fnmatchcase(key, only) for key in plan.on))
    if not found:
        known = [key for plan in plans for key in plan.on]
        raise SuiteError(
            f"--only {only!r} matches none of the {len(known)} costs, such as"
            f" {', '.join(known[:3])}"
        )
    return found


def clips_at_hand(progress: Progress) -> MediaClips:
    """Return the clips to calibrate on, fetched; generated ones for those that cannot be.

    Raises ClipError.
    """
    catalogue = load_catalogue()
    wanted = {parse_clip_name(name).clip for name in CLIPS.names}
    clips = [clip for clip in catalogue.clips if clip.id in wanted]
    try:
        fetch(clips, progress)
    except FetchError as error:
        progress.note(f"sealbench: {error}")
        progress.note("sealbench: calibrating on generated clips instead, labelled synthetic")
        missing = {cached.clip.id for cached in verify_cached(clips) if cached.state != "ok"}
        return CLIPS.renamed(
            lambda name: synthetic_stand_in(name) if parse_clip_name(name).clip in missing else name
        )
    finally:
        progress.end()
    return CLIPS


def _on(plans: Sequence[ProbePlan]) -> dict[str, str]:
    return {key: on for plan in plans for key, on in plan.on.items()}


def _kept(profile: Profile, progress: Progress) -> Path | None:
    """Return where the copy for this machine went; without it there still is the profile."""
    try:
        return keep_profile(profile)
    except ProfileError as error:
        progress.note(f"sealbench: not kept for this machine: {error}")
        return None
