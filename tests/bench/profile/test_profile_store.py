"""calibration.json: what is written comes back, and nothing else gets in."""

import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.machine.schema import Machine
from bench.profile.here import stored_here
from bench.profile.schema import SCHEMA, Profile
from bench.profile.store import (
    LARGEST_BYTES,
    ProfileError,
    keep_profile,
    read_profile,
    stored_profile,
    write_profile,
)

Change = Callable[[dict[str, Any]], object]


def changed(profile: Profile, change: Change) -> bytes:
    tree = msgspec.to_builtins(profile)
    change(tree)
    return msgspec.json.encode(tree)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calibration.json"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEALBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_profile_reads_back_from_its_file_and_its_folder(profile: Profile, file: Path) -> None:
    write_profile(file, profile)
    assert read_profile(file) == read_profile(file.parent) == profile
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_golden_profile_is_one() -> None:
    golden = Path(__file__).parents[2] / "golden/sizing/calibration.json"
    assert read_profile(golden).costs


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.update(schema=SCHEMA + 1, news=1), f"schema {SCHEMA + 1} is newer"),
        (lambda t: t.update(schema=0), "schema 0 does not exist"),
        (lambda t: t.update(costs={}), "costs: empty"),
        (lambda t: t.update(rounds=4), r"costs\['udp/send'\]\.call_ns: 3 values, .* 4 rounds"),
        (lambda t: t.update(rounds=0), r"rounds"),
        (lambda t: t["costs"]["udp/send"].update(byte_ns=[1, 2]), r"\.byte_ns: 2 values"),
        (lambda t: t["costs"]["udp/send"].update(byte_ns=[1, 2, -1]), "byte_ns"),
        (lambda t: t["costs"]["udp/send"].update(byte_ns=[1, 2, 1e300]), "byte_ns"),
        (lambda t: t["costs"]["udp/send"].update(byte_ns=[1, 2, None]), "byte_ns"),
        (lambda t: t["costs"].update({"encode/h264/²": t["costs"]["udp/send"]}), "no name of a"),
        (lambda t: t["memory"]["session/hop"].update(bytes_each=[]), r"bytes_each: empty"),
        (lambda t: t["memory"]["session/hop"].update(bytes_each=[1e300]), "bytes_each: 1e"),
        (lambda t: t["scaling"][0].update(ratio=[]), r"scaling\[0\]\.ratio: empty"),
        (lambda t: t["scaling"][0].update(processes=10**9), "processes"),
        (lambda t: t["traces"][0].update(delta_bytes=[]), "delta_bytes"),
        (lambda t: t["traces"][0].update(fps=1e300), r"traces\[0\]\.fps"),
        (lambda t: t["traces"][0].update(height=10**9), r"traces\[0\]\.height"),
        (lambda t: t.update(seconds=-1), "seconds"),
        (lambda t: t.update(seed=-1), "seed"),
        (lambda t: t["machine"].update(usable_cores=0), "usable_cores"),
        (lambda t: t.update(rounds=10**6), "rounds: 1e"),
        (lambda t: t.update(traces=t["traces"] * 1001), "traces: 1,001 entries"),
        (lambda t: t.update(scaling=t["scaling"] * 1001), "scaling: 1,001 entries"),
        (lambda t: t.update(problems=dict.fromkeys(map(str, range(1001)), "")), "problems: 1,001"),
        (lambda t: t["traces"][0].update(delta_bytes=[1] * 1_000_000), "1,000,001 access units"),
        (lambda t: t["costs"]["udp/send"].update(on="x" * 1001), "costs: a text of 1,001"),
        (lambda t: t["traces"][0].update(clip="x" * 10**6), "traces: a text of 1,000,000"),
        (lambda t: t.update(started_utc="x" * 1001), "started_utc: a text of"),
        (lambda t: t.update(surprise=1), "surprise"),
        (lambda t: t.pop("machine"), "machine"),
    ],
)
def test_a_profile_that_no_calibration_writes_is_refused_with_file_and_field(
    profile: Profile, file: Path, change: Change, told: str
) -> None:
    file.write_bytes(changed(profile, change))
    with pytest.raises(ProfileError, match=f"{re.escape(str(file))}: .*{told}"):
        read_profile(file)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"NaN", b"\xff", b"[" * 100_000, b"nul\x00"])
def test_what_is_no_json_object_is_refused(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(ProfileError, match=re.escape(str(file))):
        read_profile(file)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"holds no calibration\.json: calibrate with"):
        read_profile(tmp_path)
    with pytest.raises(ProfileError, match="No such file"):
        read_profile(tmp_path / "absent")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ProfileError, match="is no plain file"):
        read_profile(tmp_path / "pipe")
    with pytest.raises(ProfileError, match="is no plain file"):
        read_profile(Path("/dev/zero"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket"))
        with pytest.raises(ProfileError, match="is no plain file"):
            read_profile(tmp_path / "socket")
    with pytest.raises(ProfileError, match=r"null (byte|character)"):
        read_profile(Path("a\x00b"))
    with pytest.raises(ProfileError, match="File name too long"):
        read_profile(tmp_path / ("a" * 300))
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ProfileError, match="loop: "):
        read_profile(tmp_path / "loop")
    (tmp_path / "calibration.json").mkdir()
    with pytest.raises(ProfileError, match="is no plain file"):
        read_profile(tmp_path)


def test_a_file_of_more_than_fifty_megabytes_is_refused(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(LARGEST_BYTES + 1)
    with pytest.raises(ProfileError, match="more than 50 MB"):
        read_profile(file)


def test_a_profile_that_could_not_be_read_back_is_never_written(
    profile: Profile, file: Path
) -> None:
    write_profile(file, profile)
    odd = msgspec.structs.replace(profile, seconds=float("nan"))
    with pytest.raises(ProfileError, match="seconds"):
        write_profile(file, odd)
    assert read_profile(file) == profile


def test_a_folder_that_cannot_be_written_is_one_line(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProfileError, match=r"file: (Not a directory|File exists)"):
        write_profile(tmp_path / "file" / "calibration.json", profile)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_whatever_a_profile_is_changed_to_it_is_read_or_refused(
    profile: Profile, tmp_path: Path, seed: int
) -> None:
    choice = random.Random(seed)  # noqa: S311 - which change to try is no secret
    tree = msgspec.to_builtins(profile)
    for _ in range(choice.randint(1, 3)):
        _mutate(tree, choice)
    data = bytearray(msgspec.json.encode(tree))
    if choice.random() < 0.3:
        at = choice.randrange(len(data))
        data[at : at + choice.randint(0, 5)] = choice.randbytes(choice.randint(0, 5))
    file = tmp_path / "mutated.json"
    file.write_bytes(data)
    refusal, read = outcome(file)
    if read is None:
        assert refusal.startswith(str(file))
        assert "\n" not in refusal
    else:
        assert read.costs
        assert all(len(cost.call_ns) == read.rounds for cost in read.costs.values())


def outcome(file: Path) -> tuple[str, Profile | None]:
    """Return why a file is refused, or the profile in it."""
    try:
        return "", read_profile(file)
    except ProfileError as error:
        return str(error), None


ODD: tuple[object, ...] = (
    *(None, True, -1, 0, 1, 1e308, -0.5, 2**63, 2**70, "", "\x00", "é", [], {}, [[]], "NaN"),
    *({"schema": 1}, [1, 2, 3], [-1.0, 0.0, 1.0]),
)


def _mutate(tree: object, choice: random.Random) -> None:
    """Replace, remove or double something somewhere in `tree`."""
    if not isinstance(tree, dict | list) or not tree:
        return
    at = choice.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
    inner = tree[at]
    if isinstance(inner, dict | list) and inner and choice.random() < 0.75:
        _mutate(inner, choice)
    elif choice.random() < 0.25:
        del tree[at]
    elif choice.random() < 0.2 and isinstance(tree, list):
        tree.append(deepcopy(inner))
    else:
        # A copy: what is changed again must not be everywhere, nor within itself.
        tree[at] = deepcopy(choice.choice(ODD))


def cut(profile: Profile, rounds: int) -> Profile:
    """Return `profile` with its first rounds only."""
    costs = {
        key: msgspec.structs.replace(
            cost,
            call_ns=cost.call_ns[:rounds],
            packet_ns=cost.packet_ns[:rounds],
            byte_ns=cost.byte_ns[:rounds],
        )
        for key, cost in profile.costs.items()
    }
    return msgspec.structs.replace(profile, rounds=rounds, costs=costs)


def test_the_newest_profile_of_this_very_machine_is_found(
    profile: Profile, machine: Machine, cache: Path
) -> None:
    assert stored_profile(machine) is None
    assert stored_here() is None
    newer = msgspec.structs.replace(profile, started_utc="2026-12-01T00:00:00Z")
    second = keep_profile(newer)
    first = keep_profile(profile)
    other = msgspec.structs.replace(
        profile,
        started_utc="2027-01-01T00:00:00Z",
        machine=msgspec.structs.replace(machine, cpu_model="Z80"),
    )
    keep_profile(other)
    assert stored_profile(machine) == stored_here() == second
    assert second.is_relative_to(cache)
    assert read_profile(second) == newer
    # A quick look does not stand in for a whole calibration, however new it is.
    quick = msgspec.structs.replace(cut(profile, 1), started_utc="2026-12-24T00:00:00Z")
    keep_profile(quick)
    assert stored_profile(machine) == second
    # A newer sealbench's file, and a broken one, are passed over.
    second.write_bytes(changed(newer, lambda tree: tree.update(schema=SCHEMA + 1)))
    second.with_name("20280101T000000Z-1.json").write_text("{")
    assert stored_profile(machine) == first


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("damage", ["empty", "cut", "folder", "link"])
def test_a_damaged_profile_in_the_cache_is_told_and_passed_over(
    profile: Profile, machine: Machine, damage: str
) -> None:
    whole = keep_profile(profile)
    damaged = whole.with_name("20990101T000000Z-1.json")
    match damage:
        case "empty":
            damaged.touch()
        case "cut":
            damaged.write_bytes(whole.read_bytes()[:1000])
        case "folder":
            damaged.mkdir()
        case _:
            damaged.symlink_to("/dev/zero")
    notes: list[str] = []
    assert stored_profile(machine, notes.append) == whole
    assert len(notes) == 1
    assert notes[0].startswith(f"passed over: {damaged}: ")


@pytest.mark.usefixtures("cache")
def test_a_cache_that_is_no_folder_is_one_line(profile: Profile, machine: Machine) -> None:
    folder = keep_profile(profile).parent
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.touch()
    with pytest.raises(ProfileError, match="Not a directory: size with --from FILE"):
        stored_profile(machine)
    with pytest.raises(ProfileError, match=re.escape(str(folder))):
        keep_profile(profile)


def test_another_libraries_version_is_another_machine(
    profile: Profile, machine: Machine, cache: Path
) -> None:
    keep_profile(profile)
    assert cache.exists()
    newer = {**machine.libraries, "cryptography/openssl": "OpenSSL 9"}
    assert stored_profile(msgspec.structs.replace(machine, libraries=newer)) is None
    # What no result depends on, sealbench's own version among it, does not matter.
    same = {**machine.libraries, "matplotlib": "9", "faiss-cpu": "9", "tenseal": None}
    assert stored_profile(msgspec.structs.replace(machine, libraries=same)) is not None


LOADED = """
import sys
from bench.profile.here import stored_here

stored_here()
print([name for name in ("numba", "matplotlib", "bench.material") if name in sys.modules])
"""


def test_finding_the_profile_of_this_machine_loads_nothing_that_is_slow() -> None:
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            LOADED,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "[]\n"
