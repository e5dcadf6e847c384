"""What a terminal gets: nothing that steers it, and text that it can show."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import msgspec
import pytest
import typer

from bench.cli.calibrate import end
from bench.cli.calibration import Finished as Calibrated
from bench.cli.console import put_json, visible
from bench.cli.exit_codes import INTERRUPTED, WRONG_ANSWER
from bench.profile.schema import Profile
from bench.profile.store import read_profile

Finished = CompletedProcess[str]

PROFILE = Path(__file__).parents[2] / "golden" / "sizing" / "calibration.json"


@pytest.fixture(scope="module")
def profile() -> Profile:
    return read_profile(PROFILE)


def test_what_steers_a_terminal_is_spelt_out() -> None:
    assert visible("\x1b[2J\x07 a\nb µ → …") == "\\x1b[2J\\x07 a\nb µ → …"
    assert visible("\x9b31m\u202e") == "\\x9b31m\\u202e"


def test_json_keeps_all_and_steers_nothing(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    document = {"name": "µ → \x1b[2J \x9b31m \u202e \U0001f600 \U000e0001", "line": "\n"}
    put_json(msgspec.json.format(msgspec.json.encode(document)))
    shown = capfdbinary.readouterr().out.decode()
    assert json.loads(shown) == document
    assert all(each.isprintable() for each in shown.replace("\n", ""))


def test_names_from_files_do_not_reach_the_terminal_raw(
    one_after_another: Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]],
    tmp_path: Path,
) -> None:
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps({"schema": 1, "\x1b[2J": 1}))
    (said,) = one_after_another([("size", "council", "--from", forged)])
    assert (said.returncode, said.stdout) == (2, "")
    assert "unknown field `\\x1b[2J`" in said.stderr
    assert "\x1b" not in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_terminal_of_ascii_gets_the_answer(sealbench: Callable[..., Finished]) -> None:
    said = sealbench("size", "leaders", "--from", PROFILE, PYTHONIOENCODING="ascii")
    assert said.returncode == 0, said.stderr
    assert said.stdout.isascii()


def finished(profile: Profile, *, complete: bool, problem: str) -> Calibrated:
    told = msgspec.structs.replace(profile, problems={"udp/gso": problem})
    return Calibrated(profile=told, complete=complete, only=False, kept=None)


def test_a_calibration_with_a_wrong_answer_ends_with_5(profile: Profile) -> None:
    wrong = "WrongAnswer: other packets than the reference's"
    with pytest.raises(typer.Exit) as ended:
        end(finished(profile, complete=True, problem=wrong), Path("here"))
    assert ended.value.exit_code == WRONG_ANSWER
    with pytest.raises(typer.Exit) as ended:
        end(finished(profile, complete=False, problem=wrong), Path("here"))
    assert ended.value.exit_code == INTERRUPTED
    end(finished(profile, complete=True, problem="OSError: no such option"), Path("here"))
