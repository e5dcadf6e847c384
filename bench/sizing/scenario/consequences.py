"""What a setting takes with it, so that `e2e_cipher=none,aes-128-gcm` compares what it means.

A file that contradicts itself is refused. A setting is laid over a file that did not know of it:
what it leaves without a meaning is dropped, and said.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bench.sizing.scenario.names import NONE
from bench.sizing.scenario.typed import Places, dotted


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A field that changes because another one was set."""

    places: Places
    value: object
    shown: str
    why: str

    @property
    def note(self) -> str:
        """Return the change as a line: `rekey.protocol = none: system.e2e_cipher is none`."""
        return f"{dotted(self.places)} = {self.shown}: {self.why}"


def consequences(tree: Mapping[str, object], settings: Collection[str]) -> Iterator[Change]:
    """Yield what the set fields (paths) bring along in `tree`, where it is not set itself."""
    for one, other in (
        ("peak_participants", "daily_participants"),
        ("daily_participants", "peak_participants"),
    ):
        replaced = _at(tree, "demand", other) is not None
        if f"demand.{one}" in settings and f"demand.{other}" not in settings and replaced:
            yield Change(
                places=("demand", other), value=None, shown=NONE, why=f"demand.{one} replaces it"
            )
    no_key = "system.e2e_cipher" in settings and _at(tree, "system", "e2e_cipher") == NONE
    if no_key and "rekey.protocol" not in settings and _at(tree, "rekey", "protocol") != NONE:
        yield Change(
            places=("rekey", "protocol"), value=NONE, shown=NONE, why="system.e2e_cipher is none"
        )
    no_hub = "system.topology" in settings and _at(tree, "system", "topology") != "hub"
    if no_hub and "system.systems" not in settings and _at(tree, "system", "systems") != 1:
        yield Change(places=("system", "systems"), value=1, shown="1", why="no hub joins several")
    if "video.scalability" in settings and _at(tree, "video", "scalability") == "single":
        yield from _one_layer(tree)


def _one_layer(tree: Mapping[str, object]) -> Iterator[Change]:
    """Yield that every tile shows the only layer there is."""
    tiles, ladder = _at(tree, "receive", "tiles"), _at(tree, "video", "ladder")
    if not isinstance(tiles, list) or not isinstance(ladder, list):
        return
    top = ladder[-1]["name"]
    if any(tile["layer"] != top for tile in tiles):
        count = sum(tile["count"] for tile in tiles)
        yield Change(
            places=("receive", "tiles"),
            value=[{"layer": top, "count": count}],
            shown=f"{count} of {top!r}",
            why="video.scalability single sends no other layer",
        )


def _at(tree: Mapping[str, object], table: str, field: str) -> object:
    inner = tree[table]
    return inner[field] if isinstance(inner, dict) else None
