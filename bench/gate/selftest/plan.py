"""What the trials of a folder have in common: trials of two machines or designs never mix."""

from pathlib import Path

import msgspec

from bench.gate.design import DESIGN, Design
from bench.machine.compare import fingerprint, unlike
from bench.machine.schema import Machine
from bench.store import IncomparableMachine, StoreError
from bench.store.errors import file_errors
from bench.store.files import read_json, write_bytes

PLAN_FILE = "plan.json"
PLAN_SCHEMA = 1


class SelftestPlan(msgspec.Struct, frozen=True, kw_only=True):
    """On what, and how; `suite` is the hash of its text."""

    fingerprint: dict[str, str]
    design: Design
    suite: str
    schema: int = PLAN_SCHEMA


def check_plan(folder: Path, machine: Machine, *, suite: str) -> None:
    """Write the plan of a new folder, or check that an old one goes on as it began.

    Raises StoreError, and IncomparableMachine where machine or libraries are others.
    """
    plan = SelftestPlan(fingerprint=fingerprint(machine), design=DESIGN, suite=suite)
    path = folder / PLAN_FILE
    with file_errors(path):
        begun_already = path.exists()
    if not begun_already:
        write_bytes(path, msgspec.json.format(msgspec.json.encode(plan)), make=True)
        return
    begun = read_json(path, SelftestPlan, newest=PLAN_SCHEMA)
    others = unlike(begun.fingerprint, plan.fingerprint)
    if others:
        raise IncomparableMachine(folder, others)
    if (begun.design, begun.suite) != (plan.design, plan.suite):
        raise StoreError(f"{folder}: begun with another suite or design: start a new folder")
