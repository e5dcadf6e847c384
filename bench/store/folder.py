"""The folder of a run being written: nothing finished is lost, nothing is written twice."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import msgspec

from bench.machine import Conditions, Machine, differences, read_conditions
from bench.results import Row
from bench.samples import Samples
from bench.store.arrays import Blocks, save_samples
from bench.store.errors import IncomparableMachine, StoreError, file_errors
from bench.store.files import write_bytes, write_json
from bench.store.layout import INTERIM, LOCK, MACHINE, PARTIAL, ROWS, RUN, SAMPLES
from bench.store.lock import acquire
from bench.store.rows import RowWriter, row_line
from bench.store.stored import (
    MachineFile,
    RunPlan,
    Session,
    StoredRun,
    read_run,
    refuse_no_run,
    samples_file,
)
from pipelines.files import TEMPORARY, make_folder, names_in, remove


class RunFolder:
    """A run folder that this process alone writes. Use as a context manager, or close it.

    The lock belongs to the open file: it ends with this process however that ends, unless a forked
    child lives on.
    """

    def __init__(self, path: Path, plan: RunPlan, stored: MachineFile, lock: int) -> None:
        """Take over a folder whose files are there; `create` and `open_for_resume` make one."""
        self.path = path
        self.plan = plan
        self._stored = stored
        self._lock = lock
        self._blocks = Blocks(path)
        self._rows = RowWriter(path / ROWS)
        for case_id in self._rows.rows:
            # A kill between a row and the removal of its blocks left them.
            self._blocks.remove(case_id)

    @classmethod
    def create(
        cls, path: Path, plan: RunPlan, machine: Machine, *, before: Conditions | None = None
    ) -> Self:
        """Begin a run in `path`, which is made, or is an empty folder.

        `before` are the conditions before the run, read now where not given. Raises StoreError for
        a folder that holds anything else or cannot be written.
        """
        with file_errors(path):
            make_folder(path)
        _refuse_occupied(path)
        with ExitStack() as undo:
            lock = acquire(path / LOCK, "run")
            undo.callback(os.close, lock)
            _refuse_occupied(path)  # another process may have begun a run and ended meanwhile
            for folder in (SAMPLES, PARTIAL):
                with file_errors(path / folder):
                    make_folder(path / folder, within=path)
            stored = MachineFile(machine=machine, sessions=(_session(machine, before),))
            write_json(path / MACHINE, stored)
            # Last: with run.json there, the folder is a run.
            write_json(path / RUN, plan)
            begun = cls(path, plan, stored, lock)
            undo.pop_all()
        return begun

    @classmethod
    def open_for_resume(
        cls, path: Path, machine: Machine, *, before: Conditions | None = None
    ) -> Self:
        """Go on with the run in `path`: cut off what a kill tore, keep what is whole.

        Raises IncomparableMachine where `machine` is not the one of the run, and StoreError where
        there is no run, another process writes it, or a newer sealbench did.
        """
        refuse_no_run(path, "to resume ")
        with ExitStack() as undo:
            lock = acquire(path / LOCK, "run")
            undo.callback(os.close, lock)
            run = read_run(path)
            _refuse_other_machine(run, machine)
            for folder in (SAMPLES, PARTIAL):
                _remove_temporary(path / folder, within=path)
            with file_errors(path / INTERIM):
                remove(path / INTERIM)
            stored = MachineFile(
                machine=run.machine, sessions=(*run.sessions, _session(machine, before))
            )
            write_json(path / MACHINE, stored)
            resumed = cls(path, run.plan, stored, lock)
            undo.pop_all()
        return resumed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def machine(self) -> Machine:
        """The machine that the run belongs to."""
        return self._stored.machine

    @property
    def conditions_before(self) -> Conditions:
        """How busy the machine was when this process began."""
        return self._stored.sessions[-1].before

    @property
    def session_index(self) -> int:
        """Which process of the run this is: 0, then one more with each resumption."""
        return len(self._stored.sessions) - 1

    def finished_cases(self) -> set[str]:
        """Return the ids of the cases that have a row."""
        return set(self._rows.rows)

    def rows(self) -> tuple[Row, ...]:
        """Return the rows so far, in the order they were finished."""
        return tuple(self._rows.rows.values())

    def save_block(
        self, case_id: str, round_index: int, samples: Samples, *, process: int = 0
    ) -> None:
        """Keep the samples of one round of a case in flight, as `process` measured them."""
        self._blocks.save(case_id, round_index, process, samples)

    def blocks(self, case_id: str) -> dict[int, Samples]:
        """Return the samples of each round of a case in flight, by round; torn ones are absent."""
        return self._blocks.load(case_id)

    def processes(self, case_id: str) -> int:
        """Return how many processes of the run have measured a part of a case in flight."""
        return self._blocks.processes(case_id)

    def pooled_blocks(self, case_id: str) -> Samples:
        """Return the samples of a case in flight, of all its rounds. Raises StoreError for none."""
        return self._blocks.pooled(case_id)

    def finish_case(self, row: Row, samples: Samples | None) -> Row:
        """Store a finished case and return its row, which now names its samples.

        Samples first, then the row, then the blocks go: whenever the process dies, a row has its
        samples, and a case without a row has its blocks. Raises StoreError, also for a case that
        has a row already.
        """
        if row.case in self._rows.rows:
            raise StoreError(f"{self.path / ROWS}: case {row.case!r} has a row already")
        if samples is not None:
            row = self._with_samples(row, samples)
        self._rows.append(row)
        self._blocks.remove(row.case)
        return row

    def save_interim(self, begun: Sequence[tuple[Row, Samples]]) -> None:
        """Keep what an interrupted run can say of the cases in flight, until it is resumed.

        They are no finished cases: their blocks stay, and a resumed run goes on from those. Raises
        StoreError.
        """
        path = self.path / INTERIM
        rows = [self._with_samples(row, samples) for row, samples in begun]
        write_bytes(path, b"".join(row_line(row, path) for row in rows))

    def finish(self, conditions_after: Conditions) -> None:
        """Record the conditions after the run, or after what was done of it. Raises StoreError."""
        *earlier, current = self._stored.sessions
        ended = msgspec.structs.replace(current, after=conditions_after)
        self._stored = msgspec.structs.replace(self._stored, sessions=(*earlier, ended))
        write_json(self.path / MACHINE, self._stored)

    def close(self) -> None:
        """Let go of the folder; another process may write it then."""
        self._rows.close()
        os.close(self._lock)

    def _with_samples(self, row: Row, samples: Samples) -> Row:
        """Store `samples` and return `row` with their name."""
        name = samples_file(row.case)
        save_samples(self.path / name, samples, within=self.path, durable=True)
        return msgspec.structs.replace(row, samples=name)


def _refuse_occupied(path: Path) -> None:
    """Raise StoreError unless `path` is empty but for what a `create` that was killed left."""
    with file_errors(path):
        found = sorted(entry.name for entry in path.iterdir())
    if RUN in found:
        raise StoreError(f"{path}: holds a run already: resume it, or choose another folder")
    # The lock comes first, so it tells our own remains from a folder that happens to look alike.
    unborn = (
        set()
        if LOCK not in found
        else {LOCK, MACHINE, SAMPLES, PARTIAL, MACHINE + TEMPORARY, RUN + TEMPORARY}
    )
    foreign = [name for name in found if name not in unborn]
    if foreign:
        raise StoreError(
            f"{path}: not empty (it holds {foreign[0]!r}) and no run: choose another folder"
        )


def _refuse_other_machine(run: StoredRun, machine: Machine) -> None:
    """Raise StoreError where results of `machine` cannot stand in `run`."""
    if unlike := differences(run.machine, machine):
        raise IncomparableMachine(run.path, unlike)
    began, now = (each.libraries.get("sealbench") for each in (run.machine, machine))
    if began != now:
        raise StoreError(f"{run.path}: begun by sealbench {began}, this is {now}: start a new run")


def _session(machine: Machine, before: Conditions | None) -> Session:
    return Session(git_revision=machine.git_revision, before=before or read_conditions())


def _remove_temporary(folder: Path, *, within: Path) -> None:
    """Remove what a killed process was writing in `folder`, which is made where it is missing."""
    with file_errors(folder):
        make_folder(folder, within=within)
        for name in names_in(folder, within=within):
            if name.endswith(TEMPORARY):
                remove(folder / name, within=within)
