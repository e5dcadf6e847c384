"""Scanning from the command line: lists of hashes as files, a suite with hooks, all its rows."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from bench.store import StoredRun, read_run

Finished = CompletedProcess[str]
Sealbench = Callable[..., Finished]

SUITE = """
schema = 1
summary = "One case of each question, small."
seconds = 0.2
rounds = 2

[[case]]
why = "A hook before the encoder, one on a relay, and one that is refused."
model = "stage"
media = "live"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["srtp-aes-128-gcm", "sframe-aes-128-gcm"]
[case.scan]
points = ["sender-before-encode", "relay"]
scanners = ["pdq"]
list_sizes = [1000]

[[case]]
why = "A worker behind a queue."
model = "paced"
media = "live"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["srtp-aes-128-gcm"]
seconds = 0.5
[case.scan]
points = ["receiver"]
scanners = ["pdq"]
list_sizes = [1000]
modes = ["async"]

[[case]]
why = "A relay that decodes what comes from the cache, from a key frame on."
model = "stage"
clips = ["webcam-360p"]
codecs = ["vp8"]
pipelines = ["srtp-aes-128-gcm"]
rounds = 3
[case.scan]
points = ["relay"]
scanners = ["pdq-hash-only"]

[[hash]]
why = "Ours beside a package's."
clips = ["webcam-360p"]
hashers = ["pdq", "pdqhash.compute"]

[[lookup]]
why = "Ours beside faiss."
clips = ["webcam-360p"]
hashers = ["pdq"]
indexes = ["multi-index", "faiss-flat"]
list_sizes = [1000]

[[private]]
why = "Without showing anything."
clips = ["webcam-360p"]
protocols = ["psi-gcs"]
list_sizes = [200]
queries = 4

[[recall]]
why = "Mirrored and sent again."
clips = ["webcam-360p", "head-360p"]
codecs = ["h264"]
rungs = ["180p"]
changes = ["mirror"]
hashers = ["pdq"]
rounds = 1

[[drift]]
why = "Y against RGB."
clips = ["webcam-360p"]
"""

SENDER = "/scan:sender-before-encode,pdq-1e3"
RELAY = "/scan:relay,pdq-1e3"


@pytest.fixture(scope="module")
def scanned(
    sealbench: Sealbench, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Finished, StoredRun]:
    place = tmp_path_factory.mktemp("scanning")
    (place / "scan.toml").write_text(SUITE)
    finished = sealbench("run", place / "scan.toml", "--out", place / "r", "--seed", "2")
    return finished, read_run(place / "r")


def test_every_question_of_a_suite_becomes_a_row_with_its_answer(
    scanned: tuple[Finished, StoredRun],
) -> None:
    finished, stored = scanned
    assert finished.returncode == 0, finished.stderr
    rows = {row.case: row for row in stored.rows}
    assert len(rows) == len(stored.plan.cases)
    for row in stored.rows:
        summaries = (row.hook, row.hash, row.lookup, row.private, row.recall, row.drift)
        answered = [summary for summary in summaries if summary is not None]
        expected = row.model in {"hash", "lookup", "private", "recall", "drift"}
        expected |= "/scan:" in row.case and row.error is None
        assert len(answered) == expected, row.case


def test_a_relay_without_plaintext_is_refused_with_the_reason_and_no_number(
    scanned: tuple[Finished, StoredRun],
) -> None:
    finished, stored = scanned
    rows = {row.case: row for row in stored.rows}
    refused = rows[f"stage-live/webcam-360p/h264/sframe-aes-128-gcm{RELAY}"]
    assert refused.error is not None
    assert refused.error.startswith("ScanRefused: the relay of 'sframe-aes-128-gcm' holds no")
    assert (refused.hook, refused.frames, refused.stages) == (None, 0, ())
    assert "there is nothing it could scan" in finished.stdout
    assert rows[f"stage-live/webcam-360p/h264/sframe-aes-128-gcm{SENDER}"].error is None


def test_a_hooks_steps_are_timed_apart_and_its_counts_kept(
    scanned: tuple[Finished, StoredRun],
) -> None:
    _, stored = scanned
    rows = {row.case: row for row in stored.rows}
    row = rows[f"stage-live/webcam-360p/h264/srtp-aes-128-gcm{RELAY}"]
    steps = [stage.stage for stage in row.stages if stage.kind == "scan"]
    assert steps[-1] == "scan-verdict"
    assert {"scan-reassemble", "scan-decode", "scan-hash", "scan-lookup"} <= set(steps)
    assert row.hook is not None
    assert (row.hook.sampled, row.hook.list_entries) == (row.frames, 1000)
    assert row.hook.index_bytes >= 1000 * 32
    assert row.hook.learns == ("relay",)
    samples = stored.samples(row)
    assert samples is not None
    assert int(samples["scan_sampled"].sum()) == row.hook.sampled


def test_verify_proves_hooks_and_tells_which_are_refused(
    scanned: tuple[Finished, StoredRun], sealbench: Sealbench, tmp_path: Path
) -> None:
    del scanned  # its clip is there now
    (tmp_path / "scan.toml").write_text(SUITE)
    told = sealbench("verify", tmp_path / "scan.toml", "--only", "stage-live*scan:*")
    assert told.returncode == 0, told.stderr
    assert "finds a frame that is listed, and nothing in another list" in " ".join(
        told.stdout.split()
    )
    assert "refused: the relay of 'sframe-aes-128-gcm'" in " ".join(told.stdout.split())


def test_a_list_is_made_shown_and_looked_into(
    scanned: tuple[Finished, StoredRun], sealbench: Sealbench, tmp_path: Path
) -> None:
    del scanned  # its clip is there now
    known = tmp_path / "known.hashes"
    made = sealbench("hashes", "make", known, "--clip", "webcam-360p", "--size", "500")
    assert made.returncode == 0, made.stderr
    assert "500 hashes (pdq, 256 bits), 72 of them frames of webcam-360p" in made.stdout
    shown = sealbench("hashes", "show", known)
    assert "500 hashes (pdq, 256 bits)" in shown.stdout
    (tmp_path / "scan.toml").write_text(SUITE)
    words = ("--only", "*relay,pdq-500*", "--hash-list", known, "--out", tmp_path / "r", "--json")
    run = sealbench("run", tmp_path / "scan.toml", *words)
    assert run.returncode == 0, run.stderr
    hooks = [row["hook"] for row in json.loads(run.stdout)["rows"] if row["hook"]]
    assert [hook["list_entries"] for hook in hooks] == [500]
    # Every frame of the clip is listed, so each is found.
    assert hooks[0]["matched"] == hooks[0]["sampled"] > 0


def test_a_damaged_list_is_refused_in_one_line(sealbench: Sealbench, tmp_path: Path) -> None:
    broken = tmp_path / "broken.hashes"
    assert sealbench("hashes", "make", broken, "--size", "10").returncode == 0
    data = bytearray(broken.read_bytes())
    data[-1] ^= 1
    broken.write_bytes(data)
    for words in (("hashes", "show", broken), ("run", "scanning", "--hash-list", broken)):
        refused = sealbench(*words)
        assert refused.returncode == 2
        assert refused.stderr.count("\n") == 1
        assert "broken.hashes" in refused.stderr
