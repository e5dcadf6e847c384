import os
from fractions import Fraction

import pytest

from pipelines.codecs.encoder import Encoder
from pipelines.codecs.scheduling import threads
from pipelines.codecs.settings import ENCODER_LIBRARIES, conference_settings


@pytest.mark.parametrize("codec", sorted(ENCODER_LIBRARIES))
def test_an_encoder_changes_nobodys_scheduling_policy(codec: str) -> None:
    before = os.sched_getscheduler(0)
    encoder = Encoder(conference_settings(codec, 320, 240, Fraction(30)))
    # Root's SVT-AV1 would have made each of them a real-time thread.
    assert {os.sched_getscheduler(thread) for thread in threads()} == {before}
    del encoder
    assert os.sched_getscheduler(0) == before
