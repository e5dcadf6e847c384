import platform
import subprocess
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.backends.openssl import backend
from hypothesis import example, given
from hypothesis import strategies as st

from bench.machine import (
    Conditions,
    Machine,
    describe_machine,
    differences,
    fingerprint,
    limits,
    measure_scaling,
    read_conditions,
)
from bench.machine.conditions import parse_pressure
from bench.machine.cpu import parse_cpuinfo, read_caches, read_governors, slug
from bench.machine.describe import git_revision
from bench.machine.libraries import bundled_codecs
from bench.machine.schema import Scaling
from bench.results import Estimate

EPYC = """\
processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: AMD EPYC 9R14 96-Core Processor
flags\t\t: fpu vme aes avx2 avx512f hypervisor sha_ni gfni vaes vpclmulqdq pclmulqdq

processor\t: 1
model name\t: something else
flags\t\t: fpu
"""
GRAVITON = """\
processor\t: 0
BogoMIPS\t: 243.75
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 sve
CPU implementer\t: 0x41
CPU part\t: 0xd40
"""
QUIET = Conditions(utc="2026-11-22T04:00:00Z", load_1min=0.1, cpu_pressure_percent=0.0)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine(with_scaling=False)


def replace(machine: Machine, **changes: object) -> Machine:
    return msgspec.structs.replace(machine, **changes)


def exact(value: float) -> Estimate:
    return Estimate(value=value, low=value, high=value)


def ideal(machine: Machine) -> Machine:
    """Return a machine that nothing limits."""
    cores = 16
    return replace(
        machine,
        usable_cores=cores,
        isa=("aes", "vaes"),
        virtual=False,
        governors=("performance",) * cores,
        clock=msgspec.structs.replace(machine.clock, read_ns=exact(40), resolution_ns=1),
        scaling=Scaling(processes=cores, trials=3, ratio=exact(15.5), one_gbit_per_s=exact(60)),
    )


def test_x86_cpuinfo_gives_model_crypto_flags_and_hypervisor_of_the_first_core() -> None:
    cpu = parse_cpuinfo(EPYC)
    assert cpu.model == "AMD EPYC 9R14 96-Core Processor"
    assert cpu.isa == (
        *("aes", "vaes", "pclmulqdq", "vpclmulqdq", "avx2", "avx512f", "sha_ni", "gfni"),
    )
    assert cpu.virtual is True


def test_arm64_cpuinfo_gives_the_design_by_number_and_no_claim_about_a_hypervisor() -> None:
    cpu = parse_cpuinfo(GRAVITON)
    assert cpu.model == "implementer 0x41 part 0xd40"
    assert cpu.isa == ("aes", "pmull", "sha1", "sha2", "sve")
    assert cpu.virtual is None


@given(st.text())
@example("")
@example("flags")
@example("flags:\nmodel name:")
def test_any_cpuinfo_is_read_without_a_crash(text: str) -> None:
    cpu = parse_cpuinfo(text)
    assert cpu.model != ""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("AMD EPYC", "epyc-2c"),
        ("AMD EPYC 7763 64-Core Processor", "epyc-7763-2c"),
        ("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", "xeon-platinum-8370c-2c"),
        ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "11th-gen-i7-1165g7-2c"),
        ("AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "ryzen-7-7840u-w-radeon-780m-grap-2c"),
        ("implementer 0x41 part 0xd40", "implementer-0x41-part-0xd40-2c"),
        ("Processor", "x86-64-2c"),
        (None, "x86-64-2c"),
    ],
)
def test_slug_is_short_and_fit_for_a_folder(model: str | None, expected: str) -> None:
    assert slug(model, "x86_64", 2) == expected


def test_absent_kernel_files_give_null_never_a_crash(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    machine = describe_machine(with_scaling=False, cpuinfo=nowhere, sys_cpu=nowhere)
    assert machine.isa is None
    assert machine.virtual is None
    assert machine.caches is None
    assert machine.governors is None
    assert read_conditions(nowhere).cpu_pressure_percent is None
    assert limits(machine, read_conditions(nowhere))


def test_governors_and_caches_are_read_as_the_kernel_writes_them(tmp_path: Path) -> None:
    for core, governor in ((0, "performance"), (1, "powersave"), (10, "schedutil")):
        folder = tmp_path / f"cpu{core}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(governor + "\n")
    (tmp_path / "cpufreq").mkdir()
    cache = tmp_path / "cpu0" / "cache" / "index3"
    cache.mkdir(parents=True)
    for name, text in (("level", "3"), ("type", "Unified"), ("size", "32M")):
        (cache / name).write_text(text + "\n")
    (tmp_path / "cpu0" / "cache" / "index4").mkdir()
    assert read_governors(tmp_path) == ("performance", "powersave", "schedutil")
    caches = read_caches(tmp_path)
    assert caches is not None
    (only,) = caches
    assert (only.level, only.kind, only.size_bytes) == (3, "Unified", 32 << 20)
    assert only.shared_by_cores == "unknown"


def test_pressure_is_the_share_of_the_last_ten_seconds() -> None:
    assert (
        parse_pressure("some avg10=1.19 avg60=1.06 avg300=0.34 total=58\nfull avg10=0.00") == 1.19
    )
    assert parse_pressure("full avg10=3.00 avg60=0.00 avg300=0.00 total=0") is None
    assert parse_pressure("") is None


def test_conditions_carry_utc_to_the_second() -> None:
    utc = read_conditions().utc
    assert len(utc) == len("2026-11-22T04:36:03Z")
    assert utc.endswith("Z")


def test_this_machine_names_every_library_and_survives_json(machine: Machine) -> None:
    assert machine.libraries["cryptography/openssl"] == backend.openssl_version_text()
    for name in ("numpy", "numba", "llvmlite", "av", "av/libavcodec", "python/openssl"):
        assert machine.libraries[name], name
    assert msgspec.json.decode(msgspec.json.encode(machine), type=Machine) == machine


def test_pylibsrtp_tells_the_libsrtp_and_openssl_it_carries(machine: Machine) -> None:
    pytest.importorskip("pylibsrtp")
    told = machine.libraries["pylibsrtp/libsrtp"]
    assert told is not None
    assert told.startswith("libsrtp")


def test_machine_does_not_tell_the_host_name(machine: Machine) -> None:
    told = (machine.slug, machine.cpu_model, machine.kernel, machine.os, machine.python)
    assert platform.node() not in " ".join(map(str, told)).split()


def test_codec_versions_are_those_in_the_wheels_file_names() -> None:
    versions = bundled_codecs(
        ["av.libs/libx264-d6533a8d.so.165", "av.libs/libxcb-5ddf6756.so.1.1.0", "av/libvpx.py"]
    )
    assert versions["av/libx264"] == "165 (d6533a8d)"
    assert versions["av/libvpx"] is None
    assert "av/libxcb" not in versions


def run_git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    command = ["git", "-C", str(folder), *identity, *arguments]
    subprocess.run(command, check=True, timeout=30)


def test_git_revision_is_the_commit_and_says_when_files_differ_from_it(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    (tmp_path / "code").write_text("1")
    run_git(tmp_path, "add", "code")
    run_git(tmp_path, "commit", "-qm", "one")
    clean = git_revision(tmp_path)
    assert clean is not None
    assert len(clean) == 40
    (tmp_path / "code").write_text("2")
    assert git_revision(tmp_path) == f"{clean}-dirty"


def test_repository_around_an_installed_package_is_not_taken_for_ours(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "-q")
    packages = tmp_path / "venv"
    packages.mkdir()
    assert git_revision(packages) is None


def test_scaling_is_measured_with_its_spread() -> None:
    scaling = measure_scaling(processes=2, seconds=0.02, trials=3)
    assert scaling is not None
    assert (scaling.processes, scaling.trials) == (2, 3)
    for estimate in (scaling.ratio, scaling.one_gbit_per_s):
        assert 0 < estimate.low <= estimate.value <= estimate.high


def test_fingerprint_of_a_machine_matches_itself(machine: Machine) -> None:
    assert differences(machine, machine) == []
    assert differences(machine, describe_machine(with_scaling=False)) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"cpu_model": "Z80"}, "cpu_model: {} -> Z80"),
        ({"isa": None}, "isa: {} -> unknown"),
        ({"isa": ()}, "isa: {} -> none"),
        ({"usable_cores": 77}, "usable_cores: {} -> 77"),
    ],
)
def test_difference_names_the_part_and_both_values(
    machine: Machine, change: dict[str, object], line: str
) -> None:
    (name,) = change
    assert differences(machine, replace(machine, **change)) == [
        line.format(fingerprint(machine)[name])
    ]


def test_another_or_missing_library_makes_results_incomparable(machine: Machine) -> None:
    newer = replace(machine, libraries=machine.libraries | {"cryptography/openssl": "OpenSSL 9"})
    (line,) = differences(machine, newer)
    assert line.endswith("-> OpenSSL 9")
    fewer = {name: version for name, version in machine.libraries.items() if name != "numpy"}
    assert differences(machine, replace(machine, libraries=fewer)) == [
        f"libraries.numpy: {machine.libraries['numpy']} -> unknown"
    ]


def test_what_moves_no_result_does_not_matter(machine: Machine) -> None:
    other = replace(
        machine,
        kernel="Linux 99",
        git_revision=None,
        libraries=machine.libraries | {"matplotlib": "0", "sealbench": "9.9"},
    )
    assert differences(machine, other) == []


def test_nothing_limits_an_ideal_machine(machine: Machine) -> None:
    assert limits(ideal(machine), QUIET) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"governors": None}, "governor is unknown"),
        ({"governors": ("powersave", "performance")}, "governor is powersave"),
        ({"isa": None}, "instruction sets are unknown"),
        ({"isa": ("avx2",)}, "no AES instructions"),
        ({"isa": ("aes",), "architecture": "x86_64"}, "no VAES"),
        ({"usable_cores": 2}, "Few cores (2 usable)"),
        ({"virtual": True}, "virtual machine"),
        ({"scaling": None}, "was not measured"),
        (
            {"scaling": Scaling(processes=4, trials=3, ratio=exact(2.1), one_gbit_per_s=exact(60))},
            "4 processes at once do 2.10 times",
        ),
    ],
)
def test_each_limit_is_said_in_one_sentence(
    machine: Machine, change: dict[str, object], said: str
) -> None:
    (sentence,) = limits(replace(ideal(machine), **change), QUIET)
    assert said in sentence
    assert sentence.endswith(".")


def test_arm64_without_vaes_lacks_nothing(machine: Machine) -> None:
    assert limits(replace(ideal(machine), architecture="aarch64", isa=("aes",)), QUIET) == []


def test_slow_and_coarse_clock_are_said(machine: Machine) -> None:
    clock = msgspec.structs.replace(machine.clock, read_ns=exact(900), resolution_ns=15e6)
    coarse, slow = limits(replace(ideal(machine), clock=clock), QUIET)
    assert "steps of 15000000 ns" in coarse
    assert "takes 900 ns" in slow


@pytest.mark.parametrize(
    ("load", "pressure", "said"),
    [
        (9.0, 0.0, "load average is 9.0"),
        (0.0, 31.0, "CPU pressure is 31 %"),
        (None, None, "pressure cannot be read"),
    ],
)
def test_a_busy_machine_is_said(
    machine: Machine, load: float | None, pressure: float | None, said: str
) -> None:
    conditions = Conditions(utc="", load_1min=load, cpu_pressure_percent=pressure)
    (sentence,) = limits(ideal(machine), conditions)
    assert said in sentence
