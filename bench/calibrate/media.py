"""Every probe of media: codecs, packets, ciphers, scans."""

from bench.calibrate.codecs import codec_plans
from bench.calibrate.compose import compose_plan
from bench.calibrate.fan_out import fan_out_plans
from bench.calibrate.media_clips import CLIPS, MediaClips
from bench.calibrate.probe import ProbePlan
from bench.calibrate.scanning import scan_plans
from bench.calibrate.sframe import sframe_plans
from bench.calibrate.srtp import srtp_plans
from bench.calibrate.transport import packet_plans
from bench.calibrate.tunnel import tunnel_plans


def media_plans(clips: MediaClips = CLIPS) -> tuple[ProbePlan, ...]:
    """Return the plans of all media probes, on `clips`."""
    return (
        *codec_plans(clips),
        compose_plan(clips),
        *packet_plans(clips),
        *srtp_plans(clips),
        *fan_out_plans(clips),
        *sframe_plans(clips),
        *tunnel_plans(),
        *scan_plans(clips),
    )
