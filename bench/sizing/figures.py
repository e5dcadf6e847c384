"""From draws to figures: the 90 % interval, what it rests on, and that in words."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields

from bench.profile.keys import LIST_SIZES
from bench.profile.schema import Profile
from bench.sizing.answer.values import Basis, Figure
from bench.sizing.model.draws import CostDraws, Draws, ProfileDraws, TraceSet, interval
from bench.sizing.scenario.schema import Scenario

_DECODE = "decode/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where figures of one kind come from. Something assumed makes all of it assumed."""

    measured: str
    assumed: str = ""

    @property
    def basis(self) -> Basis:
        """Return the weakest of what a figure was made of."""
        return "assumed" if self.assumed else "measured"

    @property
    def words(self) -> str:
        """Return it for a reader."""
        parts = (
            (f"measured: {self.measured}", self.measured),
            (f"assumed: {self.assumed}", self.assumed),
        )
        return "; ".join(words for words, there in parts if there)

    def assuming(self, what: str) -> "Source":
        """Return this source with one more assumption, unless `what` is empty."""
        return Source(
            measured=self.measured, assumed="; ".join(each for each in (self.assumed, what) if each)
        )

    def figure(self, name: str, draws: Draws, unit: str = "") -> Figure:
        """Return `draws` as a figure."""
        point, low, high = interval(draws)
        return Figure(
            name=name,
            value=point,
            low=low,
            high=high,
            unit=unit,
            basis=self.basis,
            source=self.words,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedDraws(ProfileDraws):
    """Draws that remember which costs and memory were asked for, and of which traces."""

    seen: set[str] = field(default_factory=set)
    seen_traces: set[tuple[str, int]] = field(default_factory=set)

    def cost(self, key: str) -> CostDraws:
        """Return the cost called `key`. Raises MissingCost."""
        self.seen.add(key)
        return ProfileDraws.cost(self, key)

    def memory(self, key: str) -> Draws:
        """Return the bytes of one thing called `key`. Raises MissingCost."""
        self.seen.add(key)
        return ProfileDraws.memory(self, key)

    def traces(self, codec: str, height: int) -> TraceSet:
        """Return the traces of `codec` nearest to `height`. Raises MissingCost."""
        found = ProfileDraws.traces(self, codec, height)
        self.seen_traces.update((trace.codec, trace.height) for trace in found.traces)
        return found


def watched(draws: ProfileDraws) -> WatchedDraws:
    """Return `draws` so that they remember what they are asked for."""
    return WatchedDraws(**{each.name: getattr(draws, each.name) for each in fields(ProfileDraws)})


def costs_source(profile: Profile, seen: AbstractSet[str], *, named: bool) -> Source:
    """Return the source of CPU figures: the costs among `seen`, by name or only counted."""
    used = sorted(key for key in seen if key in profile.costs)
    calls = sum(profile.costs[key].samples for key in used)
    names = f" ({', '.join(used)})" if named else ""
    return Source(
        measured=f"CPU time of {len(used)} stages, n = {profile.rounds} rounds with {calls:,} timed"
        f" calls in all{names}"
    )


def beyond(profile: Profile, scenario: Scenario) -> str:
    """Return what of `scenario` lies outside of what was calibrated, "" where nothing does."""
    told = []
    heights = [key.rsplit("/", 1)[1] for key in profile.costs if key.startswith(_DECODE)]
    known = sorted({int(height) for height in heights})
    pictures = [layer.height for layer in scenario.video.ladder] if scenario.publish.cameras else []
    pictures += [scenario.screen.height] if scenario.publish.screens_per_room else []
    if known and any(not known[0] <= height <= known[-1] for height in pictures):
        told.append(
            f"pictures beyond the {known[0]} to {known[-1]} calibrated lines cost in proportion to"
            " pixels"
        )
    entries = scenario.scan.list_size
    looked_up = scenario.scan.point not in {"none", "protocol"}
    if looked_up and not LIST_SIZES[0] <= entries <= LIST_SIZES[-1]:
        told.append(f"a look-up among {entries:,} goes on from the calibrated lists")
    return "; ".join(told)


def traffic_source(profile: Profile, seen: AbstractSet[tuple[str, int]]) -> Source:
    """Return the source of packets and bytes: the traces among `seen`, and the scenario's rates."""
    used = [trace for trace in profile.traces if (trace.codec, trace.height) in seen]
    if not used:
        return Source(measured="", assumed="nothing but the scenario's own rates and packet sizes")
    frames = sum(len(trace.keyframe_bytes) + len(trace.delta_bytes) for trace in used)
    kinds = ", ".join(f"{codec} at {height} lines" for codec, height in sorted(seen))
    clips = len({trace.clip for trace in used})
    alone = sorted(key for key in seen if [(t.codec, t.height) for t in used].count(key) == 1)
    lonely = ", ".join(f"{codec} at {height} lines" for codec, height in alone)
    unspread = f"; of {lonely} one clip only: how clips differ is not in the interval"
    made_up = any(trace.synthetic for trace in used)
    return Source(
        measured=f"frame sizes, n = {frames:,} frames of {clips} clips ({kinds}), at the scenario's"
        f" bitrates{unspread if alone else ''}",
        assumed="some of these clips are synthetic" if made_up else "",
    )


def memory_source(profile: Profile, seen: AbstractSet[str]) -> Source:
    """Return the source of memory figures: those among `seen`."""
    used = sorted(key for key in seen if key in profile.memory)
    trials = sum(len(profile.memory[key].bytes_each) for key in used)
    measured = f"memory, n = {trials} trials ({', '.join(used)})" if used else ""
    return Source(measured=measured, assumed="1 GiB for each server's system")
