"""Standard output and standard error that fail, and windows of strange sizes."""

import errno
import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

import bench
from bench.cli.exit_codes import FAULT, INTERRUPTED, OUTPUT_LOST, READER_GONE, USAGE
from bench.cli.frame import _ended
from bench.cli.streams import Stream
from bench.sizing.scenario.load import builtin_scenarios
from bench.store import read_run

Finished = subprocess.CompletedProcess[str]
Environment = Callable[[Mapping[str, str]], dict[str, str]]

PROFILE = Path(__file__).parents[2] / "golden" / "sizing" / "calibration.json"

SAYING = [
    ("--version",),
    ("--help",),
    ("list", "scenarios"),
    ("size", "council", "--from", str(PROFILE), "--json"),
]


@pytest.fixture(scope="module")
def shell(script: str, environment: Environment) -> Callable[[str], Finished]:
    """Return how to run a line of bash in which $S is the script."""

    def run(line: str) -> Finished:
        return subprocess.run(
            ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"],  # noqa: S607 - found on the path
            env=environment({"S": script}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@pytest.mark.parametrize("arguments", SAYING, ids=" ".join)
def test_a_full_disk_is_one_line_and_a_code_of_its_own(
    shell: Callable[[str], Finished], arguments: tuple[str, ...]
) -> None:
    finished = shell(f"$S {' '.join(arguments)} > /dev/full")
    assert finished.returncode == OUTPUT_LOST
    assert finished.stderr == (
        f"sealbench: standard output cannot be written: {os.strerror(errno.ENOSPC)};"
        " what was measured is kept\n"
    )


def test_a_closed_output_is_one_line_and_nothing_lands_in_another_file(
    shell: Callable[[str], Finished],
) -> None:
    finished = shell("$S --version >&-")
    assert finished.returncode == OUTPUT_LOST
    assert finished.stderr.count("\n") == 1
    assert os.strerror(errno.EBADF) in finished.stderr


def test_a_reader_that_left_is_silent_and_not_a_regression(
    shell: Callable[[str], Finished],
) -> None:
    finished = shell("(sleep 1; $S list clips) | true")
    assert (finished.returncode, finished.stderr) == (READER_GONE, "")


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_messages_that_cannot_be_said_change_nothing(
    shell: Callable[[str], Finished], where: str
) -> None:
    finished = shell(f"$S --version {where}")
    assert (finished.returncode, finished.stdout[:10]) == (0, "sealbench ")
    assert shell(f"$S list nothing {where}").returncode == USAGE
    assert shell(f"$S report /nonexistent {where}").returncode == USAGE


def test_a_run_whose_output_is_lost_keeps_its_rows_and_its_report(
    shell: Callable[[str], Finished], folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    finished = shell(f"$S run {folder / 'tiny.toml'} --out {out} > /dev/full")
    assert finished.returncode == OUTPUT_LOST, finished.stderr
    assert [row.error for row in read_run(out).rows] == [None, None]
    assert (out / "report.html").exists()


@pytest.mark.parametrize("code", [1, 3, 5])
def test_a_code_that_says_something_is_kept_where_the_output_is_lost(code: int) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        out = Stream(full.fileno(), "w", closefd=False)
        out.write(b"a verdict")
        assert out.lost is not None
        assert _ended(code, out) == code
        assert _ended(0, out) == OUTPUT_LOST


def on_a_terminal(
    command: list[str], environment: dict[str, str], *, columns: int
) -> tuple[int, str]:
    """Return the exit code of a command on a terminal so wide, and what that showed."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal
    ) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(controller, 65536)
            except OSError:  # what Linux says once nobody has the terminal open
                break
            shown += part
    os.close(controller)
    return process.returncode, shown.decode()


@pytest.mark.parametrize(
    "variables",
    [
        {"COLUMNS": "0", "LINES": "0"},
        {"COLUMNS": "-5"},
        {"COLUMNS": "wide"},
        {"COLUMNS": "²"},
        {"COLUMNS": "1"},
        {"COLUMNS": "9" * 5000},
        {"COLUMNS": "1000000000"},
        {"TERM": "dumb"},
        {"TERM": "no such terminal"},
        {"NO_COLOR": "1"},
    ],
    ids=str,
)
def test_no_window_size_and_no_kind_of_terminal_stops_an_answer(
    script: str, environment: Environment, variables: dict[str, str]
) -> None:
    command = [script, "size", "council", "--from", str(PROFILE)]
    code, shown = on_a_terminal(command, environment({"TERM": "xterm", **variables}), columns=100)
    assert code == 0, shown
    assert "Traceback" not in shown
    assert "relay" in shown


@pytest.mark.parametrize("columns", [0, 1, 20])
def test_a_narrow_terminal_gets_the_answer(
    script: str, environment: Environment, columns: int
) -> None:
    command = [script, "size", "council", "--from", str(PROFILE)]
    code, shown = on_a_terminal(command, environment({"TERM": "xterm"}), columns=columns)
    assert code == 0, shown


def test_a_piped_table_heeds_columns(sealbench: Callable[..., Finished]) -> None:
    for columns in (60, 200):
        shown = sealbench("list", "scenarios", COLUMNS=str(columns)).stdout.splitlines()
        assert columns / 2 < max(map(len, shown)) <= columns


def test_json_is_json_in_every_encoding(sealbench: Callable[..., Finished], tmp_path: Path) -> None:
    title = "Rat \u00fc"
    text = builtin_scenarios()["council"].read_text(encoding="utf-8")
    scenario = tmp_path / "steers.toml"
    scenario.write_text(
        re.sub(r"^title = .*", lambda _: f"title = {json.dumps(title)}", text, flags=re.MULTILINE),
        encoding="utf-8",
    )
    finished = sealbench(
        "size", scenario, "--from", PROFILE, "--json", PYTHONIOENCODING="ascii", LC_ALL="C"
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["title"] == title


def test_an_argument_of_200_kb_is_quoted_in_part(
    one_after_another: Callable[[Sequence[tuple[str, ...]]], list[Finished]],
) -> None:
    long = "a\x1b[2J" + "x" * 100_000 + "z"
    commands = [
        (long,),
        ("list", long),
        ("run", "--nonsense" + long),
        ("run", long),
        ("size", long),
        ("size", "council", "--set", long),
        ("report", long),
        ("gate", "--base", long),
        ("verify", long),
        ("data", "fetch", long),
    ]
    for command, finished in zip(commands, one_after_another(commands), strict=True):
        assert finished.returncode == USAGE, command[:1]
        assert len(finished.stderr) < 4000, command[:1]
        assert "\x1b" not in finished.stderr


PLUG_IN = """
import dataclasses
from pipelines.systems.null import NULL
STEERS = dataclasses.replace(
    NULL, name="steers", summary="\\x1b[2J[bold] :smile:", source="\\x9b31m", labels=("\\u202e",)
)
"""


def test_a_plug_in_steers_no_terminal(sealbench: Callable[..., Finished], tmp_path: Path) -> None:
    (tmp_path / "steering.py").write_text(PLUG_IN)
    info = tmp_path / "steering-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: steering\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[sealbench.pipelines]\nsteers = steering:STEERS\n")
    finished = sealbench("list", "pipelines", PYTHONPATH=str(tmp_path), COLUMNS="200")
    assert finished.returncode == 0, finished.stderr
    assert "\\x1b[2J[bold] :smile: [\\u202e] (\\x9b31m)" in finished.stdout


def test_a_fault_of_ours_is_one_line_and_no_regression(
    script: str, environment: Environment
) -> None:
    finished = subprocess.run(
        [Path(script).with_name("python"), "-c", FAULTY],
        env=environment({}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (finished.returncode, finished.stdout) == (FAULT, "")
    assert re.fullmatch(
        r"sealbench: a fault of sealbench, please report it: ZeroDivisionError: \[1m"
        r" \(bench/cli/app\.py:\d+\)\n",
        finished.stderr,
    )


FAULTY = """
import sys
from bench.cli import show
from bench.cli.main import main

def fault(kind: show.Kind) -> None:
    raise ZeroDivisionError("[1m")

show.show = fault
sys.argv = ["sealbench", "list", "pipelines"]
main()
"""

INTERRUPTED_IMPORT = """
import os, signal, sys

# A shell's background job ignores Ctrl-C, and its children would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

module, number = sys.argv[1:3]

class Stopper:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), int(number))

sys.meta_path.insert(0, Stopper())
from bench.cli.main import main
sys.argv[:3] = ["sealbench"]
main()
"""


IMPORTED_FIRST = """
import sys
sys.path.append(sys.argv[1])
import bench.cli.main
print(*(name for name in sys.modules if name.split(".")[0] in {"bench", "pathlib", "typing"}))
"""


def test_little_is_imported_before_ctrl_c_is_taken(script: str) -> None:
    python = Path(script).with_name("python")
    finished = subprocess.run(
        # Without what an installation loads into every start.
        [python, "-I", "-S", "-c", IMPORTED_FIRST, str(Path(bench.__file__).parents[1])],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(finished.stdout.split()) == [
        "bench",
        "bench.cli",
        "bench.cli.exit_codes",
        "bench.cli.main",
        "bench.cli.raw",
        "bench.cli.stopping",
        "bench.stop",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("module", ["typer", "rich.progress", "bench.cli.show", "numba"])
def test_ctrl_c_while_something_is_imported_is_one_line(
    script: str, environment: Environment, module: str, number: signal.Signals
) -> None:
    finished = subprocess.run(
        [
            Path(script).with_name("python"),
            *("-c", INTERRUPTED_IMPORT, module, str(int(number)), "list", "pipelines"),
        ],
        env=environment({}),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (finished.returncode, finished.stdout) == (INTERRUPTED, "")
    assert finished.stderr == "sealbench: stopped by Ctrl-C\n"
