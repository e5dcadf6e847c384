"""Which assumptions an answer rests on, as sentences; only those that touch its scenario."""

from collections.abc import Iterator

from bench.sizing.model.assumptions import (
    COMMIT_SHARE,
    KEY_MESSAGE_BYTES,
    PRIVATE_LISTS,
    SERVER_BASE_BYTES,
    WRITE_NS_PER_BYTE,
)
from bench.sizing.model.overheads import ESP_BYTES, NONE
from bench.sizing.model.transport import BATCH
from bench.sizing.scenario.schema import Scenario


def assumed(scenario: Scenario) -> tuple[str, ...]:
    """Return what the model took for granted on its way through `scenario`."""
    return (
        *_always(scenario),
        *_media(scenario),
        *_system(scenario),
        *_keys(scenario),
        *_scan(scenario),
        *_recording(scenario),
    )


def _always(scenario: Scenario) -> Iterator[str]:
    yield (
        "Room sizes and shares are expected values; a room holds its number of participants all"
        " the time."
    )
    yield "RTP packets carry no header extensions; UDP over IPv4 without options."
    yield (
        "Video and screens have the frame-size distribution of the calibrated clips at the nearest"
        " height, scaled to the bit rate; key frames are inside the bit rate."
    )
    if "mmsg" in scenario.system.send_method or "mmsg" in scenario.system.receive_method:
        yield (
            f"One recvmmsg takes the packets of one unit, one sendmmsg all copies of one unit, at"
            f" most {BATCH} packets each."
        )
    if scenario.system.send_method == "gso" or scenario.system.receive_method == "gro":
        yield (
            f"One GSO or GRO call takes one unit of one flow, at most {BATCH} segments; what"
            " a network card takes off the CPU is not counted, and that it may coalesce less is"
            " not either."
        )
    if scenario.system.topology != "p2p" or scenario.system.outer_tunnel != NONE:
        yield (
            f"A server's system and idle processes take {SERVER_BASE_BYTES / 2**30:.0f} GiB (our"
            " estimate)."
        )
    yield (
        "Sockets cost what they do on loopback, where the sender pays for the kernel's part of"
        " receiving; that stands for the driver and interrupts of a network card."
    )
    if scenario.network.loss:
        yield (
            "Lost video packets are sent once more, one by one; feedback that asks for them is"
            " inside the feedback rate. A relay keeps one second of each stream."
            if scenario.network.retransmission
            else "What is lost is counted as sent and as received."
        )


def _media(scenario: Scenario) -> Iterator[str]:
    video, publish = scenario.video, scenario.publish
    if publish.cameras and video.scalability == "svc":
        yield (
            "SVC: a layer's bit rate includes the layers below it; encoding costs as much as"
            " encoding each layer alone."
        )
    if publish.cameras and scenario.system.topology in {"p2p", "mcu"} and len(video.ladder) > 1:
        yield (
            f"With topology {scenario.system.topology!r} a camera sends only its highest layer,"
            " whatever the ladder."
        )
    tiles = scenario.receive.tiles
    if tiles and sum(tile.count for tile in tiles) < scenario.receive.last_n:
        yield "Videos beyond the tiles, up to last_n, come in the lowest layer."
    if publish.screens_per_room:
        yield (
            "Screens are coded as cameras are; the publisher's figures are of one that shares no"
            " screen."
        )
    if publish.languages:
        yield (
            "Each interpreters' channel is one more audio stream into its room; the interpreters"
            " themselves are not counted among the receivers."
        )
    yield (
        "Encoding, hashing and composing between calibrated heights follow the number of pixels;"
        " frame rates other than the clips' cost the same per frame."
    )


def _system(scenario: Scenario) -> Iterator[str]:
    system = scenario.system
    if system.hop_cipher == NONE:
        yield "Rewriting a packet that is not protected costs what writing an opaque one does."
    else:
        yield (
            "A DTLS-SRTP handshake costs what the same side of a mutual TLS 1.3 handshake does;"
            " everybody makes one per stay."
        )
    if system.e2e_cipher != NONE:
        yield (
            "End-to-end encryption seals each frame and each audio packet (SFrame), inside the"
            " hop's SRTP; counters are those of a key ten minutes old. Sealed frames are cut into"
            " packets like open ones, with the same payload headers."
        )
    if system.outer_tunnel != NONE:
        yield (
            f"The outer tunnel is ESP in tunnel mode, {ESP_BYTES:g} bytes a packet (RFC 4303, RFC"
            " 4106); its gateway receives and sends with the same calls as a relay, and a tunnel"
            " takes as much memory as an SRTP connection."
        )
    if system.topology == "mcu":
        yield (
            "The mixer makes one picture a room, in the highest layer, which everybody gets; sound"
            " is mixed once, once without each speaker, and once under each language. The delay of"
            " decoding and encoding is not in the delay figures."
        )
    if system.topology == "hub":
        yield (
            "Participants of a room are spread evenly over the systems; between them go all layers"
            " of the last N cameras and one more, every screen, speaker and language. Each system"
            " needs a relay of its own."
        )
    if system.topology == "p2p":
        yield "Point to point, a frame is encoded once and protected for each other participant."


def _keys(scenario: Scenario) -> Iterator[str]:
    protocol = scenario.rekey.protocol
    if protocol == "sender-keys":
        yield (
            "Sender keys: upon each leave all members give each other new keys, upon each join the"
            " new one gives and gets one per member; a message has"
            f" {KEY_MESSAGE_BYTES:.0f} bytes (our estimate), and opening costs as sealing."
        )
    if protocol == "mls":
        yield (
            "MLS: one commit per join and per leave, made by any member, with one HPKE seal per"
            f" level of the tree and {COMMIT_SHARE:g} per member (our estimate; RFC 9420 at best"
            " needs the levels, arXiv 2502.18303 measured linear growth)."
        )
    if protocol != "none":
        yield (
            "Key messages pass the servers like RTP packets of their size; at participants only"
            " their cryptography counts."
        )


def _scan(scenario: Scenario) -> Iterator[str]:
    point = scenario.scan.point
    if point == "none":
        return
    yield "Scanning looks at cameras, in the highest layer (the receiver in the one it sees)."
    if point in {"relay", "sender-after-encode"}:
        yield "To look at every k-th frame all frames are decoded: each needs those before it."
    if point == "protocol":
        low, high = PRIVATE_LISTS
        yield (
            "A private look-up costs what results/reference-scanning measured (openmined-psi,"
            f" lists of {low:,} and {high:,}, a line through both), on the machine named there; it"
            " finds exact matches only, which re-encoding mostly destroys."
        )


def _recording(scenario: Scenario) -> Iterator[str]:
    if not scenario.recording.share:
        return
    if scenario.recording.by == "server":
        yield (
            "The server records each camera's highest layer, or the mixed picture;"
            f" writing costs {WRITE_NS_PER_BYTE:g} ns a byte (our estimate)."
        )
    else:
        yield "Who records by taking part gets what a participant gets, and stores that."
