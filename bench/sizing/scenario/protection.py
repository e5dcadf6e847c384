"""What protection forbids: whoever holds no plaintext cannot scan, mix or record it."""

from collections.abc import Iterator

from bench.sizing.scenario.names import NONE
from bench.sizing.scenario.schema import Scenario


def protection_problems(scenario: Scenario) -> Iterator[str]:
    """Yield what cannot be done, or has nothing to work on: `field: what`.

    A scenario that asks for it is refused. To drop the impossible part would answer it as if it
    came free.
    """
    yield from _needs_plaintext(scenario)
    yield from _needs_a_server(scenario)
    if scenario.rekey.protocol != NONE and scenario.system.e2e_cipher == NONE:
        yield (
            f"rekey.protocol: {scenario.rekey.protocol} needs an end-to-end key to change, and"
            " system.e2e_cipher is none"
        )


def _needs_plaintext(scenario: Scenario) -> Iterator[str]:
    cipher = scenario.system.e2e_cipher
    if cipher == NONE:
        return
    why = f"with system.e2e_cipher {cipher} the server holds no plaintext: refused, not free"
    if scenario.system.topology == "mcu":
        yield f"system.topology: mcu cannot mix; {why}"
    if scenario.scan.point == "relay":
        yield f"scan.point: relay cannot scan; {why}"
    if scenario.recording.share > 0 and scenario.recording.by == "server":
        yield (
            f"recording.by: server cannot record a share of {scenario.recording.share:g}; {why}."
            ' A participant can (recording.by = "participant")'
        )


def _needs_a_server(scenario: Scenario) -> Iterator[str]:
    if scenario.system.topology != "p2p":
        return
    if scenario.scan.point == "relay":
        yield "scan.point: relay with system.topology p2p, which has none"
    if scenario.scan.point == "protocol":
        yield "scan.point: protocol with system.topology p2p, which has no server to ask"
    if scenario.recording.share > 0 and scenario.recording.by == "server":
        yield (
            f"recording.by: server is to record a share of {scenario.recording.share:g}, and"
            " system.topology p2p has none"
        )
