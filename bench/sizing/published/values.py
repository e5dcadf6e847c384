"""What the check of published points found, as values: for tables, for JSON."""

from typing import Literal

import msgspec

from bench.sizing.published.schema import Kind

SCHEMA = 1
"""Version of the check's JSON."""

Part = Literal["fitted", "predicted", "impossible"]
"""The point that gives its host the scalar; one that is predicted with it; one that the profile
has no costs for, or whose host has no scalar for that reason."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A value with its 90 % interval."""

    value: float
    low: float
    high: float


class Assumption(msgspec.Struct, frozen=True, kw_only=True):
    """An input that the source leaves open, what fills it, and why."""

    input: str
    value: int | float | str
    why: str


class CheckedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One published point beside what the model says. Cores are of the host, CPU time per second.

    `unfitted_cores` are of the calibrated machine, and `unfitted_error_percent` is how far off they
    are. `predicted_cores` are these times the host's scalar, and `error_percent` is the check: None
    unless the point is predicted. `within` says whether the published value lies in the interval,
    `same_software` whether the fitted point of its host ran the same software. `problem` says why
    there is no figure.
    """

    title: str
    document: str
    url: str
    name: str
    host: str
    software: str
    kind: Kind
    part: Part
    published_cores: float
    unfitted_cores: Estimate | None
    unfitted_error_percent: float | None
    predicted_cores: Estimate | None
    error_percent: float | None
    within: bool | None
    same_software: bool
    assumed: tuple[Assumption, ...]
    notes: tuple[str, ...]
    problem: str = ""


class CheckedHost(msgspec.Struct, frozen=True, kw_only=True):
    """One host: cores that it keeps busy for one of the calibrated machine, and where from."""

    host: str
    points: int
    fitted_on: str
    scalar: Estimate | None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Errors over all predicted points, and over those of the same software as the fitted one."""

    points: int
    predicted: int
    within: int
    median_error_percent: float | None
    worst_error_percent: float | None
    worst: str
    same_software: int
    same_software_median_error_percent: float | None


class PublishedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The whole check, with the calibrated machine that it was done with."""

    schema: int = SCHEMA
    machine: str
    rule: str
    summary: Summary
    hosts: tuple[CheckedHost, ...]
    points: tuple[CheckedPoint, ...]
