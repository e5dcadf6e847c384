"""What the cells of a comparison are called, one by one and several together."""

from collections.abc import Sequence

from bench.sizing.answer.values import Compared, Comparison


def cell_name(cell: Compared, comparison: Comparison) -> str:
    """Return what is special about `cell`: its values, in the order of the fields."""
    return " + ".join(_value_text(cell.settings.get(name)) for name in comparison.fields)


def fields_text(comparison: Comparison) -> str:
    """Return what is compared: the field, or only the ends of several fields' paths."""
    if len(comparison.fields) == 1:
        return comparison.fields[0]
    return " + ".join(map(_end, comparison.fields))


def cells_text(told: Sequence[Compared], comparison: Comparison) -> str:
    """Return which cells `told` are: by one field if that tells them from all others with answers.

    `e2e_cipher none` rather than each cell that has it.
    """
    answered = [cell for cell in comparison.cells if cell.answer is not None]
    for field in comparison.fields:
        values = dict.fromkeys(_value_text(cell.settings.get(field)) for cell in told)
        if len(told) == sum(_value_text(cell.settings.get(field)) in values for cell in answered):
            return f"{_end(field)} {' / '.join(values)}"
    names = " / ".join(cell_name(cell, comparison) for cell in told)
    return f"{fields_text(comparison)} {names}"


def _value_text(value: object) -> str:
    """Return a setting as the command line writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _end(field: str) -> str:
    return field.rpartition(".")[2]
