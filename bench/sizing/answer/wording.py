"""An answer in sentences: what to buy, what limits it, whether delay and budgets hold."""

from collections.abc import Iterator

import msgspec

from bench.sizing.answer.quantities import counted, euros, given, percent, shown
from bench.sizing.answer.values import Answer, Compared, Comparison, Figure, RoleAnswer
from bench.sizing.scenario.schema import Scenario


def scenario_of(answer: Answer) -> Scenario:
    """Return the scenario of `answer` as a value again."""
    return msgspec.convert(answer.scenario, Scenario)


def answer_sentences(answer: Answer) -> tuple[str, ...]:
    """Return the answer in sentences, the most important first."""
    return (
        need_sentence(answer),
        *_unfit(answer),
        *_delay(answer),
        *_money(answer),
        *_participant(answer),
    )


def need_sentence(answer: Answer) -> str:
    """Return how many servers of which kind for how many, and what limits them."""
    who = f"{counted(answer.participants, 'participant')} in {counted(answer.rooms, 'room')}"
    if not answer.servers.value:
        return f"{who}: no servers, participants send to each other."
    host = scenario_of(answer).host
    cores = counted(host.cores, "core")
    kind = host.name if host.name.startswith(cores) else f"{cores} ({host.name})"
    return (
        f"{who}: {counted(answer.servers.value, 'server')}{_spare(answer)} of {kind}; binding:"
        f" {answer.binding}{_full(answer)}."
    )


def delay_verdict(answer: Answer) -> str:
    """Return the p99 delay beside its budget: `1.9 ms [1.5, 2.4] of 20 ms: met`."""
    if answer.delay_p99_ms is None:
        return "none"
    budget = given(scenario_of(answer).targets.relay_delay_p99_ms)
    verdict = {True: ": met", False: ": NOT met", None: ""}[answer.delay_met]
    return f"{shown(answer.delay_p99_ms).in_brackets} of {budget} ms{verdict}"


def budget_verdict(figure: Figure, budget: float | None) -> str:
    """Return how a sum stands to its budget, "" without one."""
    if budget is None:
        return ""
    if figure.low > budget:
        return "OVER the budget"
    if figure.high <= budget:
        return "within the budget"
    side = "over" if figure.value > budget else "within"
    return f"{side} the budget, but the budget lies inside the 90 % interval"


def plaintext_text(answer: Answer) -> str:
    """Return who can see and hear what is said."""
    return ", ".join(answer.sees_plaintext) or "nobody"


def footer_lines(answer: Answer) -> tuple[str, ...]:
    """Return on what the answer rests, and how to get the same one again."""
    return (
        f"Profile {answer.profile}, of {answer.machine}.",
        f"Intervals are 90 %, of {answer.replicas:,} joint draws of what was measured.",
        f"Seed {answer.seed}: the same question to the same profile gets the same answer.",
        f"sealbench {answer.sealbench_version}",
    )


def cell_name(cell: Compared, comparison: Comparison) -> str:
    """Return what is special about `cell`: its values, in the order of the fields."""
    return ", ".join(value_text(cell.settings.get(name)) for name in comparison.fields)


def fields_text(comparison: Comparison) -> str:
    """Return what is compared: the field, or only the ends of several fields' paths."""
    if len(comparison.fields) == 1:
        return comparison.fields[0]
    return ", ".join(field.rpartition(".")[2] for field in comparison.fields)


def value_text(value: object) -> str:
    """Return a setting as the command line writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def role_named(answer: Answer, name: str) -> RoleAnswer | None:
    """Return the role called `name`, None where nobody plays it."""
    return next((role for role in answer.roles if role.role == name), None)


def _spare(answer: Answer) -> str:
    spare = answer.spare_servers
    return f" ({round(answer.servers.value) - spare:,} + {spare:,} spare)" if spare else ""


def _full(answer: Answer) -> str:
    """Return how full the fullest server is with the constraint that binds."""
    for constraint in answer.constraints:
        if f"{constraint.role} {constraint.name}" == answer.binding:
            return f", one server {percent(constraint.used_of_one.value)} full"
    return ""


def _unfit(answer: Answer) -> Iterator[str]:
    for constraint in answer.constraints:
        if not constraint.fits:
            why = constraint.note or "no number of servers would do"
            yield f"DOES NOT FIT: {constraint.role} {constraint.name}: {why}."


def _delay(answer: Answer) -> Iterator[str]:
    if answer.delay_p99_ms is not None:
        yield f"Delay that the servers add to 99 % of packets at most: {delay_verdict(answer)}."


def _money(answer: Answer) -> Iterator[str]:
    money = answer.money
    for words, figure, budget in (
        ("to set up", money.setup_eur, money.setup_budget_eur),
        ("a year", money.yearly_eur, money.yearly_budget_eur),
    ):
        if not figure.value and budget is None:
            continue
        held = f" of {euros(budget)}: {budget_verdict(figure, budget)}" if budget else ""
        text = shown(figure)
        yield f"{text.value} EUR {words}{text.brackets}{held}."


def _participant(answer: Answer) -> Iterator[str]:
    publisher, receiver = role_named(answer, "publisher"), role_named(answer, "receiver")
    halves = [
        f"{shown(role.cores).value} cores to {what}"
        for role, what in ((publisher, "send"), (receiver, "receive"))
        if role is not None
    ]
    if halves:
        yield (
            f"A participant's own machine needs {' and '.join(halves)}, of cores like those"
            " calibrated."
        )
