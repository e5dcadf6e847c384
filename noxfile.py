"""Sessions for developers: `nox` runs what CI runs, each in a venv of its own."""

from itertools import chain
from pathlib import Path

import nox

nox.options.sessions = ["tests", "lint", "types", "layers"]

PYTHONS = ["3.11", "3.12", "3.13"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests with the newest of everything: nox -s tests, or nox -s tests-3.13."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS)
def lowest(session: nox.Session) -> None:
    """Run the tests with the lowest of everything that is asked for: nox -s lowest-3.11."""
    project = nox.project.load_toml("pyproject.toml")["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    # tests/install sees to it that each of them has a lower bound and an upper one.
    pins = [bounds.split(",")[0].replace(">=", "==") for bounds in asked if ">=" in bounds]
    constraints = Path(session.create_tmp()) / "constraints.txt"
    constraints.write_text("\n".join(pins), encoding="utf-8")
    session.install("--constraint", str(constraints), ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style."""
    session.install(".[test]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    session.install(".[test]")
    session.run("mypy", "bench", "pipelines", "tests")


@nox.session
def layers(session: nox.Session) -> None:
    """Check that imports go down only."""
    session.install(".[test]")
    session.run("lint-imports")


@nox.session
def demo(session: nox.Session) -> None:
    """Measure for some seconds and report."""
    session.install(".")
    session.run("sealbench", "run", "smoke", *session.posargs)


@nox.session
def gate(session: nox.Session) -> None:
    """Compare the working tree with a revision: nox -s gate -- --base main."""
    session.install(".")
    session.run("sealbench", "gate", *session.posargs)
