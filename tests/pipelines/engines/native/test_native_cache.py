"""A second start compiles nothing, and an edit of any native file makes it compile."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]

USE_EVERY_KERNEL = """
import json, logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(name)s: %(message)s")
from pipelines.engines.libcrypto import LibcryptoEngine
from pipelines.engines.native import relay, srtp_protect, srtp_unprotect
from pipelines.formats.srtp.kdf import MasterKey
from pipelines.formats.srtp.profiles import PROFILES
from pipelines.media import PacketBatch

engine, profile = LibcryptoEngine(), PROFILES["aes-128-gcm"]
master = MasterKey.fresh(profile)
batch = PacketBatch.of([bytes([0x80]) + bytes(30)])
wire = engine.srtp_protector(profile, master).protect(batch)
assert len(engine.srtp_unprotector(profile, master, 64).unprotect(wire).packets) == 1
engine.srtp_fanout(profile, [master], [relay.Rewrite(ssrc=1)]).protect(batch)
kernels = (srtp_protect._protect, srtp_unprotect._unprotect, relay._fan_out)
json.dump(
    [[sum(k.stats.cache_hits.values()), sum(k.stats.cache_misses.values())] for k in kernels],
    sys.stdout,
)
"""

WHERE_A_KERNEL_IS_KEPT = """
from pipelines.engines.native.srtp_protect import _protect
print(_protect._cache.path((), _protect.targetctx.codegen()).name)
"""


def run(packages: Path, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(packages)},
        cwd=packages,
        capture_output=True,
        check=True,
        text=True,
    )


def test_a_second_process_finds_every_kernel_compiled() -> None:
    for expected in (None, [[1, 0]] * 3):
        done = run(ROOT, USE_EVERY_KERNEL)
        counts: list[list[int]] = json.loads(done.stdout)
        assert expected is None or counts == expected
        # Whoever waits for a compiler is told so.
        announced = done.stderr.count("pipelines.compiled: compiling _")
        assert announced == sum(misses for _, misses in counts)


@pytest.mark.parametrize(
    ("edited", "anew"),
    [
        ("engines/native/srtp_protect.py", True),
        ("engines/native/evp.py", True),  # a step of it
        ("formats/srtp/packet.py", True),  # a constant in it
        ("compiled.py", True),
        ("scanning/native/pdq.py", False),
    ],
)
def test_an_edit_of_what_a_kernel_is_made_of_makes_it_compile_anew(
    tmp_path: Path, *, edited: str, anew: bool
) -> None:
    # Numba by itself looks at the kernel's own file only, and would go on with the old steps.
    shutil.copytree(
        ROOT / "pipelines", tmp_path / "pipelines", ignore=shutil.ignore_patterns("__pycache__")
    )
    before = run(tmp_path, WHERE_A_KERNEL_IS_KEPT).stdout
    assert run(tmp_path, WHERE_A_KERNEL_IS_KEPT).stdout == before
    file = tmp_path / "pipelines" / edited
    file.write_text(file.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    assert (run(tmp_path, WHERE_A_KERNEL_IS_KEPT).stdout != before) is anew
