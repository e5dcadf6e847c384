"""Whole files of a run folder: written at once or not at all, read with their schema checked."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from bench.results import SCHEMA
from bench.store.errors import StoreError, file_errors
from bench.store.layout import TEMPORARY

T = TypeVar("T", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    schema: int


def write_atomically(path: Path, write: Callable[[IO[bytes]], None], *, durable: bool) -> None:
    """Let `write` fill `path`, which shows its old or its new content and nothing between.

    `durable` waits until the disk has it. Raises StoreError.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    with file_errors(path):
        try:
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        if durable:
            _sync_folder(path.parent)


def write_json(path: Path, value: msgspec.Struct) -> None:
    """Write `value` as indented JSON, durably. Raises StoreError."""
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data`, durably. Raises StoreError."""

    def write(file: IO[bytes]) -> None:
        file.write(data)

    write_atomically(path, write, durable=True)


def read_json(path: Path, kind: type[T], *, newest: int = SCHEMA) -> T:
    """Return the `kind` in `path`, of a schema up to `newest`. Raises StoreError."""
    with file_errors(path):
        data = path.read_bytes()
    return decode(data, kind, str(path), newest=newest)


def decode(data: bytes, kind: type[T], where: str, *, newest: int = SCHEMA) -> T:
    """Return the `kind` that `data` holds; `where` is what an error names. Raises StoreError.

    The schema is looked at first: a newer file may well have fields that this version rejects.
    """
    try:
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


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has the names in `folder`, and so a rename. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
