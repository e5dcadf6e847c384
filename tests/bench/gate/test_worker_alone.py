"""A worker runs beside a checkout that may bring another `bench`: it must not need ours."""

import ast
from pathlib import Path

import pytest

from bench.gate import worker

FOLDER = Path(worker.__file__).parent
FOREIGN = {"bench", "tests"}


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.name)
def test_worker_imports_nothing_of_bench(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert not FOREIGN & {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] not in FOREIGN
