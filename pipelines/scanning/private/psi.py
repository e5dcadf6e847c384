"""Private set intersection of one hash with a list, by openmined-psi: exact matches only.

Both sides map a hash to a point of the curve P-256 and multiply it by a secret of their own. The
server sends its list so blinded once; the client's blinded hash comes back blinded by both, and
with its own secret taken off it is what the list would hold (Meadows 1986; Huberman, Franklin and
Hogg 1999). The package says that P-256 gives 128 bits of security.

The list travels as it is (`raw`), as a Golomb-compressed set of hashes of its points (`gcs`) or as
a Bloom filter (`bloom`). The latter two are smaller, and may take a hash for listed that is not.

One secret serves all questions of a client: making it takes some 2.4 ms, ten times a question, and
with a new one each time the server could not tell that a question is asked again.
"""

import math
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from pipelines.not_installed import NotInstalled
from pipelines.scanning.hasher import U64
from pipelines.scanning.private.contract import PrivateProtocol, check_hashes, never
from pipelines.scanning.private.messages import BadMessage, unwrap, wrap

FALSE_POSITIVE_RATE = 1e-9
"""Asked of the filters: the chance that one question about a hash that is not listed gets a yes.

At 30 questions a second it is about one false alarm in a year of video.
"""

_MOST_HASH_FUNCTIONS = 64


class PsiServer:
    """The list, blinded once; every question costs one multiplication."""

    def __init__(self, structure: str, hashes: U64, radius: int) -> None:
        check_hashes(hashes)
        if radius:
            raise ValueError(f"set intersection finds identical hashes, none {radius} bits away")
        psi = _psi()
        self._psi = psi
        self._server = psi.server.CreateWithNewKey(True)  # noqa: FBT003 - the package's signature
        listed = sorted({_item(words) for words in hashes})
        # The rate is meant for a client set of one element.
        message = self._server.CreateSetupMessage(
            FALSE_POSITIVE_RATE, 1, listed, psi.DataStructure[STRUCTURES[structure]]
        )
        self._label = f"psi-{structure}"
        self._setup = wrap(f"{self._label} setup", message.SerializeToString())

    @property
    def setup(self) -> bytes:
        """The blinded list."""
        return self._setup

    def answer(self, request: bytes) -> bytes:
        """Return the client's point, blinded once more. Raises BadMessage."""
        label = f"{self._label} request"
        question = _parse(label, self._psi.Request, request)
        _one_element(label, question)
        reply = _careful(label, lambda: self._server.ProcessRequest(question))
        return wrap(f"{self._label} answer", bytes(reply.SerializeToString()))


class PsiClient:
    """A secret, and the server's blinded list."""

    def __init__(self, structure: str, setup: bytes) -> None:
        psi = _psi()
        self._psi = psi
        self._label = f"psi-{structure}"
        self._listed = _parse(f"{self._label} setup", psi.ServerSetup, setup)
        CHECKS[structure](f"{self._label} setup", self._listed)
        self._client = psi.client.CreateWithNewKey(True)  # noqa: FBT003 - the package's signature

    def request(self, words: U64) -> bytes:
        """Return the hash, blinded."""
        message = self._client.CreateRequest([_item(words)])
        return wrap(f"{self._label} request", bytes(message.SerializeToString()))

    def read(self, answer: bytes) -> bool:
        """Return whether the hash is listed. Raises BadMessage."""
        label = f"{self._label} answer"
        reply = _parse(label, self._psi.Response, answer)
        _one_element(label, reply)
        found = _careful(label, lambda: self._client.GetIntersection(self._listed, reply))
        return bool(found)


def bloom_false_positive_rate(entries: int) -> float:
    """Return an upper bound of what the Bloom filter of the package really does.

    Its k positions are h1 + i h2 modulo the filter's m bits. Where h2 is 0, or a simple fraction
    of m, they are few different ones, and half of the bits are set: in simulations of lists of 50
    to 2,000 entries 1/m to 2.3/m of all questions got a false yes, whatever rate was asked for.
    """
    bits = entries * -math.log2(FALSE_POSITIVE_RATE) / math.log(2)
    return max(FALSE_POSITIVE_RATE, 4 / bits)


def gcs_false_positive_rate(entries: int) -> float:  # noqa: ARG001 - the contract's shape
    """Return the rate that was asked for."""
    return FALSE_POSITIVE_RATE


def _psi() -> ModuleType:
    try:
        import private_set_intersection.python as psi  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise NotInstalled("openmined-psi: pip install 'sealbench[private]'") from error
    return psi  # type: ignore[no-any-return] # the package has no types


def _item(words: U64) -> str:
    """Return a hash as the package takes it: text."""
    return words.astype("<u8").tobytes().hex()


def _parse(label: str, message_type: Callable[[], Any], message: bytes) -> Any:
    parsed = message_type()
    body = unwrap(label, message)
    _careful(label, lambda: parsed.ParseFromString(body))
    return parsed


def _careful(label: str, work: Callable[[], Any]) -> Any:
    """Return what `work` returns; what the package finds wrong with a message is BadMessage."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - protobuf and the package raise several kinds
        reason = next(iter(str(error).splitlines()), "")
        raise BadMessage(f"{label}: {type(error).__name__}: {reason}") from None


def _one_element(label: str, message: Any) -> None:
    count = len(message.encrypted_elements)
    if count != 1:
        raise BadMessage(f"{label}: {count} elements where one was asked about")


# What follows the package does not check, and then it aborts, never returns or finds anything.


def _check_raw(label: str, setup: Any) -> None:
    if not setup.raw.encrypted_elements:
        raise BadMessage(f"{label}: no list")


def _check_gcs(label: str, setup: Any) -> None:
    listed = setup.gcs
    if not listed.bits or listed.hash_range < 1 or not 0 <= listed.div < 64:
        raise BadMessage(
            f"{label}: {len(listed.bits)} bytes, range {listed.hash_range}, divisor {listed.div}"
        )


def _check_bloom(label: str, setup: Any) -> None:
    listed = setup.bloom_filter
    if not listed.bits or not 1 <= listed.num_hash_functions <= _MOST_HASH_FUNCTIONS:
        raise BadMessage(
            f"{label}: {len(listed.bits)} bytes, {listed.num_hash_functions} hash functions"
        )


STRUCTURES = {"gcs": "GCS", "bloom": "BLOOM_FILTER", "raw": "RAW"}
CHECKS = {"gcs": _check_gcs, "bloom": _check_bloom, "raw": _check_raw}

_CLIENT_LEARNS = (
    "whether each hash it asks about is listed, and the size of the list, which it holds blinded"
    " and cannot test without the server; it may ask about any hash it likes"
)
_SERVER_LEARNS = (
    "how many questions were asked, when, and which of a client's were the same;"
    " neither the hashes nor what was found"
)
_SOURCE = "Meadows 1986; Huberman, Franklin, Hogg 1999"


def _protocol(
    structure: str, summary: str, false_positive_rate: Callable[[int], float]
) -> PrivateProtocol:
    return PrivateProtocol(
        name=f"psi-{structure}",
        summary=summary,
        source=_SOURCE,
        library="openmined-psi",
        exact_only=True,
        client_learns=_CLIENT_LEARNS,
        server_learns=_SERVER_LEARNS,
        new_server=partial(PsiServer, structure),
        new_client=partial(PsiClient, structure),
        false_positive_rate=false_positive_rate,
    )


PSI_GCS = _protocol(
    "gcs",
    "Set intersection on P-256, the list sent as a Golomb-compressed set; exact matches only.",
    gcs_false_positive_rate,
)
PSI_BLOOM = _protocol(
    "bloom",
    "Set intersection on P-256, the list sent as a Bloom filter; exact matches only.",
    bloom_false_positive_rate,
)
PSI_RAW = _protocol(
    "raw",
    "Set intersection on P-256, the list sent as blinded points; exact matches only.",
    never,
)
