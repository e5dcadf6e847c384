"""Whatever a plug-in does, in use it is a row of its own and unused it is one line."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bench.results import Row
from bench.store import read_run

HERE = Path(__file__).parent
NAME = "sealbench_misbehaving"
GOOD = ("null", "srtp-aes-128-gcm")
CASE = "stage/webcam-360p/h264/"

SUITE = """
schema = 1
summary = "Good pipelines beside a misbehaving plug-in's."
seconds = {seconds}
rounds = 2

[[case]]
why = "Does the rest go on?"
model = "stage"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = [{pipelines}]
"""

# As the installed script, with less patience.
IMPATIENT = """
import sys
import bench.flight
bench.flight.PATIENCE_S = 4.0
from bench.cli.main import main
main()
"""

Install = Callable[[Mapping[str, str]], Path]
Finished = subprocess.CompletedProcess[str]


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Return how to install plug-ins, by entry point and code; the folder goes on the path."""
    folder = tmp_path / "installed"

    def install_them(plugins: Mapping[str, str]) -> Path:
        metadata = folder / "some_plugin-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: some-plugin\nVersion: 1\n")
        lines = [f"{name} = {name}:ALL" for name in plugins]
        text = "\n".join(["[sealbench.pipelines]", *lines])
        (metadata / "entry_points.txt").write_text(text)
        for name, code in plugins.items():
            (folder / f"{name}.py").write_text(code)
        return folder

    return install_them


def sealbench(folder: Path, *words: str | Path, program: str | None = None) -> Finished:
    script = Path(sysconfig.get_path("scripts")) / "sealbench"
    command = [script] if program is None else [sys.executable, "-c", program]
    return subprocess.run(
        [*map(str, command), *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=570,
    )


def rows_of(folder: Path) -> dict[str, Row]:
    return {row.pipeline: row for row in read_run(folder / "r").rows}


def write_suite(folder: Path, *pipelines: str, seconds: float = 0.05) -> None:
    names = ", ".join(f'"{name}"' for name in pipelines)
    (folder / "s.toml").write_text(SUITE.format(seconds=seconds, pipelines=names))


def misbehaving(all_of_it: str = "ALL") -> str:
    code = (HERE / "misbehaving" / f"{NAME}.py").read_text()
    return f"{code}\nALL = {all_of_it}\n"


EXPECTED = {
    "raises-keyboard-interrupt": "KeyboardInterrupt",
    "raises-generator-exit": "GeneratorExit: done",
    "raises-system-exit": "SystemExit: 0",
    "raises-base-exception": "OddError: odd",
    "raises-surrogate": "ValueError: not \\udcff text",
    "raises-much": "ValueError: much much ",
    "raises-mute": "MuteError: (a text that cannot be read: OddError)",
    "raises-memory-error": "MemoryError",
    "raises-recursion": "RecursionError: maximum recursion depth exceeded",
    "raises-late": "OddError: late",
    "returns-nothing": "TypeError: expected an EncodedFrame, got a NoneType",
    "returns-a-number": "TypeError: expected an EncodedFrame, got a int",
    "wipes": "WrongAnswer: frame 0: sender/does wrote into the frame that went in",
    "wipes-by-address": "WrongAnswer: frame 0: sender/does wrote into the frame that went in",
    "wipes-late": "ValueError at frame ",
    "wipes-by-address-late": "ProcessEnded: by signal 11 (SIGSEGV",
    "ends": "ProcessEnded: with exit code 0, in the middle of it",
    "ends-late": "ProcessEnded: with exit code 0, in the middle of it",
    "ends-by-signal": "ProcessEnded: by signal 9 (SIGKILL",
    "ends-by-address": "ProcessEnded: by signal 11 (SIGSEGV",
    "closes-all": "ProcessEnded: because it closed files that are not its own",
    "named-hugely": "ValueError: a stage's name has 1 to 100 printable characters, not 1000000",
    "named-surrogate": "ValueError: a stage's name has 1 to 100 printable characters, not 1",
    "named-number": "TypeError: a stage's name is a int, not a text",
    "named-shyly": "ZeroDivisionError",
    "of-no-kind": "ValueError: 'kindness' is not a valid StageKind",
    "labels-numbers": "one of labels is a int, not a text",
    "labels-nothing": "labels is a NoneType, not several texts",
    "summary-nothing": "summary is a NoneType, not a text",
    "source-number": "source is a int, not a text",
    "sees-stranger": "'martian' is not a valid Party",
    "sees-number": "sees_plaintext is a int, not several texts",
    "sender-nothing": "sender is a NoneType, not a function",
    "builds-endless": "ValueError: a role has more than 20 stages",
    "builds-nothing": "TypeError: ",
    "builds-keyboard-interrupt": "KeyboardInterrupt",
    "builds-end": "ProcessEnded: with exit code 3, in the middle of it",
}


def test_each_misbehaviour_is_a_row_of_its_own_and_the_rest_is_measured(install: Install) -> None:
    # Slow: a process ends eight times, and each time another one is begun.
    folder = install({"odd": misbehaving()})
    write_suite(folder, *GOOD, *EXPECTED, seconds=0.4)
    done = sealbench(folder, "run", "s.toml", "--out", "r", "--seed", "1")
    rows = rows_of(folder)
    assert set(rows) == {*GOOD, *EXPECTED}
    for name, said in EXPECTED.items():
        error = rows[name].error
        assert error is not None, name
        assert said in error, name
        assert len(error) < 2000
    for name in GOOD:
        assert rows[name].error is None
        assert rows[name].rounds == 2
    assert done.returncode == 5
    assert "Traceback" not in done.stderr
    # Those that ended while they were measured took others with them, which were gone on with.
    assert max(row.processes for row in rows.values()) > 1

    resumed = sealbench(folder, "run", "--resume", "r")
    assert resumed.returncode == 5
    assert rows_of(folder) == rows


def test_an_endless_case_is_ended_and_the_rest_is_measured(install: Install) -> None:
    folder = install({"odd": misbehaving("ENDLESS")})
    write_suite(folder, "null", "endless", "srtp-aes-128-gcm")
    done = sealbench(folder, "run", "s.toml", "--out", "r", program=IMPATIENT)
    rows = rows_of(folder)
    assert rows["endless"].error == "ProcessEnded: because there was no progress for 4 s"
    assert [rows[name].error for name in GOOD] == [None, None]
    assert done.returncode == 1


MEDDLING = (
    "prints",
    "closes",
    "leaves-a-thread",
    "raises-in-a-thread",
    "raises-in-the-end",
    "forks",
    "moves",
    "ends-at-exit",
)


def test_what_a_plug_in_does_to_the_process_harms_neither_results_nor_messages(
    install: Install,
) -> None:
    folder = install({"odd": misbehaving("MEDDLING")})
    write_suite(folder, *GOOD, *MEDDLING)
    done = sealbench(folder, "run", "s.toml", "--out", "r", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert {row["pipeline"] for row in document["rows"]} == {*GOOD, *MEDDLING}
    assert all(row["error"] is None and row["processes"] == 1 for row in document["rows"])
    assert "printed by print\nprinted by number\n" in done.stderr
    assert "Traceback" not in done.stderr
    for where in ("in a thread", "in the end of an object"):
        line = f"sealbench: raised where nobody could catch it: OddError: {where}\n"
        assert done.stderr.count(line) == 1


def test_verification_goes_on_with_the_rest(install: Install) -> None:
    folder = install({"odd": misbehaving()})
    write_suite(folder, *GOOD, "ends", "raises-keyboard-interrupt", "wipes")
    done = sealbench(folder, "verify", "s.toml")
    assert done.returncode == 5
    words = " ".join(done.stdout.split())
    assert words.count("ok") >= len(GOOD)
    assert "ERROR: ProcessEnded: with exit code 0" in words
    assert "ERROR: KeyboardInterrupt" in words
    assert "WRONG ANSWER: frame 0" in words


UNUSED = {
    "ends": "import os\nos._exit(0)\n",
    "ends_by_address": "import ctypes\nctypes.string_at(0)\n",
    "stops": "raise KeyboardInterrupt\n",
    "leaves": "raise GeneratorExit\n",
    "odd": "class Odd(BaseException): pass\nraise Odd('odd')\n",
    "mute": "class Mute(Exception):\n    def __str__(self): raise SystemExit\nraise Mute\n",
    "number": misbehaving("NUMBER"),
    "huge": misbehaving("HUGE"),
    "unreadable": misbehaving("UNREADABLE"),
    "text": "ALL = 'null'\n",
    "surrogate": "raise ValueError('\\udcff')\n",
}


def test_no_unused_plug_in_stops_a_command_whatever_it_does_at_its_import(
    install: Install,
) -> None:
    folder = install(UNUSED)
    listed = sealbench(folder, "list", "pipelines")
    assert listed.returncode == 0
    assert "srtp-aes-128-gcm" in listed.stdout
    for name in UNUSED:
        assert f"plug-in '{name}' ({name}:ALL): " in listed.stderr, name
    assert "Traceback" not in listed.stderr

    write_suite(folder, "null")
    run = sealbench(folder, "run", "s.toml", "--out", "r")
    assert run.returncode == 0, run.stderr
    assert rows_of(folder)["null"].error is None
