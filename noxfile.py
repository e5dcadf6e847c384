"""Sessions for developers: `nox` runs what CI runs, each in a venv of its own."""

import nox

nox.options.sessions = ["tests", "lint", "types", "layers"]


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests."""
    session.install(".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style."""
    session.install("ruff")
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
