import dataclasses
import re
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pipelines.registry import BUILTIN, PIPELINE_GROUP, load_registry
from pipelines.scanning.table import SCANNERS

NULL = "from pipelines.systems.null import NULL\n"
PIPELINES = (
    "import dataclasses\n"
    + NULL
    + "ONE = dataclasses.replace(NULL, name='plugged-one')\n"
    + "TWO = dataclasses.replace(NULL, name='plugged-two')\n"
)


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Plugged":
    monkeypatch.syspath_prepend(tmp_path)
    return Plugged(tmp_path)


class Plugged:
    """Writes plug-in modules where Python finds them; each has a name that is used once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = "plugged_" + re.sub(r"\W", "_", folder.name)
        self._count = 0

    def point(self, code: str, attribute: str) -> EntryPoint:
        self._count += 1
        module = f"{self._prefix}_{self._count}"
        (self._folder / f"{module}.py").write_text(code)
        return EntryPoint(
            name=f"plug{self._count}", value=f"{module}:{attribute}", group=PIPELINE_GROUP
        )


def test_without_plug_ins_there_are_the_built_in_pipelines_in_their_order() -> None:
    registry = load_registry(())
    assert list(registry.pipelines.values()) == list(BUILTIN)
    assert list(registry.pipelines) == [pipeline.name for pipeline in BUILTIN]
    assert registry.problems == ()


def test_no_two_built_in_pipelines_share_a_name() -> None:
    assert len({pipeline.name for pipeline in BUILTIN}) == len(BUILTIN)


def test_the_registry_cannot_be_changed_by_who_reads_it() -> None:
    registry = load_registry(())
    with pytest.raises(TypeError):
        registry.pipelines["mine"] = BUILTIN[0]  # type: ignore[index]  # what is tried
    with pytest.raises(dataclasses.FrozenInstanceError):
        registry.problems = ()  # type: ignore[misc]  # what is tried


@pytest.mark.parametrize(
    ("attribute", "names"),
    [("ONE", ["plugged-one"]), ("(ONE, TWO)", ["plugged-one", "plugged-two"])],
)
def test_a_plug_in_adds_a_pipeline_or_a_tuple_of_them(
    plugged: Plugged, attribute: str, names: list[str]
) -> None:
    registry = load_registry([plugged.point(PIPELINES + f"ALL = {attribute}\n", "ALL")])
    assert list(registry.pipelines)[len(BUILTIN) :] == names
    assert registry.problems == ()


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import a_module_nobody_has\n", "ModuleNotFoundError: No module named"),
        ("raise RuntimeError('no licence file')\n", "RuntimeError: no licence file"),
        ("def broken(:\n", "SyntaxError: "),
        ("import sys\nsys.exit('run me as a script')\n", "SystemExit: run me as a script"),
        ("OTHER = 1\n", "AttributeError: "),
        ("ALL = 'null'\n", "expected a Pipeline, got a str"),
        (PIPELINES + "ALL = [ONE, TWO]\n", "expected a Pipeline, got a list"),
        (PIPELINES + "ALL = lambda: ONE\n", "expected a Pipeline, got a function"),
        (NULL + "ALL = NULL\n", "the name 'null' is taken"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_named_and_left_out(
    plugged: Plugged, code: str, problem: str
) -> None:
    point = plugged.point(code, "ALL")
    registry = load_registry([point])
    assert list(registry.pipelines.values()) == list(BUILTIN)
    (line,) = registry.problems
    assert line.startswith(f"plug-in 'plug1' ({point.value}): {problem}")


def test_a_broken_plug_in_does_not_take_the_others_with_it(plugged: Plugged) -> None:
    points = [
        plugged.point("raise OSError('gone')\n", "ALL"),
        plugged.point(PIPELINES + "ALL = (ONE, 'no pipeline', NULL, TWO)\n", "ALL"),
        plugged.point(PIPELINES, "ONE"),
        plugged.point(PIPELINES.replace("plugged-one", "plugged-three"), "ONE"),
    ]
    registry = load_registry(points)
    assert list(registry.pipelines)[len(BUILTIN) :] == [
        "plugged-one",
        "plugged-two",
        "plugged-three",
    ]
    told = [line.split(": ", 1) for line in registry.problems]
    assert [origin.split()[1] for origin, _ in told] == ["'plug1'", "'plug2'", "'plug2'", "'plug3'"]
    assert [what for _, what in told] == [
        "OSError: gone",
        "expected a Pipeline, got a str",
        "the name 'null' is taken",
        "the name 'plugged-one' is taken",
    ]


def test_plug_ins_are_found_by_their_installed_metadata(plugged: Plugged, tmp_path: Path) -> None:
    good, bad = plugged.point(PIPELINES, "TWO"), plugged.point("1 / 0\n", "ALL")
    metadata = tmp_path / "some_plug_in-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: some-plug-in\nVersion: 1.0\n")
    lines = [f"[{PIPELINE_GROUP}]", *(f"{point.name} = {point.value}" for point in (good, bad))]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    registry = load_registry()
    assert "plugged-two" in registry.pipelines
    assert [line for line in registry.problems if bad.value in line] == [
        f"plug-in 'plug2' ({bad.value}): ZeroDivisionError: division by zero"
    ]


@pytest.mark.parametrize("name", ["", "..", "a/b", "a,b", "a b", "a\\nb"])
def test_a_name_that_could_not_stand_in_ids_and_files_is_refused(
    plugged: Plugged, name: str
) -> None:
    code = f"{PIPELINES}ONE = dataclasses.replace(NULL, name='{name}')\n"
    registry = load_registry([plugged.point(code, "ONE")])
    (line,) = registry.problems
    assert "must be of letters, digits and . _ + -" in line
    assert len(registry.pipelines) == len(BUILTIN)


def test_a_plug_in_adds_a_scanner_beside_the_built_in_ones(plugged: Plugged) -> None:
    code = (
        "import dataclasses\n"
        "from pipelines.scanning.table import PDQ\n"
        "MINE = dataclasses.replace(PDQ, name='mine')\n"
        "TAKEN = PDQ\n"
    )
    points = [plugged.point(code, "MINE"), plugged.point(code, "TAKEN")]
    registry = load_registry((), points)
    assert list(registry.scanners) == [*SCANNERS, "mine"]
    (line,) = registry.problems
    assert "the name 'pdq' is taken" in line
