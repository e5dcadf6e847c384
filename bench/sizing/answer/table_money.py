"""Money: every item of both sums, the sums, and the budgets."""

from collections.abc import Iterator, Sequence

from bench.sizing.answer.document import Column, Grid, Line
from bench.sizing.answer.quantities import NONE, euros, shown
from bench.sizing.answer.sources import source_notes
from bench.sizing.answer.values import Answer, Figure
from bench.sizing.answer.wording import budget_verdict


def money_grid(answer: Answer) -> Grid:
    """Return what is to be paid at first and every year."""
    money = answer.money
    items = [
        *((f"set-up: {each.name}", each) for each in money.setup),
        *((f"a year: {each.name}", each) for each in money.yearly),
    ]
    sums = [("set-up: together", money.setup_eur), ("a year: together", money.yearly_eur)]
    return Grid(
        key="money",
        title="Money",
        columns=(
            Column(head="item", numeric=False),
            Column(head="EUR"),
            Column(head="90 % interval"),
            Column(head="budget, EUR"),
            Column(head="", numeric=False),
        ),
        lines=(
            *_sum_lines("set-up", money.setup, money.setup_eur, money.setup_budget_eur),
            *_sum_lines("a year", money.yearly, money.yearly_eur, money.yearly_budget_eur),
        ),
        sources=source_notes([*items, *sums]),
    )


def _sum_lines(
    what: str, items: Sequence[Figure], total: Figure, budget: float | None
) -> Iterator[Line]:
    for item in items:
        text = shown(item)
        yield Line(cells=(f"{what}: {item.name}", text.value, text.interval, "", ""))
    text = shown(total)
    yield Line(
        cells=(
            f"{what}: together",
            text.value,
            text.interval,
            NONE if budget is None else euros(budget),
            budget_verdict(total, budget),
        ),
        is_total=True,
    )
