"""Costs between the heights that were calibrated."""

from collections.abc import Callable

from bench.profile import keys
from bench.sizing.model.draws import Draws, ProfileDraws


def frame_ns(draws: ProfileDraws, key_of: Callable[[int], str], height: int) -> Draws:
    """Return the CPU ns of one call of the cost `key_of(height)` at a picture of any height.

    In proportion to pixels: a line between the two calibrated heights around it; outside of them,
    the nearest one's cost per pixel. Raises MissingCost.
    """
    return _interpolated(draws, key_of, height, lambda key: draws.cost(key).call_ns)


def memory_bytes(draws: ProfileDraws, key_of: Callable[[int], str], height: int) -> Draws:
    """Return the memory called `key_of(height)`, between heights as `frame_ns`."""
    return _interpolated(draws, key_of, height, draws.memory)


def list_ns(draws: ProfileDraws, scanner: str, entries: int) -> Draws:
    """Return the CPU ns of one look-up in a list of `entries`, a line between calibrated sizes.

    A shorter list than any costs as much as the shortest, a longer one in proportion to the
    longest. Raises MissingCost.
    """

    def at(size: int) -> Draws:
        return draws.cost(keys.scan_lookup(scanner, size)).call_ns

    sizes = draws.heights(keys.scan_lookup(scanner, 0).rsplit("/", 1)[0])
    if not sizes or entries in sizes:
        return at(entries)
    if entries < sizes[0]:
        return at(sizes[0])
    if entries > sizes[-1]:
        return at(sizes[-1]) * (entries / sizes[-1])
    return _between(sizes, entries, at, float)


def _interpolated(
    draws: ProfileDraws, key_of: Callable[[int], str], height: int, value: Callable[[str], Draws]
) -> Draws:
    known = draws.heights(key_of(0).rsplit("/", 1)[0])
    if not known or height in known:
        # Where nothing was calibrated, this names what is missing.
        return value(key_of(height))

    def at(line: int) -> Draws:
        return value(key_of(line))

    nearest = known[0] if height < known[0] else known[-1]
    if not known[0] < height < known[-1]:
        return at(nearest) * (height / nearest) ** 2
    return _between(known, height, at, lambda line: float(line) ** 2)


def _between(
    known: tuple[int, ...], wanted: int, at: Callable[[int], Draws], size: Callable[[int], float]
) -> Draws:
    low = max(each for each in known if each < wanted)
    high = min(each for each in known if each > wanted)
    part = (size(wanted) - size(low)) / (size(high) - size(low))
    return at(low) + part * (at(high) - at(low))
