"""The contract of a stage and of a pipeline, and the ways a unit can be refused."""

from enum import StrEnum
from typing import Protocol, runtime_checkable

from pipelines.media import Unit


class Rejected(Exception):  # noqa: N818 - "rejected" is what happened; it is not always an error
    """A unit was refused, and the state of the one who refused it is as it was before."""


class AuthenticationFailed(Rejected):
    """The tag does not belong to these bytes under this key."""


class Replayed(Rejected):
    """The counter was accepted before, or is older than the replay window reaches."""


class Malformed(Rejected):
    """The bytes do not parse as the format says they must."""


class Incomplete(Rejected):
    """Packets of the access unit are missing."""


class NonceExhausted(Exception):  # noqa: N818 - the field's term
    """The next nonce would repeat one already used with this key; the key must be replaced."""


class Party(StrEnum):
    """Who takes part in a call, or can listen to it."""

    SENDER = "sender"
    NETWORK = "network"
    RELAY = "relay"
    RECEIVER = "receiver"


class Role(StrEnum):
    """Who does the work that is measured."""

    SENDER = "sender"
    RELAY = "relay"
    RECEIVER = "receiver"


class StageKind(StrEnum):
    """What a stage spends its time on: the colours of the plots."""

    CODEC = "codec"
    CRYPTO = "crypto"
    PACKETS = "packets"
    SCAN = "scan"


class Stage(Protocol):
    """One step of a pipeline, with its own keys and counters."""

    @property
    def name(self) -> str:
        """Name of the step, unique within its role: `srtp-protect`, `packetize`."""

    @property
    def kind(self) -> StageKind:
        """What the step spends its time on."""

    def __call__(self, unit: Unit, /) -> Unit:
        """Turn one unit into the next.

        Raises Rejected where the unit is refused. The result may be a view of the stage's own
        buffer, valid until its next call. A frame that enters a pipeline is read by others too and
        must stay as it is; what another stage made may be changed in place.
        """


@runtime_checkable
class Opener(Stage, Protocol):
    """A stage that opens what another sealed, and refuses what was tampered with."""

    @property
    def authenticates(self) -> bool:
        """Whether a tampered unit is refused; False for the null and the insecure baselines."""

    @property
    def window(self) -> int:
        """Units (frames or packets) that may arrive late by at most this many counters."""

    def state(self) -> tuple[int, ...]:
        """Return counters and replay state: equal before and after a rejected unit."""
