"""The commands by name: where each lives, and the examples that its help ends with.

A command's module is imported when the command is asked for: `sealbench size` need not wait for
codecs and plots that it does not use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

import typer
import typer.main

from bench.cli.given_once import GivenOnce


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A command: `attribute` of `module`, a function or a Typer app with commands of its own."""

    module: str
    attribute: str
    examples: tuple[str, ...]


COMMANDS: Mapping[str, Place] = MappingProxyType(
    {
        "run": Place(
            module="bench.cli.run",
            attribute="run",
            examples=(
                "run",
                "run smoke --out r",
                "run --clip meeting.mp4 --only 'stage/*/h264/*'",
                "run --resume r",
            ),
        ),
        "size": Place(
            module="bench.cli.size",
            attribute="size",
            examples=(
                "size council",
                "size ministry --set demand.peak_participants=800 --out answer",
                "size ministry --compare system.e2e_cipher=none,aes-128-gcm,aes-256-gcm",
                "size meeting.toml --from results/2026-11-22T0912-epyc --json",
                "size --check-published",
            ),
        ),
        "calibrate": Place(
            module="bench.cli.calibrate",
            attribute="calibrate",
            examples=("calibrate", "calibrate --quick --out c", "calibrate --resume c"),
        ),
        "verify": Place(
            module="bench.cli.verify",
            attribute="verify",
            examples=("verify", "verify smoke --only 'srtp-*'"),
        ),
        "peers": Place(
            module="bench.cli.peers",
            attribute="peers",
            examples=("peers", "peers --quick --json", "peers --cpus --out r"),
        ),
        "report": Place(
            module="bench.cli.report",
            attribute="report",
            examples=("report r", "report r1 r2 --out both"),
        ),
        "list": Place(
            module="bench.cli.show",
            attribute="show",
            examples=("list pipelines", "list suites", "list scenarios"),
        ),
        "data": Place(
            module="bench.cli.data",
            attribute="app",
            examples=("data fetch standard", "data verify"),
        ),
        "hashes": Place(
            module="bench.cli.hashes",
            attribute="app",
            examples=(
                "hashes make known.hashes --clip bunny --size 100000",
                "hashes show known.hashes",
            ),
        ),
        "gate": Place(
            module="bench.cli.gate",
            attribute="app",
            examples=(
                "gate --base main",
                "gate --base HEAD~1 --only 'srtp-*'",
                "gate --baseline results/2026-11-22T0912-epyc",
                "gate selftest --trials 20 --out selftest",
            ),
        ),
        "machine": Place(
            module="bench.cli.machine",
            attribute="machine",
            examples=("machine", "machine --json"),
        ),
    }
)


def in_app(name: str) -> typer.Typer:
    """Return an app that holds the command called `name` and nothing else. Imports its module."""
    place = COMMANDS[name]
    found = getattr(import_module(place.module), place.attribute)
    # The mark keeps click from joining the lines.
    epilog = "\n".join(["\b", "Examples:", *(f"  sealbench {line}" for line in place.examples)])
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name, epilog=epilog)
    else:
        app.command(name, cls=GivenOnce, epilog=epilog)(found)
    return app
