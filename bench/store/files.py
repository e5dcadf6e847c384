"""Whole files of a run folder: written at once or not at all, read with their schema checked."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from bench.plain_text import utf8_text
from bench.results import SCHEMA
from bench.store.errors import StoreError, file_errors
from bench.store.layout import MOST_JSON_BYTES
from pipelines.files import make_folder, read_plain, replace_file

T = TypeVar("T", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    schema: int


def write_atomically(
    path: Path,
    write: Callable[[BinaryIO], None],
    *,
    durable: bool,
    within: Path | None = None,
    make: bool = False,
) -> None:
    """Let `write` fill `path`: `pipelines.files.replace_file` says how. Raises StoreError."""
    with file_errors(path):
        replace_file(path, write, within=within, make=make, durable=durable)


def write_json(path: Path, value: msgspec.Struct) -> None:
    """Write `value` as indented JSON, durably. Raises StoreError."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def write_bytes(path: Path, data: bytes, *, within: Path | None = None, make: bool = False) -> None:
    """Write `data`, durably, through no link below `within`. Raises StoreError.

    With `make` the folder is made where it is missing.
    """

    def write(file: BinaryIO) -> None:
        file.write(data)

    write_atomically(path, write, within=within, make=make, durable=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write `files`, by their place in `folder`, and return their paths. Raises StoreError.

    Files of these names are replaced, others are left alone.
    """
    with file_errors(folder):
        make_folder(folder)
    written = [folder / name for name in files]
    for path, content in zip(written, files.values(), strict=True):
        write_bytes(path, content, within=folder, make=True)
    return written


def read_bytes(path: Path, *, most_bytes: int) -> bytes:
    """Return what is in the regular file `path`. Raises StoreError."""
    with file_errors(path):
        return read_plain(path, most_bytes=most_bytes)


def read_json(path: Path, kind: type[T], *, newest: int = SCHEMA) -> T:
    """Return the `kind` in `path`, of a schema up to `newest`. Raises StoreError."""
    data = read_bytes(path, most_bytes=MOST_JSON_BYTES)
    return decode(data, kind, str(path), newest=newest)


def decode(data: bytes, kind: type[T], where: str, *, newest: int = SCHEMA) -> T:
    """Return the `kind` that `data` holds; `where` is what an error names. Raises StoreError.

    The schema is looked at first: a newer file may well have fields that this version rejects.
    """
    try:
        data = utf8_text(data)
        schema = msgspec.json.decode(data, type=_Version).schema
        if schema < 1:
            raise StoreError(f"{where}: schema {schema} does not exist")
        if schema > newest:
            raise StoreError(
                f"{where}: schema {schema} is newer than this sealbench ({newest}) understands"
            )
        return msgspec.json.decode(data, type=kind)
    # Bytes that are not UTF-8 are a ValueError; deep nesting exhausts the stack.
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise StoreError(f"{where}: {error}") from error
