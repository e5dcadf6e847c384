"""What single datagrams cost: feedback, key messages, look-ups, packets sent again."""

from bench.profile import keys
from bench.sizing.model.draws import Draws, ProfileDraws
from bench.sizing.model.overheads import NONE, UDP_IP_BYTES, datagram_bytes, srtcp_bytes
from bench.sizing.model.transport import Amount, receive_ns, send_ns
from bench.sizing.model.work import Work
from bench.sizing.scenario.schema import Scenario


def feedback(scenario: Scenario, draws: ProfileDraws, connections: float) -> Work:
    """Return the RTCP of `connections`, both ways."""
    network = scenario.network
    packets = connections * network.feedback_per_s
    return exchange(
        scenario,
        draws,
        "feedback",
        received=packets,
        sent=packets,
        received_bytes=packets * network.feedback_bytes,
        sent_bytes=packets * network.feedback_bytes,
        around=srtcp_bytes(scenario.system.hop_cipher),
    )


def exchange(
    scenario: Scenario,
    draws: ProfileDraws,
    stage: str,
    *,
    received: Amount = 0.0,
    sent: Amount = 0.0,
    received_bytes: Amount = 0.0,
    sent_bytes: Amount = 0.0,
    around: int | None = None,
) -> Work:
    """Return datagrams that come and go one by one, protected like RTP packets; all per second.

    `around` is what stands around each one's bytes in its datagram: by default that of RTP.
    """
    around = datagram_bytes(scenario.system.hop_cipher) if around is None else around
    return Work(
        cpu_ns_per_s={
            stage: receive_single_ns(scenario, draws, received, received_bytes, around)
            + send_single_ns(scenario, draws, sent, sent_bytes, around)
        },
        packets_in_per_s=received,
        packets_out_per_s=sent,
        bytes_in_per_s=received_bytes + (around + UDP_IP_BYTES) * received,
        bytes_out_per_s=sent_bytes + (around + UDP_IP_BYTES) * sent,
        units_in_per_s=received,
        units_out_per_s=sent,
    )


def send_single_ns(
    scenario: Scenario, draws: ProfileDraws, packets: Amount, size_bytes: Amount, around: int
) -> Draws:
    """Return the CPU ns per s of protecting and sending packets, each for itself."""
    system = scenario.system
    sending = send_ns(
        draws,
        system.send_method,
        packets=packets,
        units=packets,
        causes=packets,
        size_bytes=size_bytes + around * packets,
    )
    if system.hop_cipher == NONE:
        return sending
    protect = draws.cost(keys.srtp_protect(system.hop_cipher))
    return sending + protect.ns(calls=packets, packets=packets, size_bytes=size_bytes)


def receive_single_ns(
    scenario: Scenario, draws: ProfileDraws, packets: Amount, size_bytes: Amount, around: int
) -> Draws:
    """Return the CPU ns per s of receiving and unprotecting packets, each for itself."""
    system = scenario.system
    receiving = receive_ns(
        draws,
        system.receive_method,
        packets=packets,
        units=packets,
        size_bytes=size_bytes + around * packets,
    )
    if system.hop_cipher == NONE:
        return receiving
    unprotect = draws.cost(keys.srtp_unprotect(system.hop_cipher))
    return receiving + unprotect.ns(calls=packets, packets=packets, size_bytes=size_bytes)
