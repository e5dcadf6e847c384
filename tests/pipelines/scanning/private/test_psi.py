import numpy as np
import private_set_intersection.python as psi
import pytest

from pipelines.scanning.lists import random_hashes
from pipelines.scanning.private.messages import BadMessage, unwrap, wrap
from pipelines.scanning.private.psi import (
    FALSE_POSITIVE_RATE,
    PSI_BLOOM,
    PSI_GCS,
    PSI_RAW,
    bloom_false_positive_rate,
)

LISTED = random_hashes(50, 256, np.random.default_rng(1))


def forged(label: str, message: bytes, **fields: int | bytes) -> bytes:
    """Return a set-up message whose inner fields are replaced, with a right checksum."""
    setup = psi.ServerSetup()
    setup.ParseFromString(unwrap(label, message))
    inner = setup.gcs if "gcs" in label else setup.bloom_filter
    for name, value in fields.items():
        setattr(inner, name, value)
    return wrap(label, setup.SerializeToString())


def test_server_sees_that_a_client_asks_the_same_again_and_nothing_across_clients() -> None:
    server = PSI_RAW.new_server(LISTED, 0)
    client, other = PSI_RAW.new_client(server.setup), PSI_RAW.new_client(server.setup)
    assert client.request(LISTED[0]) == client.request(LISTED[0])
    assert client.request(LISTED[0]) != client.request(LISTED[1])
    assert client.request(LISTED[0]) != other.request(LISTED[0])


def test_client_cannot_test_a_hash_without_the_server() -> None:
    server, other = PSI_RAW.new_server(LISTED, 0), PSI_RAW.new_server(LISTED, 0)
    client = PSI_RAW.new_client(server.setup)
    assert not client.read(other.answer(client.request(LISTED[0])))


def test_entry_that_comes_twice_is_sent_once() -> None:
    twice = np.concatenate([LISTED, LISTED])
    one, two = (PSI_RAW.new_server(hashes, 0) for hashes in (LISTED, twice))
    assert len(one.setup) == len(two.setup)


def test_answer_about_more_than_one_hash_is_refused() -> None:
    server = PSI_GCS.new_server(LISTED, 0)
    client = PSI_GCS.new_client(server.setup)
    reply = psi.Response()
    answer = server.answer(client.request(LISTED[0]))
    reply.ParseFromString(unwrap("psi-gcs answer", answer))
    reply.encrypted_elements.append(reply.encrypted_elements[0])
    with pytest.raises(BadMessage, match="2 elements"):
        client.read(wrap("psi-gcs answer", reply.SerializeToString()))


@pytest.mark.parametrize("fields", [{"hash_range": 0}, {"div": -1}, {"div": 64}, {"bits": b""}])
def test_compressed_set_that_would_abort_or_never_end_is_refused(
    fields: dict[str, int | bytes],
) -> None:
    setup = forged("psi-gcs setup", PSI_GCS.new_server(LISTED, 0).setup, **fields)
    with pytest.raises(BadMessage, match="psi-gcs setup: "):
        PSI_GCS.new_client(setup)


@pytest.mark.parametrize(
    "fields", [{"num_hash_functions": 0}, {"num_hash_functions": -1}, {"bits": b""}]
)
def test_filter_that_would_abort_or_find_everything_is_refused(
    fields: dict[str, int | bytes],
) -> None:
    setup = forged("psi-bloom setup", PSI_BLOOM.new_server(LISTED, 0).setup, **fields)
    with pytest.raises(BadMessage, match="psi-bloom setup: "):
        PSI_BLOOM.new_client(setup)


def test_list_of_another_structure_is_refused() -> None:
    body = unwrap("psi-raw setup", PSI_RAW.new_server(LISTED, 0).setup)
    for protocol in (PSI_GCS, PSI_BLOOM):
        with pytest.raises(BadMessage):
            protocol.new_client(wrap(f"{protocol.name} setup", body))


def test_bloom_filter_of_a_short_list_is_said_to_err_more_than_asked() -> None:
    # Simulated with the package's formula: 1.05e-3 at 50 entries, 7.5e-5 at 300.
    assert 1.05e-3 < bloom_false_positive_rate(50) < 1e-2
    assert 7.5e-5 < bloom_false_positive_rate(300) < 1e-3
    assert bloom_false_positive_rate(10**12) == FALSE_POSITIVE_RATE
