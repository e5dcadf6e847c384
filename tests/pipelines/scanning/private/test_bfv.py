import numpy as np
import numpy.typing as npt
import pytest

from pipelines.scanning.hasher import U64
from pipelines.scanning.lists import flipped, random_hashes
from pipelines.scanning.private.bfv import BfvClient, BfvServer
from pipelines.scanning.private.messages import BadMessage, unwrap, wrap
from pipelines.scanning.private.seal import POLY_DEGREE

ENTRIES = POLY_DEGREE + 30
"""One block and a bit of the next."""


@pytest.fixture(scope="module")
def listed() -> U64:
    return random_hashes(ENTRIES, 64, np.random.default_rng(2))


@pytest.fixture(scope="module")
def server(listed: U64) -> BfvServer:
    return BfvServer(listed, 31)


@pytest.fixture(scope="module")
def client(server: BfvServer) -> BfvClient:
    return BfvClient(server.setup)


def bits_of(hashes: U64) -> npt.NDArray[np.uint8]:
    return np.unpackbits(hashes.view(np.uint8), axis=1, bitorder="little")


def plain_distances(listed: U64, words: U64) -> npt.NDArray[np.int64]:
    distances: npt.NDArray[np.int64] = np.bitwise_count(listed ^ words).sum(axis=1, dtype=np.int64)
    return distances


def test_distances_are_those_of_the_plain_hashes(
    listed: U64, server: BfvServer, client: BfvClient
) -> None:
    for words in (listed[0], ~listed[-1], np.zeros(1, np.uint64), ~np.zeros(1, np.uint64)):
        seen = client.distances(server.answer(client.request(words)))
        np.testing.assert_array_equal(seen, plain_distances(listed, words))


def test_all_256_bits_and_both_extremes_decrypt_right() -> None:
    listed = random_hashes(5, 256, np.random.default_rng(3))
    listed[1] = 0
    listed[2] = ~np.uint64(0)
    listed[4] = flipped(listed[3], 31, np.random.default_rng(3))
    server = BfvServer(listed, 30)
    client = BfvClient(server.setup)
    answer = server.answer(client.request(listed[4]))
    np.testing.assert_array_equal(client.distances(answer), plain_distances(listed, listed[4]))
    ones = client.distances(server.answer(client.request(listed[2])))
    assert ones[1:3].tolist() == [256, 0]


def test_honest_questions_give_the_client_the_whole_list() -> None:
    # What `client_learns` claims: a distance is linear in the bits of the entry, so as many
    # different questions as a hash has bits determine every entry.
    listed = random_hashes(40, 64, np.random.default_rng(9))
    server = BfvServer(listed, 5)
    client = BfvClient(server.setup)
    questions = random_hashes(64, 64, np.random.default_rng(10))
    seen = [client.distances(server.answer(client.request(words))) for words in questions]
    # With q and l the bits of question and entry: distance - 32 = sum((q - 1/2) (1 - 2 l)).
    signs = np.linalg.solve(bits_of(questions) - 0.5, np.array(seen) - 32.0)
    np.testing.assert_array_equal(np.round(signs.T) < 0, bits_of(listed) == 1)


def test_same_question_is_never_the_same_message(listed: U64, client: BfvClient) -> None:
    assert client.request(listed[0]) != client.request(listed[0])


def test_hash_of_another_width_is_refused(client: BfvClient) -> None:
    with pytest.raises(ValueError, match="128 bits in a list of 64-bit"):
        client.request(np.zeros(2, dtype=np.uint64))


def test_hash_too_wide_for_the_plain_modulus_is_refused() -> None:
    with pytest.raises(ValueError, match="512 bits"):
        BfvServer(np.zeros((1, 8), dtype=np.uint64), 0)


def test_key_of_another_client_is_told_from_noise(
    listed: U64, server: BfvServer, client: BfvClient
) -> None:
    answer = server.answer(client.request(listed[0]))
    with pytest.raises(BadMessage, match="key"):
        BfvClient(server.setup).read(answer)


def test_set_up_that_makes_no_sense_is_refused(server: BfvServer) -> None:
    body = unwrap("bfv setup", server.setup)
    for forged in (body[:-1], bytes(4) + body[4:], body[:4] + bytes(4) + body[8:], body[:-4] * 2):
        with pytest.raises(BadMessage, match="bfv setup"):
            BfvClient(wrap("bfv setup", forged))
