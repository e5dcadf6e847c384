"""What SRTP costs, by profile: the packets of access units and of audio, through the engine."""

from functools import partial

from bench.calibrate.block import Block, BlockProbe, Run, for_each
from bench.calibrate.bursts import SMALL_PACKETS, Bursts, Numbers, all_bursts
from bench.calibrate.media_clips import MediaClips
from bench.calibrate.probe import Bench, ProbePlan
from bench.profile import keys
from bench.verdict import WrongAnswer
from pipelines.engines.engine import Engine, Unprotected
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES, SrtpProfile
from pipelines.formats.srtp.sender import SrtpSender
from pipelines.media import PacketBatch

WINDOW = 128
VERIFIED_BURSTS = 4


def srtp_plans(clips: MediaClips) -> tuple[ProbePlan, ...]:
    """Return a plan for each profile: both directions."""
    on = (
        f"RTP packets of audio and of {', '.join(clips.ladder.values())} (h264), one call for those"
        f" of a unit; and {SMALL_PACKETS} small packets or a full one a call"
    )
    return tuple(
        ProbePlan(
            name=f"SRTP {name}",
            on={keys.srtp_protect(name): on, keys.srtp_unprotect(name): on},
            open=partial(_open, clips, profile),
            library=lambda engine: str(engine.library()),
        )
        for name, profile in PROFILES.items()
    )


def _open(clips: MediaClips, profile: SrtpProfile, bench: Bench) -> BlockProbe:
    sender = bench.engine.srtp_protector(profile, MasterKey.fresh(profile))
    numbers = Numbers()
    hop = _Hop(bench.engine, profile)

    def prepare_protecting(bursts: Bursts) -> Run:
        return for_each(sender.protect, numbers.give(bursts))

    blocks = []
    for bursts in all_bursts(bench, clips):
        check_srtp(bench.engine, profile, bursts)
        blocks += [
            Block(
                key=keys.srtp_protect(profile.name),
                calls=len(bursts.batches),
                packets=len(bursts.table),
                size_bytes=bursts.payload_bytes,
                prepare=partial(prepare_protecting, bursts),
            ),
            Block(
                key=keys.srtp_unprotect(profile.name),
                calls=len(bursts.batches),
                packets=len(bursts.table),
                size_bytes=bursts.payload_bytes,
                prepare=partial(hop.prepare_unprotecting, bursts),
                check=partial(hop.check, bursts),
            ),
        ]
    return BlockProbe(blocks, seed=bench.seed)


class _Hop:
    """Both ends of one hop: what is opened was protected just before, under new numbers."""

    def __init__(self, engine: Engine, profile: SrtpProfile) -> None:
        master = MasterKey.fresh(profile)
        self._protect = engine.srtp_protector(profile, master).protect
        self._unprotect = engine.srtp_unprotector(profile, master, WINDOW).unprotect
        self._name = profile.name
        self._numbers = Numbers()

    def prepare_unprotecting(self, bursts: Bursts) -> Run:
        batches = [self._protect(batch).copy() for batch in self._numbers.give(bursts)]
        unprotect = self._unprotect

        # Every answer is kept, and nobody looks at it here: a refused packet is cheap.
        def run() -> list[Unprotected]:
            return [unprotect(batch) for batch in batches]

        return run

    def check(self, bursts: Bursts, answers: list[Unprotected]) -> None:
        """Raise WrongAnswer where a packet was refused, or the last ones came back changed."""
        refused = sum(len(answer.rejected) for answer in answers)
        if refused or not _same(answers[-1].packets, bursts.batches[-1]):
            raise WrongAnswer(f"{self._name}, {bursts.name}: {refused} refused, or other bytes")


def check_srtp(engine: Engine, profile: SrtpProfile, bursts: Bursts) -> None:
    """Raise WrongAnswer unless packets are the reference's and come back, and no forged ones do."""
    master = MasterKey.fresh(profile)
    protector = engine.srtp_protector(profile, master)
    unprotector = engine.srtp_unprotector(profile, master, WINDOW)
    reference = SrtpSender(profile, master)
    for batch in Numbers().give(bursts)[:VERIFIED_BURSTS]:
        protected = protector.protect(batch).copy()
        if not _same(protected, reference.protect(batch)):
            raise WrongAnswer(f"{profile.name}, {bursts.name}: other packets than the reference's")
        forged = protected.copy()
        for row in forged.rows():
            row[-1] ^= 1
        accepted = len(unprotector.unprotect(forged).packets)
        if accepted or not _same(unprotector.unprotect(protected).packets, batch):
            raise WrongAnswer(
                f"{profile.name}, {bursts.name}: {accepted} forged packets accepted, or other bytes"
            )


def _same(batch: PacketBatch, other: PacketBatch) -> bool:
    return [row.tobytes() for row in batch.rows()] == [row.tobytes() for row in other.rows()]
