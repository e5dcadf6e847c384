"""What cannot be used as asked ends with 2 and a line that says why."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from subprocess import CompletedProcess

import av
import numpy as np
import pytest

Finished = CompletedProcess[str]
OneAfterAnother = Callable[[Sequence[tuple[str | Path, ...]]], list[Finished]]


def write_audio(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        assert isinstance(stream, av.AudioStream)
        silence = np.zeros((1, 48000), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_video(path: Path, width: int, height: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(3):
            picture = np.full((height, width, 3), 40 * number, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def bad_clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("bad")
    clips = {
        "no such file": place / "none.mp4",
        "empty": place / "empty.mp4",
        "not a video": place / "text.mp4",
        "noise": place / "noise.mp4",
        "audio": place / "audio.m4a",
        "directory": place / "folder.mp4",
        "too small": place / "small.mp4",
        "cut off": place / "cut.mp4",
    }
    clips["empty"].touch()
    clips["not a video"].write_text("a [b]letter[/b] to nobody\n")
    clips["noise"].write_bytes(np.random.default_rng(3).bytes(4000))
    write_audio(clips["audio"])
    clips["directory"].mkdir()
    write_video(clips["too small"], 2, 2)
    whole = place / "whole.mp4"
    write_video(whole, 64, 64)
    clips["cut off"].write_bytes(whole.read_bytes()[:200])
    return clips


def test_a_clip_that_cannot_be_used_ends_with_one_line(
    bad_clips: dict[str, Path], folder: Path, one_after_another: OneAfterAnother
) -> None:
    suite = folder / "tiny.toml"
    out = folder / "never"
    finished = one_after_another(
        [("run", suite, "--clip", clip, "--out", out) for clip in bad_clips.values()]
    )
    for (what, clip), each in zip(bad_clips.items(), finished, strict=True):
        assert each.returncode == 2, (what, each.stderr)
        assert each.stdout == "", what
        assert each.stderr.startswith(f"sealbench: {clip}"), (what, each.stderr)
        assert each.stderr.count("\n") == 1, (what, each.stderr)
    assert not out.exists()


def test_verify_refuses_a_bad_clip_alike(
    bad_clips: dict[str, Path], folder: Path, sealbench: Callable[..., Finished]
) -> None:
    clip = bad_clips["not a video"]
    finished = sealbench("verify", folder / "tiny.toml", "--clip", clip)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith(f"sealbench: {clip}: not a video")
    assert finished.stderr.count("\n") == 1


def test_a_command_line_that_cannot_be_used_ends_with_2(
    folder: Path,
    one_after_another: OneAfterAnother,
    tiny_run: tuple[Path, Finished],
    tmp_path: Path,
) -> None:
    tiny = folder / "tiny.toml"
    taken, _ = tiny_run
    broken, wrong = tmp_path / "broken.toml", tmp_path / "wrong.toml"
    broken.write_text("schema = = 1\n")
    wrong.write_text(tiny.read_text().replace("srtp-aes-128-gcm", "srtp-aes-128-gmc"))
    nothing = tmp_path / "nothing"
    expected: dict[tuple[str | Path, ...], str] = {
        ("run", "smok"): "sealbench: unknown suite 'smok'; did you mean 'smoke'?",
        ("verify", "smok"): "sealbench: unknown suite 'smok'; did you mean 'smoke'?",
        ("run", tmp_path / "no.toml"): "no.toml: No such file or directory",
        ("run", broken): "sealbench: broken.toml: ",
        ("run", wrong): (
            "sealbench: wrong.toml: case[0].pipelines: unknown 'srtp-aes-128-gmc'; did you mean"
        ),
        ("run", tiny, "--only", "zzz"): (
            "sealbench: --only 'zzz' matches none of the 2 cases of the suite"
        ),
        ("run", tiny, "--seconds", "0"): "--seconds 0.0 is not above 0 and at most 3600",
        ("run", tiny, "--seconds", "nan"): "--seconds nan is not above 0 and at most 3600",
        ("run", tiny, "--seconds", "soon"): "Error: Invalid value for '--seconds'",
        ("run", tiny, "--out", taken): f"{taken}: holds a run already: resume it, or choose",
        ("run", "--resume", nothing): f"{nothing}: holds no run to resume (no run.json)",
        ("run", "--resume", nothing, "--only", "x"): "give it no other option",
        ("run", "--colour"): "Error: No such option: --colour",
        ("list", "colours"): "Error: Invalid value for",
        (
            "list",
        ): "Choose from: pipelines, ciphers, scanners, clips, suites, scenarios, unsupported\n",
        ("list", "pipeline"): "Invalid value for 'kind': 'pipeline' is not one of",
        ("run", tiny, "--clip", broken, "--clip", wrong): (
            "Error: --clip is given 2 times; it takes one value"
        ),
        ("gate", "--base", "main", "--base=dev"): "Error: --base is given 2 times",
        ("size", "council", "--set", "no=1", "--set", "no=2"): "sealbench: 'no': is no field",
        ("run", ""): "sealbench: unknown suite ''; known: core",
        ("peers", "--out", broken / "report"): "sealbench: ",
        ("paint",): "Error: No such command 'paint'",
        ("report", nothing): f"sealbench: {nothing}: holds no run (no run.json)",
        ("data", "verify", "webcam-361p"): "sealbench: unknown clip 'webcam-361p'",
    }
    for (command, part), each in zip(
        expected.items(), one_after_another(list(expected)), strict=True
    ):
        assert each.returncode == 2, (command, each.stderr)
        assert part in each.stderr, (command, each.stderr)
        assert each.stdout == "", command
        assert "Traceback" not in each.stderr, (command, each.stderr)
        # A usage error adds the usage; ours are one line.
        ours = each.stderr.startswith("sealbench: ")
        assert (each.stderr.count("\n") == 1) == ours, (command, each.stderr)
    assert not nothing.exists()
