"""A pipeline: which stages each role runs, and who can read the media."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.media import CODECS
from pipelines.session import HopSession, Session
from pipelines.stage import Party, Stage

Stages = tuple[Stage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A named composition of stages.

    `sender`, `relay` and `receiver` each build that role's stages for one stream, with counters
    at zero; the relay is given no media key. `sees_plaintext` names the parties that can read the
    media, `sees_extensions` those that can read the RTP header extensions (None where none are
    sent): claims that verification proves by trying. `labels` are warnings that stand beside the
    name wherever it is shown. `codecs` are those whose access units the pipeline takes.
    """

    name: str
    summary: str
    source: str
    sender: Callable[[Session], Stages]
    relay: Callable[[HopSession], Stages]
    receiver: Callable[[Session], Stages]
    sees_plaintext: frozenset[Party]
    labels: tuple[str, ...] = ()
    sees_extensions: frozenset[Party] | None = None
    codecs: tuple[str, ...] = CODECS

    @property
    def authenticated(self) -> bool:
        """Whether a tampered unit is refused."""
        return "unauthenticated" not in self.labels
