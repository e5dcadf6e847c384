import pytest

from pipelines.media import Unit
from pipelines.scanning.hook import Hook, Point, ScanRefused
from pipelines.stage import Party, StageKind
from pipelines.stages.scan.place import behind_openers, refuse_impossible

EVERYONE = frozenset(Party)
ENDS = frozenset({Party.SENDER, Party.RECEIVER})


class Plain:
    name = "plain"
    kind = StageKind.PACKETS

    def __call__(self, unit: Unit, /) -> Unit:
        return unit


class Opens(Plain):
    name = "opens"
    authenticates = True
    window = 64

    def state(self) -> tuple[int, ...]:
        return ()


def refusal(
    point: Point,
    *,
    sampling: str = "every-1",
    sees: frozenset[Party] = EVERYONE,
    live: bool = True,
) -> str | None:
    hook = Hook(point=point, scanner="pdq", sampling=sampling)
    try:
        refuse_impossible(hook, pipeline="p", sees_plaintext=sees, live=live)
    except ScanRefused as refused:
        return str(refused)
    return None


def test_a_relay_without_plaintext_has_nothing_to_scan() -> None:
    assert refusal(Point.RELAY, sees=ENDS) == (
        "the relay of 'p' holds no plaintext (only sender, receiver do):"
        " there is nothing it could scan"
    )
    assert refusal(Point.RELAY, sees=frozenset({Party.RECEIVER})) == (
        "the relay of 'p' holds no plaintext (only receiver does): there is nothing it could scan"
    )
    assert refusal(Point.RELAY, sees=frozenset({Party.RELAY}), live=False) is None


@pytest.mark.parametrize("point", list(Point))
def test_whoever_holds_no_plaintext_can_scan_none(point: Point) -> None:
    assert "holds no plaintext (nobody does): " in str(refusal(point, sees=frozenset()))


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        (Point.SENDER_BEFORE_ENCODE, "the media enters encoded, so no picture is there"),
        (Point.RECEIVER, "the receiver of cached media decodes nothing"),
    ],
)
def test_a_hook_on_pictures_needs_live_media(point: Point, reason: str) -> None:
    expected = f"a hook at {point} needs live media: here {reason}"
    assert refusal(point, live=False) == expected
    assert refusal(point) is None


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("point", [Point.SENDER_AFTER_ENCODE, Point.RELAY])
def test_a_hook_on_access_units_takes_either_media_and_key_frames(
    point: Point, *, live: bool
) -> None:
    assert refusal(point, live=live) is None
    assert refusal(point, sampling="key-frames", live=live) is None


@pytest.mark.parametrize("point", [Point.SENDER_BEFORE_ENCODE, Point.RECEIVER])
def test_decoded_frames_do_not_say_whether_they_are_key_frames(point: Point) -> None:
    assert refusal(point, sampling="key-frames") == (
        "a decoded frame does not say whether it is a key frame: 'key-frames' is for"
        f" sender-after-encode or relay, not for {point}"
    )
    assert refusal(point, sampling="scene-changes") is None


def test_an_unknown_sampling_is_refused() -> None:
    assert str(refusal(Point.RELAY, sampling="now-and-then")).startswith(
        "unknown sampling 'now-and-then'; known: every-K"
    )


def test_a_hook_comes_behind_the_last_opener_of_a_relay() -> None:
    assert behind_openers([]) == 0
    assert behind_openers([Plain(), Plain()]) == 0
    assert behind_openers([Opens(), Plain()]) == 1
    assert behind_openers([Opens(), Plain(), Opens(), Plain(), Plain()]) == 3
