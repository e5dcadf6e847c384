"""Every payload format by the codec of the units it carries."""

from dataclasses import replace

from pipelines.formats.payloads import av1, h264, h265, opaque, vp8, vp9
from pipelines.formats.payloads.contract import PayloadFormat

FORMATS: dict[str, PayloadFormat] = {
    payload_format.name: payload_format
    for payload_format in (
        h264.FORMAT,
        h265.FORMAT,
        vp8.FORMAT,
        vp9.FORMAT,
        av1.FORMAT,
        replace(opaque.FORMAT, name="raw"),
        opaque.FORMAT,
    )
}
