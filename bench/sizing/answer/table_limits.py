"""What limits the answer, and what changes it most."""

from bench.sizing.answer.document import Column, Grid, Line
from bench.sizing.answer.quantities import NONE, change, fraction_shown, percent, share_shown
from bench.sizing.answer.resources import WHOLE_NOTE, resource_text
from bench.sizing.answer.sources import source_notes
from bench.sizing.answer.values import Answer

TOP_CONSTRAINTS = 6
TOP_SENSITIVITIES = 5
"""What a terminal shows; pages show all."""


def constraints_grid(answer: Answer, *, whole: bool) -> Grid:
    """Return what each resource alone would ask for, the one that binds first.

    Without `whole` those that ask for least are counted only.
    """
    ordered = sorted(
        answer.constraints,
        key=lambda each: (each.fits, -each.binds, -each.servers.value, -each.used_of_one.value),
    )
    kept = ordered if whole else ordered[:TOP_CONSTRAINTS]
    left_out = len(ordered) - len(kept)
    return Grid(
        key="constraints",
        title="What limits it",
        columns=(
            Column(head="resource", numeric=False),
            Column(head="servers\nneeded for it"),
            Column(head="of one\nserver used"),
            Column(head="limits in"),
            Column(head="remark", numeric=False),
        ),
        lines=tuple(
            Line(
                cells=(
                    resource_text(each),
                    fraction_shown(each.servers).without_unit if each.fits else "does not fit",
                    share_shown(each.used_of_one).in_brackets,
                    percent(each.binds),
                    each.note,
                )
            )
            for each in kept
        ),
        notes=(
            *(
                (f"Left out, for they limit less: {left_out}; see --out or --json.",)
                if left_out
                else ()
            ),
            "Needed: if nothing else limited, before rounding up and without spare ones.",
            "Limits in: the share of draws in which most servers are needed for it.",
            WHOLE_NOTE,
        ),
        sources=source_notes(
            [
                (resource_text(each), figure)
                for each in kept
                for figure in (each.servers, each.used_of_one)
            ]
        ),
    )


def sensitivities_grid(answer: Answer, *, whole: bool) -> Grid:
    """Return what changes the answer most: the first five, with `whole` all."""
    kept = answer.sensitivities if whole else answer.sensitivities[:TOP_SENSITIVITIES]
    return Grid(
        key="sensitivities",
        title="What changes the answer most",
        columns=(
            Column(head="change", numeric=False),
            Column(head="servers"),
            Column(head="p99 delay"),
            Column(head="EUR a year"),
        ),
        lines=tuple(
            Line(
                cells=(
                    each.change,
                    change(each.servers_ratio),
                    _change_or_none(each.delay_p99_ratio),
                    _change_or_none(each.yearly_eur_ratio),
                )
            )
            for each in kept
        ),
        notes=(
            "Servers as a fraction, before they are rounded up; each change for itself.",
            "No delay stands where the simulations cannot tell it from the answer's.",
        ),
    )


def _change_or_none(ratio: float | None) -> str:
    return NONE if ratio is None else change(ratio)
