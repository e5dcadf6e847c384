"""Every probe of the system rather than of media: datagrams, audio, handshakes, membership."""

from bench.calibrate.audio import audio_plan
from bench.calibrate.handshake import handshake_plan
from bench.calibrate.primitives import primitive_plans
from bench.calibrate.probe import ProbePlan
from bench.calibrate.udp import udp_plans


def system_plans() -> tuple[ProbePlan, ...]:
    """Return the plans of all system probes."""
    return (*udp_plans(), audio_plan(), handshake_plan(), *primitive_plans())
