import json
import os
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import av
import numpy as np
import pytest

from bench.cli.machine import in_words
from bench.store import read_run

Finished = CompletedProcess[str]
Sealbench = Callable[..., Finished]
OneAfterAnother = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]

IDS = ["stage/webcam-360p/h264/null", "stage/webcam-360p/h264/srtp-aes-128-gcm"]


def no_control_characters(text: str) -> bool:
    return not any(unicodedata.category(c) == "Cc" for c in text.replace("\n", ""))


def test_a_run_leaves_rows_samples_and_a_report(tiny_run: tuple[Path, Finished]) -> None:
    out, finished = tiny_run
    assert finished.returncode == 0, finished.stderr
    stored = read_run(out)
    assert sorted(row.case for row in stored.rows) == IDS
    assert stored.plan.seed == 5
    assert not stored.interim
    for row in stored.rows:
        samples = stored.samples(row)
        assert samples is not None
        assert len(samples) == row.frames > 0
        assert set(samples["round"].tolist()) == {0, 1}
        assert row.rounds == 2
        assert row.error is None
        assert (row.width, row.height) == (640, 360)
        assert row.overhead_bytes_mean > 0
    assert not list((out / "partial").iterdir())
    for name in ("run.json", "machine.json", "rows.jsonl", "report.md", "report.html"):
        assert (out / name).stat().st_size > 0
    assert list(out.rglob("*.png"))


def test_the_tables_name_every_pipeline_and_where_the_evidence_lies(
    tiny_run: tuple[Path, Finished],
) -> None:
    out, finished = tiny_run
    for part in ("null", "srtp-aes-128-gcm", "webcam-360p"):
        assert part in finished.stdout
    assert str(out / "report.html") in finished.stdout.replace("\n", "")


def test_piped_output_is_plain_and_standard_error_brief(
    tiny_run: tuple[Path, Finished],
) -> None:
    out, finished = tiny_run
    assert no_control_characters(finished.stdout)
    assert no_control_characters(finished.stderr)
    lines = finished.stderr.splitlines()
    assert lines[0].startswith("sealbench ")
    assert lines[1].startswith("engine libcrypto: ")
    assert lines[2].startswith("suite tiny: 2 cases")
    assert lines[3] == f"into {out}, seed 5"
    assert len(lines) < 15


def test_a_finished_run_that_is_resumed_measures_nothing_again(
    tiny_run: tuple[Path, Finished], one_after_another: OneAfterAnother, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    shutil.copytree(tiny_run[0], again)
    before = (again / "rows.jsonl").read_bytes()
    (finished,) = one_after_another([("run", "--resume", again, "--json")])
    assert finished.returncode == 0, finished.stderr
    assert (again / "rows.jsonl").read_bytes() == before
    assert "0 cases (2 done before)" in finished.stderr


def test_a_run_goes_on_in_a_folder_whose_name_is_not_utf_8(
    tiny_run: tuple[Path, Finished], one_after_another: OneAfterAnother, tmp_path: Path
) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    shutil.copytree(tiny_run[0], odd)
    (finished,) = one_after_another([("run", "--resume", odd, "--json")])
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["folder"] == str(tmp_path / "caf\\xe9")


def test_a_run_of_another_machine_is_not_resumed(
    tiny_run: tuple[Path, Finished], one_after_another: OneAfterAnother, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_run[0], other)
    described = json.loads((other / "machine.json").read_text())
    described["machine"]["cpu_model"] = "MOS 6502"
    described["machine"]["libraries"]["numpy"] = "0.9"
    (other / "machine.json").write_text(json.dumps(described))
    (finished,) = one_after_another([("run", "--resume", other)])
    assert finished.returncode == 4
    assert finished.stdout == ""
    assert "cpu_model: MOS 6502 -> " in finished.stderr
    assert "libraries.numpy: 0.9 -> " in finished.stderr


def test_a_run_of_a_newer_sealbench_is_not_resumed(
    tiny_run: tuple[Path, Finished], one_after_another: OneAfterAnother, tmp_path: Path
) -> None:
    commands: list[tuple[str | Path, ...]] = []
    for name in ("run.json", "machine.json"):
        newer = tmp_path / name
        shutil.copytree(tiny_run[0], newer)
        written = json.loads((newer / name).read_text())
        (newer / name).write_text(json.dumps(written | {"schema": 99}))
        commands += [("run", "--resume", newer), ("report", newer)]
    for finished in one_after_another(commands):
        assert (finished.returncode, finished.stdout) == (2, "")
        assert "schema 99 is newer than this sealbench" in finished.stderr
        assert finished.stderr.count("\n") == 1


def test_json_is_one_document_on_standard_output(
    sealbench: Sealbench, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "json"
    finished = sealbench(
        "run", folder / "tiny.toml", "--only", "null", "--seconds", "0.05", "--out", out, "--json"
    )
    assert finished.returncode == 0, finished.stderr
    document = json.loads(finished.stdout)
    assert document["folder"] == str(out)
    assert [row["case"] for row in document["rows"]] == [IDS[0]]
    assert document["plan"]["cases"][0]["seconds"] == 0.05
    assert no_control_characters(finished.stderr)


def test_the_users_own_clip_is_measured_and_what_no_encoder_takes_is_a_row(
    sealbench: Sealbench, folder: Path, tmp_path: Path
) -> None:
    # 48x32 is too small for SVT-AV1 (64x64) and fine for x264.
    clip = tmp_path / "my [clip].mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for number in range(20):
            picture = np.random.default_rng(number).integers(0, 256, (32, 48, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    suite = tmp_path / "own.toml"
    suite.write_text((folder / "tiny.toml").read_text().replace('["h264"]', '["h264", "av1"]'))
    out = tmp_path / "own"
    finished = sealbench("run", suite, "--only", "null", "--clip", clip, "--out", out)
    assert finished.returncode == 1, finished.stderr
    rows = {row.codec: row for row in read_run(out).rows}
    assert rows["h264"].error is None
    assert (rows["h264"].clip, rows["h264"].width) == ("file:my [clip].mp4", 48)
    assert rows["av1"].error is not None
    assert rows["av1"].error.startswith("CodecError: av1 (libsvtav1) cannot encode 48x32")
    assert (out / "report.html").exists()


def test_verify_shows_a_verdict_for_each_case(sealbench: Sealbench) -> None:
    finished = sealbench("verify", "smoke", "--only", "srtp-aes-128-gcm")
    assert finished.returncode == 0, finished.stderr
    said = [line for line in finished.stderr.splitlines() if not line.startswith("compiling for")]
    assert said == []
    shown = " ".join(finished.stdout.split())
    assert shown.count(" ok: ") == 2
    assert "tampered messages rejected" in shown
    assert no_control_characters(finished.stdout)


def test_data_verify_tells_the_clips_that_are_whole_from_those_that_are_not(
    sealbench: Sealbench, folder: Path, tmp_path: Path
) -> None:
    assert folder.exists()  # its clip is at hand
    there = sealbench("data", "verify", "webcam-360p")
    assert (there.returncode, there.stdout, there.stderr) == (0, "webcam-360p: ok\n", "")
    absent = sealbench("data", "verify", "webcam-360p", SEALBENCH_CACHE=str(tmp_path))
    assert absent.returncode == 1
    assert absent.stdout.startswith("webcam-360p: ")
    assert absent.stdout != there.stdout


def test_machine_prints_one_json_object(sealbench: Sealbench) -> None:
    finished = sealbench("machine", "--json")
    assert (finished.returncode, finished.stderr) == (0, "")
    document = json.loads(finished.stdout)
    assert document["machine"]["usable_cores"] >= 1
    assert document["machine"]["libraries"]["cryptography"]
    assert document["harness_ns_per_frame"] > 0
    assert isinstance(document["limits"], list)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("ram_bytes", 25_276_502_016, "23.5 GiB"),
        ("physical_cores", 2, "2"),
        ("virtual", True, "yes"),
        ("governors", None, "unknown"),
        ("isa", ("aes", "avx2"), "aes, avx2"),
    ],
)
def test_the_machine_is_described_in_words(name: str, value: object, shown: str) -> None:
    assert in_words(name, value) == shown
