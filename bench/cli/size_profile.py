"""The profile that `sealbench size` rests on: given, stored for this machine, or measured now."""

import secrets
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench.cli.console import fail
from bench.cli.exit_codes import INCOMPARABLE
from bench.machine import describe_machine
from bench.profile.comparable import unlike_machines
from bench.profile.errors import ProfileError
from bench.profile.here import stored_here
from bench.profile.pool import pooled
from bench.profile.schema import Profile
from bench.profile.store import read_profile
from bench.progress import Progress
from pipelines.files import path_text

_MOST_DIFFERENCES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """A profile, what an answer calls it, and what its readers have to know first."""

    profile: Profile
    name: str
    notes: tuple[str, ...] = ()


def profile_at_hand(given: Sequence[Path], progress: Progress) -> AtHand:
    """Return the profile in `given`, else the stored one of this machine, else a new one.

    Ends the program where profiles cannot be pooled, and where a calibration cannot begin or is
    stopped. Raises StoreError.
    """
    if given:
        return _given(given)
    stored = stored_here(progress.note)
    if stored is None:
        return _measured(progress)
    profile = read_profile(stored)
    name = f"{_calibration(profile)}, stored for this machine"
    return AtHand(profile=profile, name=name, notes=_generated(profile))


def _given(paths: Sequence[Path]) -> AtHand:
    profiles = [read_profile(path) for path in paths]
    try:
        profile = pooled(profiles)
    except ProfileError as error:
        fail(str(error), INCOMPARABLE)
    name = f"{', '.join(map(path_text, paths))} ({_calibration(profile)})"
    return AtHand(profile=profile, name=name, notes=(*_foreign(profile), *_generated(profile)))


def _measured(progress: Progress) -> AtHand:
    # Here, because it loads codecs and kernels, which nothing else of this command needs.
    from bench.cli.calibrate import announced, begun, stopped  # noqa: PLC0415 - see above
    from bench.cli.calibration import ROUNDS  # noqa: PLC0415 - see above
    from bench.clips.errors import ClipError  # noqa: PLC0415 - see above
    from bench.suite import SuiteError  # noqa: PLC0415 - see above
    from pipelines.engines.table import AUTO  # noqa: PLC0415 - see above

    progress.note("no calibration of this machine is stored: calibrating it first")
    seed = secrets.randbits(32)
    try:
        begins = begun(None, rounds=ROUNDS, engine=AUTO, only=None, seed=seed, progress=progress)
    except (ClipError, SuiteError) as error:
        fail(str(error))
    with closing(begins) as calibration:
        path = calibration.folder.path
        for line in announced(calibration):
            progress.note(line)
        try:
            finished = calibration.finish(progress)
        except KeyboardInterrupt:
            stopped(path, "no profile yet")
        if not finished.complete:
            stopped(path, f"the profile is of {finished.profile.rounds} rounds")
    profile = finished.profile
    name = f"{_calibration(profile)}, just measured"
    return AtHand(profile=profile, name=name, notes=_generated(profile))


def _calibration(profile: Profile) -> str:
    rounds = "1 round" if profile.rounds == 1 else f"{profile.rounds} rounds"
    return f"calibration of {profile.started_utc}, {rounds}"


def _generated(profile: Profile) -> tuple[str, ...]:
    """Return that clips of the profile show nothing real, where that is so."""
    names = dict.fromkeys(trace.clip for trace in profile.traces if trace.synthetic)
    if not names:
        return ()
    said = (
        f"the profile rests on generated clips ({', '.join(names)}), not on real video: codecs,"
        " hashes and sizes of frames may differ."
    )
    return (said,)


def _foreign(profile: Profile) -> tuple[str, ...]:
    """Return that the profile is of another machine, and in what that differs from this one."""
    unlike = unlike_machines(profile.machine, describe_machine(with_scaling=False))
    if not unlike:
        return ()
    more = len(unlike) - _MOST_DIFFERENCES
    listed = "; ".join(unlike[:_MOST_DIFFERENCES]) + (f"; and {more} more" if more > 0 else "")
    of = profile.machine.cpu_model or profile.machine.slug
    said = (
        f"the profile is of another machine than this one, or of other libraries: {of},"
        f" {profile.machine.usable_cores} cores. Profile's -> this one's: {listed}."
    )
    return (said,)
