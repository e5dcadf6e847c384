"""A scanner: which hash, looked up how. What a hook runs, and what a plug-in brings."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.scanning.hasher import Hasher
from pipelines.scanning.index.contract import IndexKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """A hash and the back end of its look-up.

    Without `new_hasher` the hook does nothing but look at the plane (what the hook itself costs);
    without `index` it hashes and looks nothing up (what the hash costs). `labels` are warnings that
    stand beside the name wherever it is shown.
    """

    name: str
    summary: str
    source: str
    new_hasher: Callable[[], Hasher] | None = None
    index: IndexKind | None = None
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a look-up of nothing."""
        if self.index is not None and self.new_hasher is None:
            raise ValueError(f"scanner {self.name!r}: an index needs a hasher")
