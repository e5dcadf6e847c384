"""The answer's values: what `--json` prints, and what tables, pages and plots are made of."""

from typing import Literal

import msgspec

SCHEMA = 1
"""Version of answer.json."""

Basis = Literal["measured", "published", "assumed"]
"""Where a figure comes from: calculated from measured costs; somebody's figure; our default."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure with its 90 % interval; `unit` is "" for a ratio.

    `basis` is the weakest of what it was made of apart from the scenario itself, and `source` says
    it in words: which costs, over how many rounds and samples, and which assumptions.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    basis: Basis
    source: str


class StageShare(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of a role: how many cores it keeps busy."""

    stage: str
    cores: Figure


class RoleAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a role does: one participant's half, or all servers of that role together."""

    role: str
    per: str
    cores: Figure
    stages: tuple[StageShare, ...]
    packets_in_per_s: Figure
    packets_out_per_s: Figure
    bps_in: Figure
    bps_out: Figure
    ram_bytes: Figure
    servers: Figure | None = None


class Constraint(msgspec.Struct, frozen=True, kw_only=True):
    """One resource of one role and the servers it alone would ask for, before spare ones.

    `binds` is the share of draws in which it asks for most. `fits` is False where no number of
    servers would do (a room that does not fit one).
    """

    name: str
    role: str
    servers: Figure
    used_of_one: Figure
    binds: float
    fits: bool = True
    note: str = ""


class DelayPoint(msgspec.Struct, frozen=True, kw_only=True):
    """Added delay in ms of packets through a relay whose cores are busy for `load` of the time."""

    load: float
    p50_ms: Figure
    p95_ms: Figure
    p99_ms: Figure


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """The same scenario with another number of participants."""

    participants: float
    servers: Figure
    yearly_eur: Figure
    setup_eur: Figure
    busiest: Figure


class Sensitivity(msgspec.Struct, frozen=True, kw_only=True):
    """What the number of servers (as a fraction) and the p99 delay become when one input changes.

    `change` says what was changed and how much ("video bitrate +10 %"); ratios are over the answer.
    """

    change: str
    servers_ratio: float
    delay_p99_ratio: float | None
    yearly_eur_ratio: float | None


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """Euros to set up and for a year, by what they are for, and against the budgets if any."""

    setup: tuple[Figure, ...]
    yearly: tuple[Figure, ...]
    setup_eur: Figure
    yearly_eur: Figure
    setup_budget_eur: float | None
    yearly_budget_eur: float | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one scenario needs on one kind of host, according to one profile.

    `scenario` is the whole scenario with its defaults, `defaults` the fields that the file left to
    them. Delays are at `planned_load`: the share of the peak's time that the servers' cores are
    busy. `binding` names the constraint that asks for most servers. `notes` has to be read before
    the first figure: whose profile it is, where that is not this machine's.
    """

    schema: int = SCHEMA
    sealbench_version: str
    name: str
    title: str
    summary: str
    scenario: dict[str, object]
    defaults: tuple[str, ...]
    profile: str
    machine: str
    seed: int
    replicas: int
    sees_plaintext: tuple[str, ...]
    participants: float
    rooms: float
    cores: Figure
    servers: Figure
    spare_servers: int
    bps_in: Figure
    bps_out: Figure
    delay_p50_ms: Figure | None
    delay_p95_ms: Figure | None
    delay_p99_ms: Figure | None
    delay_met: bool | None
    money: Money
    binding: str
    constraints: tuple[Constraint, ...]
    roles: tuple[RoleAnswer, ...]
    delay_curve: tuple[DelayPoint, ...]
    headroom: tuple[CurvePoint, ...]
    growth: tuple[CurvePoint, ...]
    sensitivities: tuple[Sensitivity, ...]
    assumed: tuple[str, ...]
    unchecked: tuple[str, ...]
    notes: tuple[str, ...] = ()
    planned_load: float | None = None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a comparison: the fields that were set, and the answer or why there is none."""

    settings: dict[str, object]
    answer: Answer | None = None
    error: str | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The same scenario with one field (or several) set to other values."""

    schema: int = SCHEMA
    name: str
    title: str
    fields: tuple[str, ...]
    cells: tuple[Compared, ...]
