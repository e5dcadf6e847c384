"""Who can see and hear what is said, from how a system is built."""

from bench.sizing.scenario.schema import Scenario

NONE = "none"


def sees_plaintext(scenario: Scenario) -> tuple[str, ...]:
    """Return the parties that hold plaintext at some point of a packet's way.

    A server that ends the hop's SRTP sees whatever no end-to-end layer seals. A tunnel's gateway
    takes off the tunnel only, and what lies in it is still sealed for the hop.
    """
    system = scenario.system
    open_at_servers = system.e2e_cipher == NONE
    open_in_hops = open_at_servers and system.hop_cipher == NONE
    parties = ["participants"]
    if scenario.recording.share > 0 and scenario.recording.by == "participant":
        parties.append("recording participant")
    if open_at_servers:
        parties += {
            "p2p": [],
            "sfu": ["relay"],
            "mcu": ["mixer"],
            "hub": ["relay of each system", "hub"],
        }[system.topology]
    if scenario.recording.share > 0 and scenario.recording.by == "server" and open_at_servers:
        parties.append("recording server")
    if open_in_hops and system.outer_tunnel != NONE:
        parties.append("tunnel gateway")
    # A tunnel ends at its gateway: it does not cover the links between systems and hub.
    if open_in_hops and (system.outer_tunnel == NONE or system.topology == "hub"):
        parties.append("anybody on the network between")
    return tuple(parties)
