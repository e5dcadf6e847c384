"""`sealbench machine`: what this machine is, and what limits a measurement here."""

from typing import Annotated

import msgspec
import typer

from bench.cli.console import ERR, OUT, put_json
from bench.cli.headline import known
from bench.cli.show import new_table
from bench.harness import harness_ns_per_frame
from bench.machine.conditions import read_conditions
from bench.machine.describe import describe_machine
from bench.machine.limits import limits

STAGES_OF_NULL = 5


def machine(
    *, json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Describe this machine.

    Says what limits a measurement on it. Takes some seconds.
    """
    if ERR.is_terminal:
        ERR.print("measuring how the cores scale …")
    described, conditions = describe_machine(), read_conditions()
    harness_ns = harness_ns_per_frame(STAGES_OF_NULL)
    found = limits(described, conditions)
    if json:
        document = {
            "machine": described,
            "conditions": conditions,
            "harness_ns_per_frame": harness_ns,
            "limits": found,
        }
        put_json(msgspec.json.format(msgspec.json.encode(document)) + b"\n")
        return
    table = new_table("", "")
    table.show_header = False
    for name, value in msgspec.to_builtins(described).items():
        if name not in {"libraries", "caches", "scaling", "clock"}:
            table.add_row(name.removesuffix("_bytes").replace("_", " "), in_words(name, value))
    if described.scaling is not None:
        ratio = described.scaling.ratio
        table.add_row(
            "scaling",
            f"{ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f}) times one process,"
            f" with {described.scaling.processes} at once",
        )
    read = described.clock.read_ns
    table.add_row("clock", f"{read.value:.0f} ns a read ({read.low:.0f} to {read.high:.0f})")
    table.add_row("harness", f"{harness_ns:.0f} ns a frame of {STAGES_OF_NULL} stages")
    table.add_row(
        "load",
        f"{known(conditions.load_1min)}, CPU pressure {known(conditions.cpu_pressure_percent)} %",
    )
    for name, version in described.libraries.items():
        table.add_row(name, version or "not found")
    OUT.print(table)
    OUT.print(
        "\nWhat limits a measurement here:" if found else "\nNothing limits a measurement here."
    )
    for line in found:
        OUT.print(f"- {line}", markup=False)


def in_words(name: str, value: object) -> str:
    """Return a field of the machine as its row shows it."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(value)
    if isinstance(value, int) and name.endswith("_bytes"):
        return f"{value / 2**30:.1f} GiB"
    return str(value)
