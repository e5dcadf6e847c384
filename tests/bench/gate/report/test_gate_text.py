"""The text and the Markdown of a gate, against golden files.

To accept new output: SEALBENCH_UPDATE_GOLDEN=1 pytest tests/bench/gate/report, then read the diff.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from bench.gate.design import Comparison
from bench.gate.report import append_step_summary, to_markdown, to_text
from bench.gate.report.markdown import LONGEST
from bench.gate.report.terminal import WIDTH, name_lines
from bench.gate.report.wording import percent, plain, shortened_middle, time_text
from bench.gate.result import CountChange, Finding, GateResult, Verdict

MakeFinding = Callable[..., Finding]
MakeComparison = Callable[..., Comparison]
MakePassed = Callable[[int], list[Finding]]
MakeGate = Callable[..., GateResult]
Known = Mapping[str, Finding]

GOLDEN = Path(__file__).parents[3] / "golden" / "gate"
NASTY = "a|b `c` <d> \x1b[31m\x00\n\"e\" 'f' & *g* @team [h](i) " + "n" * 200
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def check_golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("SEALBENCH_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.fixture
def nasty_gate(
    make_finding: MakeFinding, make_comparison: MakeComparison, make_gate: MakeGate
) -> GateResult:
    change = CountChange(counter=NASTY, base=1.0, head=2.0)
    compared = make_comparison(0.5, half=0.4)
    return make_gate(
        make_finding(NASTY, Verdict.REGRESSION, reason=NASTY, compared=compared, changes=(change,)),
        make_finding(NASTY, Verdict.WRONG_ANSWER, reason=NASTY),
        notes=(NASTY,),
    )


def test_text_of_a_gate_is_as_reviewed(full_gate: GateResult) -> None:
    check_golden("summary.txt", to_text(full_gate))


def test_markdown_of_a_gate_is_as_reviewed(full_gate: GateResult) -> None:
    check_golden("summary.md", to_markdown(full_gate))


def test_no_line_is_wider_than_a_log(
    full_gate: GateResult, nasty_gate: GateResult, make_gate: MakeGate
) -> None:
    for result in (full_gate, nasty_gate, make_gate()):
        assert max(map(len, to_text(result).splitlines())) <= WIDTH


def test_text_holds_nothing_that_a_terminal_would_act_upon(nasty_gate: GateResult) -> None:
    assert all(line.isprintable() for line in to_text(nasty_gate).splitlines())


@pytest.mark.parametrize(
    ("kinds", "last"),
    [
        ((), "INCONCLUSIVE: nothing was compared, so nothing can be said (exit code 3: "),
        (("passed", "again"), "PASS: no benchmark of 2 is slower than the base (exit code 0: "),
        (("improved",), "PASS: no benchmark of 1 is slower than the base, 1 faster (exit code 0: "),
        (
            ("passed", "regression", "noisy"),
            "REGRESSION: 1 of 3 is worse than the base (exit code 1: ",
        ),
        (("unmeasured",), "INCONCLUSIVE: 1 of 1 is undecided, which is neither a pass nor a "),
        (("wrong", "regression"), "WRONG ANSWER: 1 of 2 is wrong or failing at head, where speed "),
    ],
)
def test_last_line_says_verdict_meaning_and_exit_code(
    known: Known, make_gate: MakeGate, kinds: tuple[str, ...], last: str
) -> None:
    assert to_text(make_gate(*(known[kind] for kind in kinds))).splitlines()[-1].startswith(last)


def test_only_the_slowest_of_those_that_passed_are_shown(
    make_passed: MakePassed, make_gate: MakeGate
) -> None:
    text = to_text(make_gate(*make_passed(30)))
    assert text.count(" PASS ") == 10
    assert "look-up of 29 hashes" in text
    assert "and 20 more that passed" in text


def test_what_did_not_pass_comes_first_and_with_its_reason(
    full_gate: GateResult, known: Known
) -> None:
    lines = to_text(full_gate).splitlines()
    verdicts = [line.split() for line in lines if " PASS " in line or "REGRESSION  " in line]
    assert "REGRESSION" in verdicts[0]
    assert f"    {known['regression'].reason}" in lines


def test_unknown_pressure_is_called_unknown(make_passed: MakePassed, make_gate: MakeGate) -> None:
    result = msgspec.structs.replace(make_gate(*make_passed(1)), pressure_percent=None)
    assert "CPU pressure unknown" in to_text(result)


@pytest.mark.parametrize("width", [16, 27, 40])
@pytest.mark.parametrize("name", ["short", "x" * 200, "a+b/c:d " * 25, NASTY])
def test_names_take_three_lines_at_most(name: str, width: int) -> None:
    lines = name_lines(plain(name), width)
    assert 1 <= len(lines) <= 3
    assert max(map(len, lines)) <= width


def test_names_that_fit_are_kept_whole() -> None:
    name = "sframe-aes-256-gcm+srtp-aes-128-gcm h264 outdoor->720p"
    squeezed = "".join(name_lines(name, 27)).replace(" ", "")
    assert squeezed == name.replace(" ", "")


def test_figures_are_short() -> None:
    assert [percent(each) for each in (1.041, 0.9999999, 0.877, 250.0)] == [
        "+4.1",
        "+0.0",
        "-12.3",
        "+24,900",
    ]
    assert [time_text(each) for each in (None, 87.26, 812.0, 12_345.6, 45_000_000.0)] == [
        "-",
        "87.3 ns",
        "812 ns",
        "12.3 us",
        "45.0 ms",
    ]
    assert shortened_middle("abcdefghij", 5) == "ab…ij"


def test_markdown_shows_nasty_names_as_they_are(nasty_gate: GateResult) -> None:
    text = to_markdown(nasty_gate)
    rows = [line for line in text.splitlines() if line.startswith("| a")]
    assert rows
    for row in rows:
        cells = row.replace("\\|", "").count("|") - 1
        assert cells in {7, 8}
    assert "@team" not in text
    assert "<d>" not in text
    assert "`c`" not in text.replace("\\`", "")


def test_markdown_stays_within_what_github_accepts(make_gate: MakeGate, known: Known) -> None:
    changes = tuple(CountChange(counter=f"c{n}", base=1.0, head=2.0) for n in range(20))
    findings = [
        msgspec.structs.replace(
            known["regression"], benchmark=f"{number} {'x' * 90}", changes=changes
        )
        for number in range(500)
    ]
    text = to_markdown(make_gate(*findings, notes=tuple("note " * 20 for _ in range(500))))
    assert len(text) <= LONGEST
    assert "more in gate.json" in text
    assert text.rstrip().endswith("</details>")


def test_step_summary_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n")
    append_step_summary("after: → \n", {STEP_SUMMARY: str(path)})
    assert path.read_text(encoding="utf-8") == "before\nafter: → \n"


def test_without_a_step_summary_nothing_happens(capsys: pytest.CaptureFixture[str]) -> None:
    append_step_summary("text", {})
    append_step_summary("text", {STEP_SUMMARY: ""})
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["", "\0"])
def test_unwritable_step_summary_gives_a_note(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    append_step_summary("text", {STEP_SUMMARY: f"{tmp_path}{name}"})
    assert capsys.readouterr().err.startswith(f"note: ${STEP_SUMMARY}: {tmp_path}")
