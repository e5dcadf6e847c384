"""`openssl speed -aead`: the figure that everybody quotes, from the program itself.

Its loop stays in one hot buffer, sets IV (in newer versions the key too) and 13 bytes of AAD anew
for every unit, and does one size at a time for a second, counting CPU time. So it runs after the
rounds and not in them. Its opening is given a made-up tag, and each unit is refused at the end.
"""

import shutil
import subprocess
from collections.abc import Iterator

from bench.peers.cell import Cell, Direction, Memory, Part
from bench.peers.rows import SpeedSample

SECONDS = 1
CIPHERS = {
    "aes-128-gcm": "aes-128-gcm",
    "aes-256-gcm": "aes-256-gcm",
    "chacha20-poly1305": "chacha20-poly1305",
}
"""What the program calls our ciphers."""

NAME = "openssl speed -aead"
TIMEOUT_S = 30


def speed_cells(sizes: tuple[int, ...]) -> Iterator[Cell]:
    """Yield every cell that the program can fill: all of them are hot."""
    for cipher in CIPHERS:
        for size in sizes:
            for direction in Direction:
                yield Cell(
                    part=Part.AEAD,
                    cipher=cipher,
                    size_bytes=size,
                    direction=direction,
                    memory=Memory.HOT,
                )


def run_speed(program: str, cell: Cell) -> SpeedSample:
    """Run the program for one cell. Takes a second."""
    command = [program, "speed", "-mr", "-seconds", str(SECONDS), "-bytes", str(cell.size_bytes)]
    command += ["-aead", *(["-decrypt"] if cell.direction is Direction.OPEN else [])]
    command += ["-evp", CIPHERS[cell.cipher]]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return SpeedSample(ns_per_unit=None, error=f"{NAME}: {error}")
    ns = parse_speed(told.stdout, cell.size_bytes)
    if told.returncode != 0 or ns is None:
        lines = told.stderr.strip().splitlines() or ["no figure in its output"]
        return SpeedSample(ns_per_unit=None, error=f"{NAME}: {lines[-1]}")
    return SpeedSample(ns_per_unit=ns, error=None)


def parse_speed(output: str, size_bytes: int) -> float | None:
    """Return ns per unit from what `-mr` prints, or None where there is no figure in it.

    `+F:25:AES-128-GCM:1183940240.96` ends with bytes per second.
    """
    for line in output.splitlines():
        fields = line.split(":")
        if fields[0] == "+F" and len(fields) >= 4:
            try:
                bytes_per_s = float(fields[-1])
            except ValueError:
                return None
            return size_bytes / bytes_per_s * 1e9 if bytes_per_s > 0 else None
    return None


def speed_program() -> str | None:
    """Return the path of the program, or None where it is not installed."""
    return shutil.which("openssl")


def speed_version(program: str) -> str:
    """Return the program's version and that of the library it loaded, as it tells them."""
    try:
        told = subprocess.run(
            [program, "version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown version"
    words = told.stdout.split()
    return " ".join(words[:2]) or "unknown version"
