"""Why compiled code refused an SFrame unit, in the words of `pipelines.formats.sframe`."""

from pipelines.engines.native.sframe_session import LARGEST_UNIT
from pipelines.formats.sframe.header import decode_header
from pipelines.formats.sframe.suites import SframeSuite
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed, Malformed, Rejected, Replayed

# What compiled code returns in place of a size.
MALFORMED, NO_KEY, REPLAYED, TOO_SHORT, FORGED = -1, -2, -3, -4, -5

_UNSIGNED = (1 << 64) - 1


def refusal(suite: SframeSuite, window: int, unit: U8, why: int, before: int) -> Rejected:
    """Return the reason `why` as an exception; `before` is the highest counter a replay met."""
    try:
        kid, ctr, header = decode_header(unit)
    except Malformed as reason:
        # Without its traceback, which would keep frames and buffers alive in a cycle.
        return Malformed(*reason.args)
    behind = (before & _UNSIGNED) - ctr
    seen = "accepted before"
    old = f"{behind} behind the highest, the window is {window}"
    sealed, tag = len(unit) - header, suite.cipher.tag_size
    large = f"SFrame unit of {len(unit)} bytes; at most {LARGEST_UNIT} are taken here"
    reasons: dict[int, Rejected] = {
        MALFORMED: Malformed(large),
        NO_KEY: AuthenticationFailed(f"SFrame: no key for KID {kid}"),
        REPLAYED: Replayed(f"counter {ctr}: {seen if behind < window else old}"),
        TOO_SHORT: Malformed(f"{suite.name}: {sealed} bytes sealed, a tag alone is {tag}"),
        FORGED: AuthenticationFailed(f"{suite.name}: tag does not fit"),
    }
    return reasons[why]
