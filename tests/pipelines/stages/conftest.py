from collections.abc import Mapping

import pytest

from pipelines.engines.pyca import CRYPTOGRAPHY
from pipelines.media import EncodedFrame
from pipelines.session import Session


@pytest.fixture
def session() -> Session:
    return Session.fresh(codec="h264", engine=CRYPTOGRAPHY)


@pytest.fixture
def frames(access_units: Mapping[str, tuple[EncodedFrame, ...]]) -> tuple[EncodedFrame, ...]:
    """Ten H.264 access units; the first is a key frame and the largest."""
    return access_units["h264"]
