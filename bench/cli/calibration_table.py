"""The closing table of a calibration: what the work of a conference costs here, and how sure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bench.profile import keys
from bench.profile.schema import Profile
from bench.sizing.model.draws import Draws, MissingCost, ProfileDraws, draw, interval
from bench.sizing.model.relay import RelayTraffic, relay_stages
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import CODECS

PACKET_BYTES = 1200
BURST = 10
"""Packets of a typical access unit: what a call is spread over."""

HEIGHT = 720
HASH = "pdq"
LIST_SIZE = 100_000

UNITS = (("ms", 1e6), ("µs", 1e3), ("ns", 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """A cost as it is shown: with its unit, and the 90 % interval."""

    what: str
    cost: str
    interval: str


def cost_lines(profile: Profile) -> list[CostLine]:
    """Return the costs that most answers hang on, as far as `profile` has them."""
    draws = draw(profile, seed=profile.seed)
    lines: list[CostLine] = []
    for what, ns in _headlines(profile):
        try:
            lines.append(_line(what, ns(draws)))
        except MissingCost:
            continue  # it is among the profile's problems
    return lines


def _headlines(profile: Profile) -> Iterator[tuple[str, Callable[[ProfileDraws], Draws]]]:
    """Yield what is shown, and how it follows from the costs."""
    packet = f"packet of {PACKET_BYTES:,} B"
    receive, send = _best(keys.RECEIVE_METHODS, profile), _best(keys.SEND_METHODS, profile)
    for cipher in PROFILES:
        for way, method in (("in", receive), ("out", send)):
            relayed = partial(_relayed, cipher=cipher, way=way, receive=receive, send=send)
            yield f"relay, {packet} {way} by {method}, {cipher}", relayed
    for method in (*keys.RECEIVE_METHODS, *keys.SEND_METHODS):
        yield f"UDP, {packet}, {method}", partial(_datagram, method=method)
    for codec in CODECS:
        for verb, key in (("encode", keys.encode), ("decode", keys.decode)):
            what = f"{verb} a frame of {HEIGHT} lines, {codec}"
            yield what, partial(_call, key=key(codec, HEIGHT))
    hashed, found = keys.scan_hash(HASH, HEIGHT), keys.scan_lookup(HASH, LIST_SIZE)
    yield f"hash a luma plane of {HEIGHT} lines, {HASH}", partial(_call, key=hashed)
    yield f"look a hash up in {LIST_SIZE:,}, {HASH}", partial(_call, key=found)
    yield "one side of a TLS 1.3 handshake, P-256", partial(_call, key=keys.HANDSHAKE)


def _call(draws: ProfileDraws, *, key: str) -> Draws:
    return draws.cost(key).ns(calls=1.0)


def _datagram(draws: ProfileDraws, *, method: str) -> Draws:
    # One call takes one packet where the method knows no batches.
    calls = 1.0 if method in {"send", "recv"} else 1 / BURST
    return draws.cost(keys.udp_send(method)).ns(calls=calls, packets=1.0, size_bytes=PACKET_BYTES)


def _best(methods: Sequence[str], profile: Profile) -> str:
    """Return the last of `methods` that was measured: not every kernel has all of them."""
    measured = [method for method in methods if keys.udp_send(method) in profile.costs]
    return measured[-1] if measured else methods[0]


def _relayed(draws: ProfileDraws, *, cipher: str, way: str, receive: str, send: str) -> Draws:
    """Return the ns of one packet into a relay, or one out of it."""
    share = {"in": (1.0, 0.0), "out": (0.0, 1.0)}[way]
    traffic = RelayTraffic(
        packets_in_per_s=share[0],
        packets_out_per_s=share[1],
        bytes_in_per_s=share[0] * PACKET_BYTES,
        bytes_out_per_s=share[1] * PACKET_BYTES,
        units_in_per_s=share[0] / BURST,
        units_out_per_s=share[1] / BURST,
    )
    stages = relay_stages(
        draws,
        traffic,
        hop_cipher=cipher,
        send_method=send,
        receive_method=receive,
    )
    total: Draws = sum(stages.values(), 0.0 * next(iter(stages.values())))
    return total


def _line(what: str, ns: Draws) -> CostLine:
    point, low, high = interval(ns)
    unit, size = next((each for each in UNITS if point >= each[1]), UNITS[-1])
    return CostLine(
        what=what,
        cost=f"{_digits(point / size)} {unit}",
        interval=f"{_digits(low / size)} to {_digits(high / size)} {unit}",
    )


def _digits(value: float) -> str:
    """Return three digits, all of those before the point, and no exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
