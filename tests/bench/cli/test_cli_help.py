import re
from collections.abc import Callable, Sequence
from subprocess import CompletedProcess

import pytest

from bench.cli.commands import COMMANDS
from bench.clips.catalogue import load_catalogue
from bench.sizing.scenario.load import builtin_scenarios
from bench.suite import builtin_suites
from pipelines.ciphers.table import CIPHERS
from pipelines.registry import BUILTIN

Finished = CompletedProcess[str]
OneAfterAnother = Callable[[Sequence[tuple[str, ...]]], list[Finished]]

LISTED = ("pipelines", "ciphers", "scanners", "clips", "suites", "scenarios", "unsupported")
DATA_COMMANDS = ("list", "fetch", "verify")
HASHES_COMMANDS = ("make", "show")


@pytest.fixture(scope="module")
def said(one_after_another: OneAfterAnother) -> dict[tuple[str, ...], Finished]:
    commands = [
        ("--help",),
        *((command, "--help") for command in COMMANDS),
        *(("data", command, "--help") for command in DATA_COMMANDS),
        *(("hashes", command, "--help") for command in HASHES_COMMANDS),
        ("--version",),
        *(("list", kind) for kind in LISTED),
        ("data", "list"),
    ]
    return dict(zip(commands, one_after_another(commands), strict=True))


def test_every_command_says_what_it_is_for(said: dict[tuple[str, ...], Finished]) -> None:
    for command, finished in said.items():
        assert finished.returncode == 0, (command, finished.stderr)
        assert not finished.stderr, command
        assert finished.stdout.strip(), command


def test_the_help_names_every_command_and_exit_code(
    said: dict[tuple[str, ...], Finished],
) -> None:
    text = said["--help",].stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", text, re.MULTILINE)
    for code in (0, 1, 2, 3, 4, 5, 6, 70, 130, 141):
        assert re.search(rf"\b{code}\s+[a-z]", text)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_examples(
    said: dict[tuple[str, ...], Finished], command: str
) -> None:
    text = said[command, "--help"].stdout
    assert "Examples:" in text
    examples = text.split("Examples:")[1].split("\n")
    assert any(line.strip().startswith(f"sealbench {command}") for line in examples)


def test_the_version_has_three_numbers(said: dict[tuple[str, ...], Finished]) -> None:
    assert re.fullmatch(r"sealbench \d+\.\d+\.\d+\S*\n", said["--version",].stdout)


def test_the_installed_script_is_the_same_command_line(
    sealbench: Callable[..., Finished], said: dict[tuple[str, ...], Finished]
) -> None:
    finished = sealbench("--version")
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout == said["--version",].stdout


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("pipelines", [pipeline.name for pipeline in BUILTIN]),
        ("ciphers", list(CIPHERS)),
        ("clips", [clip.id for clip in load_catalogue().clips]),
        ("suites", list(builtin_suites())),
        ("scenarios", list(builtin_scenarios())),
    ],
)
def test_a_list_names_everything(
    said: dict[tuple[str, ...], Finished], kind: str, names: list[str]
) -> None:
    # A narrow column folds a long name, so a name may begin on one line and end on others.
    first_words = {line.split(" ")[0] for line in said["list", kind].stdout.splitlines()}
    for name in names:
        assert any(word and name.startswith(word) for word in first_words), name


def test_what_must_not_be_trusted_is_marked_in_the_list(
    said: dict[tuple[str, ...], Finished],
) -> None:
    assert "[unauthenticated]" in " ".join(said["list", "pipelines"].stdout.split())


def test_data_list_shows_the_clips(said: dict[tuple[str, ...], Finished]) -> None:
    assert said["data", "list"].stdout == said["list", "clips"].stdout
