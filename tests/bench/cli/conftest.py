"""The command line as users have it: the installed script in processes of its own."""

import json
import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.clips.catalogue import load_catalogue
from bench.clips.fetch import fetch

TIMEOUT_S = 300
"""Against a hang only; nothing here takes more than some seconds."""

COLOUR_VARIABLES = ("FORCE_COLOR", "PY_COLORS", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "COLUMNS")

TINY = """
schema = 1
summary = "Two pipelines on a short clip."
seconds = 0.1
rounds = 2

[[case]]
why = "Does it run?"
model = "stage"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["null", "srtp-aes-128-gcm"]
"""

LONGER = """
schema = 1
summary = "Long enough to be stopped."
seconds = 0.6
rounds = 30

[[case]]
why = "Is anything lost?"
model = "stage"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["null", "srtp-aes-128-gcm", "sframe-aes-256-gcm"]
"""

# Imports all commands once and forks for each command line on stdin: a fresh process each.
ZYGOTE = """
import json, os, sys, traceback
from importlib import import_module
from bench.cli.commands import COMMANDS
from bench.cli.main import main

for place in COMMANDS.values():
    import_module(place.module)

for line in sys.stdin:
    arguments, out, err = json.loads(line)
    child = os.fork()
    if not child:
        for number, name in ((1, out), (2, err)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.argv = ["sealbench", *arguments]
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException:
            traceback.print_exc()
            code = 99
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

Finished = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def script() -> str:
    """Return the script beside this Python, else the one on the path."""
    places = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    found = shutil.which("sealbench", path=places)
    assert found is not None, "install the project first: pip install '.[test]'"
    return found


@pytest.fixture(scope="session")
def environment() -> Callable[[Mapping[str, str]], dict[str, str]]:
    """Return how to make an environment: the present one without colours, and what is given."""

    def make(extra: Mapping[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in os.environ if name not in COLOUR_VARIABLES}
        return kept | dict(extra)

    return make


@pytest.fixture(scope="session")
def sealbench(
    script: str, environment: Callable[[Mapping[str, str]], dict[str, str]]
) -> Callable[..., Finished]:
    """Return `sealbench(*arguments, **variables)`, which runs a command to its end."""

    def run(*arguments: str | Path, **variables: str) -> Finished:
        return subprocess.run(
            [script, *map(str, arguments)],
            env=environment(variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )

    return run


@pytest.fixture(scope="session")
def one_after_another(
    script: str,
    environment: Callable[[Mapping[str, str]], dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]]:
    """Return how to run many commands that only start up and end."""
    place = tmp_path_factory.mktemp("said")
    # One thread only: the zygote forks.
    single = environment({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"})
    python = Path(script).with_name("python")
    with subprocess.Popen(
        [python, "-c", ZYGOTE],
        env=single,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as zygote:
        asks, answers = zygote.stdin, zygote.stdout
        assert asks is not None
        assert answers is not None

        def run(commands: Sequence[tuple[str | Path, ...]]) -> list[Finished]:
            finished = []
            for command in commands:
                arguments, out, err = [str(word) for word in command], place / "out", place / "err"
                asks.write(json.dumps([arguments, str(out), str(err)]) + "\n")
                asks.flush()
                code = int(answers.readline())
                finished.append(Finished(arguments, code, out.read_text(), err.read_text()))
            return finished

        yield run
        asks.close()


@pytest.fixture
def begin(
    script: str, environment: Callable[[Mapping[str, str]], dict[str, str]]
) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Return how to begin a command that a test will stop; whatever is left is killed."""

    def interruptible() -> None:
        # A shell's background job ignores Ctrl-C, and its children would inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with ExitStack() as stack:

        def start(*arguments: str | Path) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [script, *map(str, arguments)],
                env=environment({}),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
                text=True,
                preexec_fn=interruptible,  # noqa: PLW1509 - no other thread runs here
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the suites tiny.toml and longer.toml, and see to their clip."""
    fetch([load_catalogue().clip("webcam-360p")])
    place = tmp_path_factory.mktemp("cli")
    (place / "tiny.toml").write_text(TINY)
    (place / "longer.toml").write_text(LONGER)
    return place


@pytest.fixture(scope="session")
def tiny_run(folder: Path, sealbench: Callable[..., Finished]) -> tuple[Path, Finished]:
    """Return the folder of a finished run of tiny.toml, and what the command said."""
    out = folder / "tiny-run"
    return out, sealbench("run", folder / "tiny.toml", "--out", out, "--seed", "5")
