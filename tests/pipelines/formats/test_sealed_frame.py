import numpy as np
import pytest

from pipelines.ciphers.aead import Cipher
from pipelines.ciphers.table import CIPHERS
from pipelines.formats.sealed_frame import FrameOpener, FrameSealer
from pipelines.media import U8
from pipelines.stage import AuthenticationFailed, Malformed, NonceExhausted, Rejected, Replayed

WINDOW = 64
SIZES = (0, 1, 16, 1000, 70_000)

every_cipher = pytest.mark.parametrize("cipher", CIPHERS.values(), ids=CIPHERS)
authentic = [cipher for cipher in CIPHERS.values() if cipher.authenticated]
every_authentic_cipher = pytest.mark.parametrize(
    "cipher", authentic, ids=[cipher.name for cipher in authentic]
)
GCM = CIPHERS["aes-128-gcm"]


def key_of(cipher: Cipher) -> bytes:
    return bytes(range(1, cipher.key_size + 1))


def sealer(cipher: Cipher) -> FrameSealer:
    return FrameSealer(cipher, cipher.new(key_of(cipher)))


def opener(cipher: Cipher, key: bytes | None = None) -> FrameOpener:
    return FrameOpener(cipher, cipher.new(key_of(cipher) if key is None else key), WINDOW)


def media(size: int) -> U8:
    return np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)


@every_cipher
def test_frames_of_every_size_come_back(cipher: Cipher) -> None:
    there, back = sealer(cipher), opener(cipher)
    for size in SIZES:
        assert back.open(there.seal(media(size))).tobytes() == media(size).tobytes()


@every_cipher
def test_a_sealed_frame_is_counter_then_ciphertext_and_tag(cipher: Cipher) -> None:
    there = sealer(cipher)
    there.seal(media(9))
    sealed = there.seal(media(100)).tobytes()
    counter = (1).to_bytes(8, "big")
    assert sealed[:8] == counter
    assert len(sealed) == 8 + cipher.sealed_size(100)
    # Nonce: the counter, right-aligned; associated data: the eight bytes in front.
    by_hand = np.empty(cipher.sealed_size(100), dtype=np.uint8)
    nonce = bytes(cipher.nonce_size - 8) + counter
    cipher.new(key_of(cipher)).seal_into(nonce, counter, media(100), by_hand)
    assert sealed[8:] == by_hand.tobytes()


def test_counters_rise_by_one_from_zero() -> None:
    there = sealer(GCM)
    assert [int.from_bytes(there.seal(media(5))[:8].tobytes()) for _ in range(300)] == list(
        range(300)
    )


@every_cipher
def test_after_the_last_counter_nothing_is_sealed(cipher: Cipher) -> None:
    there = sealer(cipher)
    there._counter.skip_to(2**64 - 1)
    last = there.seal(media(50))
    assert last[:8].tobytes() == b"\xff" * 8
    assert opener(cipher).open(last).tobytes() == media(50).tobytes()
    for _ in range(2):
        with pytest.raises(NonceExhausted, match="the key must be replaced"):
            there.seal(media(50))


@every_cipher
def test_a_replay_is_refused_and_so_is_what_is_older_than_the_window(cipher: Cipher) -> None:
    there, back = sealer(cipher), opener(cipher)
    frames = [there.seal(media(20)).copy() for _ in range(WINDOW + 1)]
    for frame in frames[1:]:
        back.open(frame)
    before = back.state()
    for again in (frames[0], frames[1], frames[-1]):
        with pytest.raises(Replayed):
            back.open(again)
    assert back.state() == before


@every_cipher
def test_late_frames_within_the_window_are_opened(cipher: Cipher) -> None:
    there, back = sealer(cipher), opener(cipher)
    frames = [there.seal(media(size)).copy() for size in range(WINDOW)]
    for size in reversed(range(WINDOW)):
        assert back.open(frames[size]).tobytes() == media(size).tobytes()


@every_authentic_cipher
def test_a_flipped_bit_anywhere_is_refused_and_no_state_moves(cipher: Cipher) -> None:
    there, back = sealer(cipher), opener(cipher)
    back.open(there.seal(media(3)))
    sealed = there.seal(media(30)).copy()
    before = back.state()
    for bit in range(8 * len(sealed)):
        broken = sealed.copy()
        broken[bit // 8] ^= np.uint8(1 << bit % 8)
        # A flip in the counter may make it that of the first frame.
        with pytest.raises((AuthenticationFailed, Replayed)):
            back.open(broken)
        assert back.state() == before
    assert back.open(sealed).tobytes() == media(30).tobytes()


@every_authentic_cipher
def test_a_truncated_frame_is_refused_and_no_state_moves(cipher: Cipher) -> None:
    there, back = sealer(cipher), opener(cipher)
    sealed = there.seal(media(30)).copy()
    before = back.state()
    for kept in range(len(sealed)):
        with pytest.raises((AuthenticationFailed, Malformed)):
            back.open(sealed[:kept])
        assert back.state() == before


@every_cipher
def test_what_is_too_short_for_a_sealed_frame_is_malformed(cipher: Cipher) -> None:
    shortest = 8 + cipher.sealed_size(0)
    for size in (0, 7, shortest - 1):
        with pytest.raises(Malformed, match=f"{size} bytes are too few"):
            opener(cipher).open(np.zeros(size, dtype=np.uint8))


@every_cipher
def test_another_key_does_not_give_the_frame(cipher: Cipher) -> None:
    if not cipher.key_size:
        return
    sealed = sealer(cipher).seal(media(200))
    stranger = opener(cipher, bytes(cipher.key_size))
    try:
        assert stranger.open(sealed).tobytes() != media(200).tobytes()
    except Rejected:
        return
    assert not cipher.authenticated


@every_cipher
def test_results_are_views_until_the_next_call_and_inputs_stay(cipher: Cipher) -> None:
    there, back = sealer(cipher), opener(cipher)
    plaintext = media(500)
    first = there.seal(plaintext)
    held = first.tobytes()
    opened = back.open(first)
    assert plaintext.tobytes() == media(500).tobytes()
    assert first.tobytes() == held
    second = there.seal(media(400))
    assert np.shares_memory(first, second)
    assert opened.tobytes() == media(500).tobytes()
    assert np.shares_memory(opened, back.open(second))


def test_a_window_below_64_is_refused() -> None:
    with pytest.raises(ValueError, match="window of 63"):
        FrameOpener(GCM, GCM.new(key_of(GCM)), 63)
