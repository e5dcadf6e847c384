"""The answer as it is read, beside what was accepted before.

To accept new output: SEALBENCH_UPDATE_GOLDEN=1 pytest tests/bench/sizing/answer, then read the
diff.
"""

import io
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from bench.sizing.answer.cells import cells_text
from bench.sizing.answer.documents import answer_document, comparison_document
from bench.sizing.answer.markdown import render_markdown
from bench.sizing.answer.sources import short_source, whole_source
from bench.sizing.answer.terminal import print_answer, print_comparison
from bench.sizing.answer.values import Answer, Compared, Comparison
from bench.sizing.answer.wording import targets_text

GOLDEN = Path(__file__).parents[3] / "golden" / "sizing"


def printed(show: Callable[[Console], None], width: int = 100) -> str:
    out = io.StringIO()
    show(Console(file=out, width=width, highlight=False))
    return out.getvalue()


def assert_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SEALBENCH_UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text()


def test_answer_on_a_terminal_is_as_accepted(answer: Answer) -> None:
    assert_golden("answer.txt", printed(lambda console: print_answer(answer, console)))


def test_comparison_on_a_terminal_is_as_accepted(comparison: Comparison) -> None:
    assert_golden("compared.txt", printed(lambda console: print_comparison(comparison, console)))


def test_answer_in_markdown_is_as_accepted(answer: Answer) -> None:
    assert_golden("answer.md", render_markdown(answer_document(answer, whole=True), ()))


def test_comparison_in_markdown_is_as_accepted(comparison: Comparison) -> None:
    assert_golden("compared.md", render_markdown(comparison_document(comparison, whole=True), ()))


@pytest.mark.parametrize("width", [80, 100, 250])
def test_no_line_is_longer_than_a_hundred_columns_or_the_window(answer: Answer, width: int) -> None:
    lines = printed(lambda console: print_answer(answer, console), width).splitlines()
    # Numbers are never broken: below a hundred columns a table may stick out.
    assert max(map(len, lines)) <= max(100, min(width, 100))
    assert not any(line != line.rstrip() for line in lines)


def test_terminal_text_holds_no_colours_and_no_control_characters(answer: Answer) -> None:
    hostile = msgspec.structs.replace(
        answer, title="a\x1b[31mb [bold]c", summary="bell\x07", notes=("first\nof all",)
    )
    text = printed(lambda console: print_answer(hostile, console))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]c" in text
    assert text.startswith("note: first of all\n")


def test_all_defaults_are_shown(answer: Answer) -> None:
    text = " ".join(printed(lambda console: print_answer(answer, console)).split())
    assert all(default in text for default in answer.defaults)


def test_sources_are_short_on_a_terminal_and_whole_on_a_page(answer: Answer) -> None:
    assert short_source(answer.cores) == "measured + assumed, n = 10 rounds"
    assert whole_source(answer.cores) == answer.cores.source
    plain = msgspec.structs.replace(answer.cores, source="the price list", basis="published")
    assert short_source(plain) == "published"
    assert whole_source(plain) == "published: the price list"


def test_no_servers_are_said_in_words(answer: Answer) -> None:
    servers = msgspec.structs.replace(answer.servers, value=0.0, low=0.0, high=0.0)
    alone = msgspec.structs.replace(
        answer,
        servers=servers,
        spare_servers=0,
        participants=2.0,
        delay_p50_ms=None,
        delay_p95_ms=None,
        delay_p99_ms=None,
        delay_met=None,
        constraints=(),
        delay_curve=(),
        headroom=(),
        growth=(),
    )
    text = printed(lambda console: print_answer(alone, console))
    assert "2 participants in 1 room: no servers" in text
    assert "binding" not in text
    assert "Headroom" not in text
    assert "What limits it" not in text
    assert "(p99)" not in text


def test_what_does_not_fit_is_said_before_the_tables(answer: Answer) -> None:
    first, *others = answer.constraints
    tight = msgspec.structs.replace(first, fits=False, note="a room of 27 fills 180 % of a server")
    unfit = msgspec.structs.replace(answer, constraints=(tight, *others), delay_met=False)
    head = printed(lambda console: print_answer(unfit, console)).partition("figure ")[0]
    assert "DOES NOT FIT: relay CPU: a room of 27 fills 180 % of a server." in head
    assert "of a budget of 20 ms: NOT met" in head


def test_impossible_cell_says_why(comparison: Comparison) -> None:
    text = " ".join(printed(lambda console: print_comparison(comparison, console)).split())
    assert "aes-256-ctr-hmac-sha-512: impossible: the profile has no cost" in text


def test_what_holds_for_one_cell_only_names_it(comparison: Comparison) -> None:
    first, second, *others = comparison.cells
    assert second.answer is not None
    noted = msgspec.structs.replace(second.answer, notes=("recording went with it",))
    cells = (first, msgspec.structs.replace(second, answer=noted), *others)
    document = comparison_document(msgspec.structs.replace(comparison, cells=cells), whole=False)
    assert document.notes == ("recording went with it (Only with e2e_cipher aes-256-gcm.)",)


def opened(answer: Answer) -> Answer:
    return msgspec.structs.replace(answer, sees_plaintext=("participants", "relay"))


def test_comparison_says_who_sees_plaintext_with_which_setting(comparison: Comparison) -> None:
    first, *others = comparison.cells
    assert first.answer is not None
    cells = (msgspec.structs.replace(first, answer=opened(first.answer)), *others)
    mixed = msgspec.structs.replace(comparison, cells=cells)
    text = " ".join(printed(lambda console: print_comparison(mixed, console)).split())
    assert (
        "Who sees plaintext: participants, relay with e2e_cipher none; participants only with"
        " e2e_cipher aes-256-gcm." in text
    )


def test_cells_are_told_by_the_one_field_that_tells_them_apart(answer: Answer) -> None:
    cells = tuple(
        Compared(settings={"scan.point": point, "system.e2e_cipher": cipher}, answer=answer)
        for point in ("none", "relay")
        for cipher in ("none", "aes-256-gcm")
    )
    both = Comparison(
        name="it", title="it", fields=("scan.point", "system.e2e_cipher"), cells=cells
    )
    assert cells_text([cells[0], cells[2]], both) == "e2e_cipher none"
    assert cells_text(cells[2:], both) == "point relay"
    assert cells_text([cells[0], cells[3]], both) == (
        "point + e2e_cipher none + none / relay + aes-256-gcm"
    )


def test_missed_targets_are_said_of_a_cell(answer: Answer) -> None:
    assert targets_text(answer) == "met"
    money = msgspec.structs.replace(answer.money, yearly_budget_eur=1.0)
    late = msgspec.structs.replace(answer, delay_met=False, money=money)
    assert targets_text(late) == "delay NOT met; yearly sum OVER the budget"


def test_what_is_no_resource_is_told_with_the_fullest_resource(answer: Answer) -> None:
    first, *others = answer.constraints
    own = msgspec.structs.replace(first, name="own servers", note="each of 21 has its own")
    told = msgspec.structs.replace(
        answer, binding="relay own servers", constraints=(own, first, *others)
    )
    text = " ".join(printed(lambda console: print_answer(told, console)).split())
    assert "(binding constraint): relay one per system (each of 21 has its own)." in text
    assert "Their fullest resource: relay CPU; one server is 24 % [22, 27] full" in text


def test_a_budget_inside_the_interval_of_the_delay_is_said(answer: Answer) -> None:
    assert answer.delay_p99_ms is not None
    wide = msgspec.structs.replace(answer.delay_p99_ms, high=25.0)
    text = " ".join(
        printed(
            lambda console: print_answer(
                msgspec.structs.replace(answer, delay_p99_ms=wide), console
            )
        ).split()
    )
    assert "of 20 ms: met, but the budget lies inside the 90 % interval." in text
