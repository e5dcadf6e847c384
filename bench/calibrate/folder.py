"""The folder of a calibration being made: what was planned, and every round as it ends."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Self

import msgspec

from bench.calibrate.rounds import Round, RoundsFile, read_rounds
from bench.machine import differences
from bench.machine.schema import Conditions, Machine
from bench.profile.schema import SCHEMA
from bench.profile.store import FILE
from bench.store.errors import IncomparableMachine, StoreError, file_errors
from bench.store.files import read_json, write_json
from bench.store.lock import acquire
from pipelines.files import TEMPORARY

PLAN = "calibration-plan.json"
ROUNDS = "rounds.jsonl"
LOCK = "calibration.lock"

LEAST_ROUNDS = 3
"""Fewer say nothing of how much rounds differ."""


class CalibrationPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a calibration set out to do. `on` is what is measured by key; `engine` what was asked.

    `only` is the glob that chose the keys, where one did.
    """

    schema: int = SCHEMA
    sealbench_version: str
    started_utc: str
    seed: Annotated[int, msgspec.Meta(ge=0)]
    rounds: Annotated[int, msgspec.Meta(ge=LEAST_ROUNDS)]
    engine: str
    machine: Machine
    conditions_before: Conditions
    on: dict[str, str]
    only: str | None = None


class CalibrationFolder:
    """A calibration that this process alone writes. Use as a context manager, or close it.

    It may lie in the folder of a run: no file's name is one of a run's.
    """

    def __init__(self, path: Path, plan: CalibrationPlan, lock: int) -> None:
        """Take over a folder whose plan is there; `create` and `resume` make one."""
        self.path = path
        self.plan = plan
        self._lock = lock
        self._rounds = RoundsFile(path / ROUNDS)

    @classmethod
    def create(cls, path: Path, plan: CalibrationPlan) -> Self:
        """Begin a calibration in `path`, which is made if needed.

        Raises StoreError where it holds one already, or cannot be written.
        """
        with ExitStack() as undo:
            lock = acquire(path / LOCK, "calibration")
            undo.callback(os.close, lock)
            if is_begun(path):
                raise StoreError(
                    f"{path}: holds a calibration already: resume it, or choose another folder"
                )
            # Last: with the plan there, the folder is a calibration.
            write_json(path / PLAN, plan)
            begun = cls(path, plan, lock)
            undo.pop_all()
        return begun

    @classmethod
    def resume(cls, path: Path, machine: Machine, *, version: str) -> Self:
        """Go on with the calibration in `path`: cut off what a kill tore, keep whole rounds.

        Raises IncomparableMachine where `machine` is not the one it was begun on, and StoreError
        where there is none, where another process writes it, or another version of sealbench began
        it than this, `version`.
        """
        if not is_begun(path):
            raise StoreError(f"{path}: holds no calibration to resume (no {PLAN})")
        with ExitStack() as undo:
            lock = acquire(path / LOCK, "calibration")
            undo.callback(os.close, lock)
            plan = read_json(path / PLAN, CalibrationPlan, newest=SCHEMA)
            if unlike := differences(plan.machine, machine):
                raise IncomparableMachine(path, unlike)
            if plan.sealbench_version != version:
                raise StoreError(
                    f"{path}: begun by sealbench {plan.sealbench_version}, this is {version}:"
                    " start a new calibration"
                )
            rounds, _ = read_rounds(path / ROUNDS)
            if len(rounds) > plan.rounds:
                raise StoreError(
                    f"{path / ROUNDS}: holds {len(rounds)} rounds, where {plan.rounds} were planned"
                )
            resumed = cls(path, plan, lock)
            undo.pop_all()
        return resumed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def profile_file(self) -> Path:
        """Where the profile goes."""
        return self.path / FILE

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds so far."""
        return tuple(self._rounds.rounds)

    def append(self, measured: Round) -> None:
        """Keep a round. Raises StoreError."""
        self._rounds.append(measured)

    def close(self) -> None:
        """Let go of the folder; another process may write it then."""
        self._rounds.close()
        os.close(self._lock)


def is_begun(path: Path) -> bool:
    """Return whether there is a calibration in `path` to go on with. Raises StoreError."""
    with file_errors(path):  # a name too long, or a folder that may not be looked into
        return (path / PLAN).exists()


def is_unused(path: Path) -> bool:
    """Return whether nothing is at `path`, or an empty folder, or what a killed `create` left.

    Raises StoreError.
    """
    own = {LOCK, PLAN + TEMPORARY}
    with file_errors(path):
        if not path.exists():
            return True
        return all(entry.name in own for entry in path.iterdir())
