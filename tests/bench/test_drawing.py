"""Figures are the same whatever other programs and the user have set for matplotlib."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

DRAW = """
import hashlib, os
from bench.plot_style import Margins, panels, put_title, rendered, settings
with settings():
    figure, (axes,) = panels(4, 3, Margins(left=1, right=1, top=1, bottom=1), 1)
    put_title(figure, "Title", "and subtitle")
    axes.plot([1, 2, 3], [3, 1, 2])
    axes.bar([1, 2], [1, 2])
    print(*(hashlib.sha256(data).hexdigest() for data in rendered(figure)))
print(os.environ.get("MPLBACKEND"), os.environ.get("MPLCONFIGDIR"))
"""

STYLE = """
backend: Qt5Agg
lines.linewidth: 9
figure.dpi: 17
savefig.facecolor: red
savefig.bbox: tight
text.usetex: True
axes.prop_cycle: cycler('color', ['k'])
font.family: Comic Sans MS
"""


def drawn(folder: Path, **variables: str) -> tuple[str, str, str]:
    """Return the digests of a figure drawn in `folder`, the environment, and what is said."""
    done = subprocess.run(
        [sys.executable, "-c", DRAW],
        env={**os.environ, **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    digests, environment = done.stdout.splitlines()
    return digests, environment, done.stderr


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return drawn(tmp_path_factory.mktemp("plain"))[0]


@pytest.mark.parametrize(
    "backend", ["module://matplotlib_inline.backend_inline", "QtAgg", "nonsense", ""]
)
def test_the_backend_of_a_notebook_changes_nothing(
    plain: str, tmp_path: Path, backend: str
) -> None:
    digests, environment, said = drawn(tmp_path, MPLBACKEND=backend, MPLCONFIGDIR="/elsewhere")
    assert (digests, said) == (plain, "")
    assert environment == f"{backend} /elsewhere"


@pytest.mark.parametrize(
    "settings",
    [STYLE.encode(), b"no colon\nlines.linewidth: wide\nunknown.key: 1\n", b"\xff\xfe\x00", b""],
    ids=["style", "broken", "no text", "empty"],
)
def test_a_style_of_the_user_changes_nothing_wherever_it_lies(
    plain: str, tmp_path: Path, settings: bytes
) -> None:
    for folder in ("here", "there", "config/matplotlib"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "matplotlibrc").write_bytes(settings)
    digests, _, said = drawn(
        tmp_path / "here",
        MATPLOTLIBRC=str(tmp_path / "there"),
        MPLCONFIGDIR=str(tmp_path / "there"),
        XDG_CONFIG_HOME=str(tmp_path / "config"),
    )
    assert (digests, said) == (plain, "")


def test_folders_that_cannot_be_written_change_nothing(plain: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = str(tmp_path / "file" / "cache")
    digests, _, said = drawn(tmp_path, SEALBENCH_CACHE=nowhere, MPLCONFIGDIR=nowhere, HOME=nowhere)
    assert (digests, said) == (plain, "")


def test_a_folder_that_is_gone_changes_nothing(plain: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})\n{DRAW}"
    done = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[0] == plain
    assert len(plain) == 2 * hashlib.sha256().digest_size * 2 + 1
