"""An answer in sentences: what to buy, what limits it, whether delay and budgets hold."""

from collections.abc import Iterator

import msgspec

from bench.sizing.answer.quantities import counted, euros, given, percent, share_shown, shown
from bench.sizing.answer.resources import (
    binding_constraint,
    fullest,
    is_filled,
    resource_text,
)
from bench.sizing.answer.values import Answer, Figure, RoleAnswer
from bench.sizing.scenario.schema import Scenario

WITHIN = "within the budget"
_INSIDE = "but the budget lies inside the 90 % interval"

_PARTICIPANTS = frozenset({"participants", "recording participant"})


def scenario_of(answer: Answer) -> Scenario:
    """Return the scenario of `answer` as a value again."""
    return msgspec.convert(answer.scenario, Scenario)


def answer_sentences(answer: Answer) -> tuple[str, ...]:
    """Return the answer in sentences, the most important first."""
    return (
        _need(answer),
        *_unfit(answer),
        *_binding(answer),
        *_peak(answer),
        *_delay(answer),
        *_money(answer),
        f"Who sees plaintext: {plaintext_text(answer)}.",
        *_participant(answer),
    )


def budget_verdict(figure: Figure, budget: float | None) -> str:
    """Return how a sum stands to its budget, "" without one."""
    if budget is None:
        return ""
    if figure.low > budget:
        return "OVER the budget"
    if figure.high <= budget:
        return WITHIN
    side = "over" if figure.value > budget else "within"
    return f"{side} the budget, {_INSIDE}"


def only_participants(answer: Answer) -> bool:
    """Return whether nobody but those who take part can see and hear what is said."""
    return set(answer.sees_plaintext) <= _PARTICIPANTS


def plaintext_text(answer: Answer) -> str:
    """Return who can see and hear what is said."""
    return ", ".join(answer.sees_plaintext) + (" only" if only_participants(answer) else "")


def targets_text(answer: Answer) -> str:
    """Return whether delay, budgets and the size of a server hold, or which do not."""
    money = answer.money
    missed = [
        *(f"{resource_text(each)} does not fit" for each in answer.constraints if not each.fits),
        *(["delay NOT met"] if answer.delay_met is False else []),
        *(
            f"{words} {verdict}"
            for words, verdict in (
                ("set-up", budget_verdict(money.setup_eur, money.setup_budget_eur)),
                ("yearly sum", budget_verdict(money.yearly_eur, money.yearly_budget_eur)),
            )
            if verdict and verdict != WITHIN
        ),
    ]
    return "; ".join(missed) or "met"


def footer_lines(answer: Answer) -> tuple[str, ...]:
    """Return on what the answer rests, and how to get the same one again."""
    return (
        f"Profile {answer.profile}, of {answer.machine}.",
        f"Intervals (brackets) are 90 %, of {answer.replicas:,} joint draws of what was measured.",
        f"Seed {answer.seed}: the same question to the same profile gets the same answer.",
        f"sealbench {answer.sealbench_version}",
    )


def role_named(answer: Answer, name: str) -> RoleAnswer | None:
    """Return the role called `name`, None where nobody plays it."""
    return next((role for role in answer.roles if role.role == name), None)


def _need(answer: Answer) -> str:
    """Return how many servers of which kind for how many."""
    who = f"{counted(answer.participants, 'participant')} in {counted(answer.rooms, 'room')}"
    if not answer.servers.value:
        return f"{who}: no servers, participants send to each other."
    host, spare = scenario_of(answer).host, answer.spare_servers
    cores = counted(host.cores, "core")
    kind = host.name if host.name.startswith(cores) else f"{cores} ({host.name})"
    parts = f" ({round(answer.servers.value) - spare:,} + {spare:,} spare)" if spare else ""
    return f"{who}: {counted(answer.servers.value, 'server')}{parts} of {kind}."


def _binding(answer: Answer) -> Iterator[str]:
    """Yield what limits the servers, and how full they are of the resource they have least of."""
    constraint, busiest = binding_constraint(answer), fullest(answer)
    if constraint is None:
        return
    most = percent(scenario_of(answer).targets.utilisation)
    told = f"What limits it (binding constraint): {resource_text(constraint)}"
    if is_filled(constraint):
        used = share_shown(constraint.used_of_one).in_sentence
        yield f"{told}; one server is {used} full, and may be {most}."
        return
    yield f"{told}{f' ({constraint.note})' if constraint.note else ''}."
    if busiest is not None:
        used = share_shown(busiest.used_of_one).in_sentence
        yield (
            f"Their fullest resource: {resource_text(busiest)}; one server is {used} full, and may"
            f" be {most}."
        )


def _peak(answer: Answer) -> Iterator[str]:
    if answer.servers.value:
        cores, into, out = map(shown, (answer.cores, answer.bps_in, answer.bps_out))
        yield (
            f"At the peak they keep {cores.in_sentence} busy, take in {into.in_sentence} and send"
            f" out {out.in_sentence}."
        )


def _unfit(answer: Answer) -> Iterator[str]:
    for constraint in answer.constraints:
        if not constraint.fits:
            why = constraint.note or "no number of servers would do"
            yield f"DOES NOT FIT: {resource_text(constraint)}: {why}."


def _delay(answer: Answer) -> Iterator[str]:
    if answer.delay_p99_ms is None:
        return
    budget = scenario_of(answer).targets.relay_delay_p99_ms
    verdict = {True: ": met", False: ": NOT met", None: ""}[answer.delay_met]
    if answer.delay_met and answer.delay_p99_ms.high > budget:
        verdict = f"{verdict}, {_INSIDE}"
    yield (
        f"A server delays 99 % of packets by at most {shown(answer.delay_p99_ms).in_sentence}, of a"
        f" budget of {given(budget)} ms{verdict}."
    )


def _money(answer: Answer) -> Iterator[str]:
    money = answer.money
    for words, figure, budget in (
        ("to set up", money.setup_eur, money.setup_budget_eur),
        ("a year", money.yearly_eur, money.yearly_budget_eur),
    ):
        if not figure.value and budget is None:
            continue
        held = f", of {euros(budget)}: {budget_verdict(figure, budget)}" if budget else ""
        sum_of = msgspec.structs.replace(figure, unit="EUR")
        yield f"{shown(sum_of).in_sentence} {words}{held}."


def _participant(answer: Answer) -> Iterator[str]:
    publisher, receiver = role_named(answer, "publisher"), role_named(answer, "receiver")
    halves = [
        f"{shown(role.cores).value} cores to {what}"
        for role, what in ((publisher, "send"), (receiver, "receive"))
        if role is not None
    ]
    if halves:
        yield (
            f"Each participant's own machine needs {' and '.join(halves)}, if its cores are like"
            " those calibrated."
        )
