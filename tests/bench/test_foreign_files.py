"""What comes from outside, mutated at random: every failure is one line that names the file."""

import copy
import io
import json
import random
import re
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from bench.calibrate.folder import CalibrationFolder
from bench.calibrate.rounds import read_rounds
from bench.cli.run import planned_cases, planned_clip_files
from bench.gate.selftest.trials import SelftestFileError, read_trials
from bench.gate.stored.baseline import BaselineError
from bench.gate.stored.read_baseline import read_baseline
from bench.machine import Machine, describe_machine
from bench.profile.store import read_profile
from bench.report.document import document_of
from bench.report.html import render_html
from bench.report.markdown import render_markdown
from bench.report.stored import report_run
from bench.report.table import print_report
from bench.sizing.published.load import PublishedError, builtin_published, parse_published
from bench.sizing.scenario.load import ScenarioError, builtin_scenarios, parse_scenario
from bench.store import RunPlan, StoreError, read_run
from bench.store.files import read_json
from bench.suite import SuiteError, builtin_suites, parse_suite
from pipelines.registry import load_registry

TRIES = 40
RESULTS = Path(__file__).parents[2] / "results"
REGISTRY = load_registry()
WHOLE = (0, -1, 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30)
REAL = (0.0, -1.5, 1e308, -1e308, 5e-324, 1e19)
WORDS = ("", "x", "\ud800", "\x1b[2J", "a\nb", "a" * 3000, "../x", "stage", "[red]x[/red]", "<b>")
OTHERS: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**64,
    1e308,
    "",
    "\ud800",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
)

Tree = Any
"""What JSON holds."""


def seeded(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311 - mutations, no secrets


def mutated(tree: Tree, chance: random.Random) -> Tree:
    """Return `tree` with one to three of its values changed, taken away or doubled."""
    tree = copy.deepcopy(tree)
    for _ in range(chance.choice([1, 1, 2, 3])):
        places = list(places_of(tree))
        if not places:
            break
        # By shape, or long lists would be hit all the time.
        shapes: dict[tuple[str, ...], list[tuple[Tree, Any]]] = {}
        for shape, parent, key in places:
            shapes.setdefault(shape, []).append((parent, key))
        parent, key = chance.choice(shapes[chance.choice(list(shapes))])
        change = chance.random()
        if change < 0.8:
            parent[key] = like(parent[key], chance) if change < 0.5 else chance.choice(OTHERS)
        elif change < 0.9:
            del parent[key]
        elif isinstance(parent, dict):
            parent[f"{key}_"] = parent[key]
        else:
            parent.append(copy.deepcopy(parent[key]))
    return tree


def like(value: Tree, chance: random.Random) -> Tree:
    """Return an extreme value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return chance.choice(WHOLE)
        case float():
            return chance.choice(REAL)
        case str():
            return chance.choice(WORDS)
        case list():
            return chance.choice([[], value * 2, value[:1]])
        case _:
            return None


def places_of(tree: Tree, shape: tuple[str, ...] = ()) -> Any:
    members = enumerate(tree) if isinstance(tree, list) else tree.items()
    for key, value in list(members):
        here = (*shape, "" if isinstance(tree, list) else key)
        yield here, tree, key
        if isinstance(value, list | dict):
            yield from places_of(value, here)


def written(tree: Tree, chance: random.Random) -> bytes:
    """Return `tree` as JSON, now and then damaged as bytes."""
    data = json.dumps(tree).encode()
    match chance.randrange(20):
        case 0:
            return data[: chance.randrange(len(data) + 1)]
        case 1:
            place = chance.randrange(len(data))
            return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
        case 2:
            return b"[" * 100_000
        case 3:
            return data.replace(b"0.", b"1e999,0.", 1)
        case _:
            return data


def refused(attempt: Callable[[], object], *kinds: type[Exception]) -> str:
    """Return the line with which `attempt` is refused, nothing where it is not.

    Anything else that is raised, a warning too, is the test's failure.
    """
    with warnings.catch_warnings(action="error"):
        try:
            attempt()
        except kinds as error:
            told = str(error)
        else:
            return ""
    assert "\n" not in told
    return told


def shown(folder: Path) -> None:
    """Do with a run folder what `sealbench report` does, but for the plots."""
    run = report_run(read_run(folder))
    print_report([run], Console(file=io.StringIO(), width=110))
    documents = [(document_of(run), ())]
    render_markdown(documents).encode()
    render_html(documents).encode()
    for row in run.rows:
        run.load_samples(row)


def lines_of(file: Path) -> list[Tree]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine(with_scaling=False)


@pytest.mark.parametrize("name", ["reference", "reference-scanning", "reference-recall"])
def test_a_mutated_run_is_shown_or_refused_in_a_line(tmp_path: Path, name: str) -> None:
    chance = seeded(name)
    files = {each: json.loads((RESULTS / name / each).read_bytes()) for each in ("machine.json",)}
    plan = json.loads((RESULTS / name / "run.json").read_bytes())
    files["run.json"] = plan | {"cases": plan["cases"][:2]}
    rows = lines_of(RESULTS / name / "rows.jsonl")
    refusals = 0
    for _ in range(TRIES):
        few = chance.sample(rows, 3)
        content = {each: json.dumps(tree).encode() for each, tree in files.items()}
        content["rows.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in few)
        if chance.random() < 0.7:
            content["rows.jsonl"] += written(mutated(few[0], chance), chance) + b"\n"
        else:
            chosen = chance.choice(list(files))
            content[chosen] = written(mutated(files[chosen], chance), chance)
        for each, data in content.items():
            (tmp_path / each).write_bytes(data)
        refusals += bool(refused(lambda: shown(tmp_path), StoreError))
        refused(lambda: read_baseline(tmp_path), BaselineError)
    assert refusals


def test_a_mutated_plan_is_resumed_or_refused_in_a_line(tmp_path: Path) -> None:
    chance = seeded(1)
    plan = json.loads((RESULTS / "reference-scanning" / "run.json").read_bytes())
    file = tmp_path / "run.json"

    def resumed() -> None:
        read = read_json(file, RunPlan)
        assert all(case.id for case in planned_cases(read, REGISTRY))
        planned_clip_files(read)

    for _ in range(TRIES):
        few = plan | {"cases": chance.sample(plan["cases"], 2)}
        file.write_bytes(written(mutated(few, chance), chance))
        refused(resumed, StoreError, SuiteError)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("engine", "openssl-2", "engine: unknown 'openssl-2'"),
        ("seconds", 1e9, r"seconds|<= 3600"),
        ("rounds", 10**12, r"rounds|<= 1000"),
        ("pipeline", "no-such", "needs pipeline 'no-such'"),
    ],
)
def test_a_plan_that_this_sealbench_cannot_follow_is_named(
    field: str, value: object, told: str
) -> None:
    plan = read_json(RESULTS / "reference-scanning" / "run.json", RunPlan)
    next(case for case in plan.cases if case["kind"] == "stream")[field] = value
    assert re.search(told, refused(lambda: planned_cases(plan, REGISTRY), StoreError, SuiteError))


@pytest.mark.parametrize("kind", ["profile", "rounds", "plan", "trials"])
def test_a_mutated_calibration_or_trial_is_read_or_refused_in_a_line(
    tmp_path: Path, machine: Machine, kind: str
) -> None:
    chance = seeded(kind)
    calibrated = RESULTS / "reference-calibration"
    rounds = lines_of(calibrated / "rounds.jsonl")[0]
    rounds["readings"] = rounds["readings"][:40]
    profile = json.loads((calibrated / "calibration.json").read_bytes())
    # A few of each kind: copies of the whole take seconds.
    profile["costs"] = dict(list(profile["costs"].items())[:5])
    profile["traces"] = [t | {"delta_bytes": t["delta_bytes"][:5]} for t in profile["traces"][:2]]
    whole, name, read = {
        "profile": (profile, "p", read_profile),
        "rounds": (rounds, "rounds.jsonl", read_rounds),
        "plan": (
            json.loads((calibrated / "calibration-plan.json").read_bytes()),
            "calibration-plan.json",
            lambda file: CalibrationFolder.resume(file.parent, machine, version="0").close(),
        ),
        "trials": (
            lines_of(RESULTS / "reference-gate" / "trials.jsonl")[0],
            "trials.jsonl",
            read_trials,
        ),
    }[kind]
    file = tmp_path / name
    refusals = []
    for _ in range(TRIES):
        file.write_bytes(written(mutated(whole, chance), chance) + b"\n")
        refusals.append(refused(lambda: read(file), StoreError, SelftestFileError))
    assert all(str(tmp_path) in each for each in refusals if each)
    assert any(refusals)


TOKENS = (
    "1",
    "-1",
    "1e308",
    "nan",
    "inf",
    "9" * 30,
    "1" * 5000,
    '""',
    '"\\u001b[2J"',
    "[]",
    "[[]]",
    "{a = {a = 1}}",
    "1979-05-27",
    "true",
    '["*"]',
    '["a", "a"]',
    "[" * 3000,
    "07:32:00",
)
LINES = ("[case.x]", "[[case]]", "[[point]]", "[[" * 2000, "\x00", ".".join("a" * 150) + " = 1")


@pytest.mark.parametrize("kind", ["suite", "scenario", "published"])
def test_mutated_toml_is_read_or_refused_in_a_line(kind: str) -> None:
    chance = seeded(kind)
    path = Path("received.toml")
    files, read, error = {
        "suite": (
            builtin_suites(),
            lambda text: parse_suite(text, path, REGISTRY.pipelines, None, REGISTRY.scanners),
            SuiteError,
        ),
        "scenario": (builtin_scenarios(), lambda text: parse_scenario(text, path), ScenarioError),
        "published": (
            builtin_published(),
            lambda text: parse_published(text, path),
            PublishedError,
        ),
    }[kind]
    texts = [file.read_text().split("\n") for file in files.values()]
    refusals = []
    for _ in range(3 * TRIES):
        lines = list(chance.choice(texts))
        for _ in range(chance.choice([1, 1, 2])):
            place = chance.randrange(len(lines))
            name, equals, _ = lines[place].partition("=")
            if equals:
                lines[place] = f"{name}= {chance.choice(TOKENS)}"
            else:
                lines.insert(place, chance.choice((*LINES, *lines)))
        text = "\n".join(lines).encode()
        refusals.append(refused(partial(read, text), error))
    assert all(each.startswith(path.name) for each in refusals if each)
    assert any(refusals)


def test_a_nested_published_file_is_one_line() -> None:
    told = refused(lambda: parse_published(b"a = " + b"[" * 50_000, Path("p.toml")), PublishedError)
    assert told == "p.toml: is nested too deep"


@pytest.mark.parametrize("count", [2**53 + 1, 2**63, 10**30, -1])
def test_a_count_that_no_run_reaches_is_named_by_line_and_field(tmp_path: Path, count: int) -> None:
    source = RESULTS / "reference-recall"
    for name in ("run.json", "machine.json"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    row = lines_of(source / "rows.jsonl")[0]
    row["recall"]["counts"][0]["recalled"] = count
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    told = refused(lambda: shown(tmp_path), StoreError)
    assert "rows.jsonl:1: " in told
    assert "recall.counts[0].recalled" in told


SUITE = b"schema = 1\nsummary = 's'\nseconds = 1.0\nrounds = 2\n"
MANY = b"[" + b", ".join(b"'synthetic'" for _ in range(200)) + b"]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            b"[[case]]\nwhy = 'w'\nmodel = 'stage'\nclips = %s\ncodecs = ['h264']\n"
            b"pipelines = ['*']\n" % MANY,
            r"case\[0\]: [\d,]+ cases; at most 10,000",
        ),
        (
            b"[[lookup]]\nwhy = 'w'\nclips = %s\nhashers = ['pdq']\nindexes = ['flat']\n"
            b"list_sizes = [%s]\n" % (MANY, b", ".join(b"%d" % n for n in range(1, 900))),
            r"lookup\[0\]",
        ),
        (b"[[drift]]\nwhy = 'w'\nclips = %s\n" % MANY * 60, "10,001 cases; at most 10,000"),
        (
            b"[[drift]]\nwhy = 'w'\nclips = [%s]\n" % (b"'a'," * 5000),
            r"drift\[0\]\.clips: Expected `array` of length <= 1000",
        ),
        (
            b"[[drift]]\nwhy = '%s'\nclips = ['synthetic']\n" % (b"w" * 9000),
            r"drift\[0\]\.why: Expected `str` of length <= 5000",
        ),
        (b"[[drift]]\nwhy = 'w'\nclips = ['synthetic']\nseconds = nan\n", "seconds: nan"),
        (b"[[drift]]\nwhy = 'w'\nclips = ['synthetic']\nrounds = %s\n" % (b"9" * 40), "rounds"),
        (b"[[drift]]\nwhy = 1979-05-27\nclips = ['synthetic']\n", r"why: Expected `str`"),
        (b".".join([b"a"] * 100_000) + b" = 1\n", "line 5 has more than 200 dots"),
    ],
)
def test_a_suite_that_nobody_could_measure_is_refused_before_it_is_multiplied(
    text: bytes, told: str
) -> None:
    def read() -> None:
        parse_suite(SUITE + text, Path("s.toml"), REGISTRY.pipelines, None, REGISTRY.scanners)

    assert re.search(told, refused(read, SuiteError))


def npy(array: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def header(description: str, shape: str) -> bytes:
    text = f"{{'descr': {description}, 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(200)


def without_due(samples: np.ndarray[Any, Any]) -> bytes:
    kept = [name for name in samples.dtype.names or () if name != "due_ns"]
    return npy(np.array(samples[kept].tolist(), dtype=[(name, np.int64) for name in kept]))


def of_nobody(samples: np.ndarray[Any, Any]) -> bytes:
    names = [name.replace("sender/", "nobody/") for name in samples.dtype.names or ()]
    return npy(np.array(samples.tolist(), dtype=[(name, np.int64) for name in names]))


@pytest.mark.parametrize(
    ("damaged", "told"),
    [
        (without_due, "no column 'due_ns'"),
        (of_nobody, "is of no known role"),
        (lambda a: npy(a)[:-100], "not readable as .npy"),
        (lambda _: b"", "not readable as .npy"),
        (lambda _: npy(np.array([{}], dtype=object)), "not readable as .npy"),
        (lambda _: header("[('round', '<i8')]", f"({2**62},)"), "not readable as .npy"),
        (lambda _: header("[('round', '<i8')]", f"({10**30},)"), "not readable as .npy"),
        (lambda _: header("[('round', '<i8')]", "(-1,)"), "not readable as .npy"),
        (lambda _: header("[('round', '|O')]", "(3,)"), "not readable as .npy"),
        (lambda _: header("[('round', '<i8', (10**9,))]", "(3,)"), "not readable as .npy"),
        (lambda _: header("'<f8'", "(3,)"), "holds no samples"),
        (lambda a: npy(a[::-1].reshape(1, -1)), "holds no samples"),
    ],
)
def test_damaged_samples_are_one_line(
    tmp_path: Path, damaged: Callable[[np.ndarray[Any, Any]], bytes], told: str
) -> None:
    source = RESULTS / "reference"
    row = next(
        each for each in lines_of(source / "rows.jsonl") if (source / each["samples"]).is_file()
    )
    for name in ("run.json", "machine.json"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "samples").mkdir()
    (tmp_path / row["samples"]).write_bytes(damaged(np.load(source / row["samples"])))
    assert told in refused(lambda: shown(tmp_path), StoreError)
