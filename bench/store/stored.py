"""A run folder as readers see it: plan, machine, rows and samples."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec

from bench.machine import Conditions, Machine
from bench.results import SCHEMA, Row
from bench.samples import Samples
from bench.store.arrays import load_samples
from bench.store.errors import StoreError, file_errors
from bench.store.files import read_json
from bench.store.layout import INTERIM, MACHINE, ROWS, RUN, SAMPLES
from bench.store.names import safe_name
from bench.store.rows import read_rows


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run set out to do: run.json. `cases` belong to the suite; nothing here reads them.

    `calibrate` names the engine of the calibration that follows the cases, where one does.
    """

    schema: int = SCHEMA
    suite: str
    suite_sha256: str
    seed: Annotated[int, msgspec.Meta(ge=0)]
    sealbench_version: str
    started_utc: str
    options: dict[str, str]
    cases: list[dict[str, Any]]
    calibrate: str | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One process that worked on a run. `after` stays null where it was killed."""

    git_revision: str | None
    before: Conditions
    after: Conditions | None = None


class MachineFile(msgspec.Struct, frozen=True, kw_only=True):
    """machine.json: the machine of a run, and its sessions: the first, then each resumption."""

    schema: int = SCHEMA
    machine: Machine
    sessions: tuple[Session, ...]


def samples_file(case_id: str) -> str:
    """Return the path of a case's samples within its run folder."""
    return f"{SAMPLES}/{safe_name(case_id)}.npy"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run as it lies on the disk, finished or not.

    `rows` are finished cases. `interim` are cases that an interrupted run had begun, summed up from
    the rounds it had measured; a resumed run forgets them and finishes the cases.
    """

    path: Path
    plan: RunPlan
    machine: Machine
    sessions: tuple[Session, ...]
    rows: tuple[Row, ...]
    interim: tuple[Row, ...]

    def samples(self, row: Row) -> Samples | None:
        """Return the samples of `row`, or None where it has none. Raises StoreError."""
        if not row.samples:
            return None
        # A row may come from anybody: it names its own file, and never leads out of the folder.
        if row.samples != samples_file(row.case):
            raise StoreError(
                f"{self.path / ROWS}: case {row.case!r}: samples: {row.samples!r} is not "
                f"{samples_file(row.case)!r}"
            )
        file = self.path / row.samples
        samples = load_samples(file)
        # Other questions have samples of other things: batches of look-ups, hashed frames.
        if row.model in FRAME_BY_FRAME and len(samples) != row.frames:
            raise StoreError(f"{file}: holds {len(samples)} frames, its row says {row.frames}")
        return samples


FRAME_BY_FRAME = ("stage", "paced")
"""Models whose samples are one record per frame."""


def refuse_no_run(path: Path, purpose: str = "") -> None:
    """Raise StoreError where the folder `path` holds no run."""
    with file_errors(path):  # a name too long, or a folder that may not be looked into
        if not (path / RUN).exists():
            raise StoreError(f"{path}: holds no run {purpose}(no {RUN})")


def read_run(path: Path) -> StoredRun:
    """Return the run in the folder `path`, finished or not. Raises StoreError."""
    refuse_no_run(path)
    plan = read_json(path / RUN, RunPlan)
    stored = read_json(path / MACHINE, MachineFile)
    rows, _ = read_rows(path / ROWS)
    interim, _ = read_rows(path / INTERIM)
    finished = {row.case for row in rows}
    return StoredRun(
        path=path,
        plan=plan,
        machine=stored.machine,
        sessions=stored.sessions,
        rows=tuple(rows),
        interim=tuple(row for row in interim if row.case not in finished),
    )
