"""The machine that a result belongs to: what it is, how busy it was, what it can be compared to."""

from bench.machine.compare import differences, fingerprint
from bench.machine.conditions import read_conditions
from bench.machine.describe import describe_machine
from bench.machine.limits import limits
from bench.machine.scaling import measure_scaling
from bench.machine.schema import Cache, Conditions, Machine, Scaling

__all__ = [
    "Cache",
    "Conditions",
    "Machine",
    "Scaling",
    "describe_machine",
    "differences",
    "fingerprint",
    "limits",
    "measure_scaling",
    "read_conditions",
]
