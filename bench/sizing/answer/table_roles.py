"""Who does how much at the peak, and where the CPU of each goes."""

from collections.abc import Callable, Iterator, Sequence

from bench.sizing.answer.document import Column, Grid, Line
from bench.sizing.answer.quantities import percent, shown
from bench.sizing.answer.sources import short_source, source_notes
from bench.sizing.answer.values import Answer, Figure, RoleAnswer

TOP = 3
"""Stages of a role that a terminal shows; pages show all."""

_COLUMNS: tuple[tuple[str, Callable[[RoleAnswer], Figure]], ...] = (
    ("cores", lambda role: role.cores),
    ("in", lambda role: role.bps_in),
    ("out", lambda role: role.bps_out),
    ("packets/s\nin", lambda role: role.packets_in_per_s),
    ("packets/s\nout", lambda role: role.packets_out_per_s),
    ("memory", lambda role: role.ram_bytes),
)


def roles_grid(answer: Answer, *, whole: bool) -> Grid:
    """Return what each role does; `whole` gives every figure its interval."""
    return Grid(
        key="roles",
        title="Who does how much at the peak",
        columns=(Column(head="role", numeric=False), *(Column(head=name) for name, _ in _COLUMNS)),
        lines=tuple(
            Line(cells=(role.role, *(_cell(name, of(role), whole=whole) for name, of in _COLUMNS)))
            for role in answer.roles
        ),
        notes=(f"{'; '.join(_per_lines(answer.roles))}.",),
        sources=source_notes(list(_named(answer.roles))),
    )


def stages_grid(answer: Answer, *, whole: bool) -> Grid:
    """Return where the CPU of each role goes: the top stages, with `whole` all of them."""
    lines: list[Line] = []
    drawn: list[tuple[str, Figure]] = []
    for role in answer.roles:
        stages = sorted(role.stages, key=lambda stage: -stage.cores.value)
        for place, stage in enumerate(stages if whole else stages[:TOP]):
            share = stage.cores.value / role.cores.value if role.cores.value else 0.0
            name = role.role if place == 0 else ""
            lines.append(
                Line(cells=(name, stage.stage, shown(stage.cores).without_unit, percent(share)))
            )
            drawn.append((f"{role.role} {stage.stage}", stage.cores))
    return Grid(
        key="stages",
        title="Where the CPU goes" + ("" if whole else f" (the {TOP} largest stages of each role)"),
        columns=(
            Column(head="role", numeric=False),
            Column(head="stage", numeric=False),
            Column(head="cores"),
            Column(head="of the role"),
        ),
        lines=tuple(lines),
        sources=source_notes(drawn),
    )


def _named(roles: Sequence[RoleAnswer]) -> Iterator[tuple[str, Figure]]:
    """Yield every figure by its column, and by its role too where a column has several sources."""
    for column, of in _COLUMNS:
        alike = len({short_source(of(role)) for role in roles}) == 1
        for role in roles:
            yield column if alike else f"{column} of {role.role}", of(role)


def _per_lines(roles: Sequence[RoleAnswer]) -> list[str]:
    by_whom: dict[str, list[str]] = {}
    for role in roles:
        by_whom.setdefault(role.per, []).append(role.role)
    return [f"{', '.join(names)}: {per}" for per, names in by_whom.items()]


def _cell(head: str, figure: Figure, *, whole: bool) -> str:
    text = shown(figure)
    # The head of cores and packets names their unit; that of the others depends on the size.
    named = head == "cores" or head.startswith("packets")
    if whole or head == "cores":
        return text.without_unit if named else text.in_brackets
    return text.value if named else text.with_unit
