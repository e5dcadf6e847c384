"""The real pip against an index on this machine that does not behave."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from bench.clips import pip
from bench.clips.errors import FetchError
from bench.clips.pip import Wanted, download
from bench.progress import Silent

WHEEL = "sealbench_tiny-1.0-py3-none-any.whl"
WANTED = Wanted(name="sealbench-tiny", version="1.0", size_bytes=2_000_000)

Serve = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Serve], None]]:
    """Begin an index whose wheel is sent by the function that is given."""
    servers: list[ThreadingHTTPServer] = []

    def begin(send_wheel: Serve) -> None:
        class Index(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                if self.path.endswith(".whl"):
                    send_wheel(self)
                    return
                page = f'<!DOCTYPE html><a href="/{WHEEL}">{WHEEL}</a>'.encode()
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"):
            monkeypatch.delenv(name, raising=False)

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def endless(request: BaseHTTPRequestHandler, *, pause_s: float, chunk: bytes) -> None:
    """Send for ten seconds at most, or until nobody listens."""
    request.end_headers()
    end = time.monotonic() + 10
    try:
        while time.monotonic() < end:
            request.wfile.write(chunk)
            request.wfile.flush()
            time.sleep(pause_s)
    except OSError:
        return


def torrent(request: BaseHTTPRequestHandler) -> None:
    endless(request, pause_s=0, chunk=bytes(1 << 16))


def trickle(request: BaseHTTPRequestHandler) -> None:
    endless(request, pause_s=0.2, chunk=b"x")


def test_body_without_an_end_is_stopped_at_the_stated_size(
    serve: Callable[[Serve], None], tmp_path: Path
) -> None:
    serve(torrent)
    with pytest.raises(FetchError) as caught:
        download(WANTED, tmp_path, Silent(), python=sys.executable)
    assert str(caught.value) == (
        "pip could not download sealbench-tiny==1.0: "
        "the index sends more than the 2000000 bytes of the catalogue"
    )
    sizes = [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(sizes) <= 2_000_000


def test_server_that_only_trickles_is_given_up(
    serve: Callable[[Serve], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pip, "PATIENCE_S", 1.0)
    monkeypatch.setattr(pip, "SLOWEST_BYTES_PER_S", 4_000_000)
    serve(trickle)
    # Other tests may keep processes of their own for the whole session.
    before = psutil.Process().children()
    with pytest.raises(FetchError, match=r"given up after 2 s with \d+ of 2000000 bytes"):
        download(WANTED, tmp_path, Silent(), python=sys.executable)
    assert psutil.Process().children() == before


def test_slow_lines_have_their_time() -> None:
    whole = Wanted(name="a", version="1", size_bytes=51_189_031)
    assert 120 < whole.patience_s == pytest.approx(120 + 51_189_031 / 30_000)


SCRIPT = """
import sys
from pathlib import Path
from bench.clips.pip import Wanted, download
from bench.progress import Silent
wanted = Wanted(name="sealbench-tiny", version="1.0", size_bytes=2_000_000)
download(wanted, Path(sys.argv[1]), Silent(), python=sys.executable)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_pip_ends_with_the_process_that_started_it(
    how: signal.Signals, serve: Callable[[Serve], None], tmp_path: Path
) -> None:
    serve(trickle)
    paths = os.pathsep.join(path for path in sys.path if path)
    parent = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": paths},
        stderr=subprocess.DEVNULL,
    )
    children: list[psutil.Process] = []
    while not children and parent.poll() is None:
        children = psutil.Process(parent.pid).children()
        time.sleep(0.02)
    assert len(children) == 1
    parent.send_signal(how)
    assert parent.wait(timeout=30) != 0
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert (len(gone), alive) == (1, [])
