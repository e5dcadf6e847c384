"""The folder that a run leaves behind.

    run.json        what was planned (RunPlan)
    machine.json    on what, and under which conditions (MachineFile)
    rows.jsonl      one Row per finished case
    interim.jsonl   the same for cases in flight, where a run was interrupted; gone on resume
    samples/        the samples of each finished case, .npy
    partial/        blocks of the cases in flight
    lock            held by the one process that writes

Every file carries its schema version. Killed at any moment, the folder loses at most what was in
flight, and `RunFolder.open_for_resume` goes on from there.
"""

from bench.store.arrays import Blocks
from bench.store.errors import IncomparableMachine, StoreError
from bench.store.folder import RunFolder
from bench.store.names import safe_name
from bench.store.stored import RunPlan, Session, StoredRun, read_run

__all__ = [
    "Blocks",
    "IncomparableMachine",
    "RunFolder",
    "RunPlan",
    "Session",
    "StoreError",
    "StoredRun",
    "read_run",
    "safe_name",
]
