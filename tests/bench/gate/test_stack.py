"""Stacks as `faulthandler` writes them."""

from pathlib import Path

from bench.gate.stack import is_building, place, waits_for_its_turn

CHECKOUT = Path("/cache/gate/0123456789abcdef-b")

BUSY = """Thread 0x00007fb96aa1d6c0 (most recent call first):
  File "/usr/lib/python3.12/threading.py", line 982 in run

Current thread 0x00007fb96b488b80 (most recent call first):
  File "/usr/lib/python3.12/random.py", line 12 in random
  File "/cache/gate/0123456789abcdef-b/src/sums.py", line 3 in total
  File "/cache/gate/0123456789abcdef-b/test_speed.py", line 5 in test_total
"""

WAITING = """Current thread 0x00007fb96b488b80 (most recent call first):
  File "/here/bench/gate/worker/turns.py", line 24 in take_turns
  File "/here/bench/gate/worker/serve.py", line 120 in _answer
"""

COMPILING = """Thread 0x00007fb96aa1d6c0 (most recent call first):
  File "/site-packages/llvmlite/binding/ffi.py", line 192 in __call__
  File "/site-packages/numba/core/codegen.py", line 689 in finalize

Current thread 0x00007fb96b488b80 (most recent call first):
  File "/usr/lib/python3.12/threading.py", line 1 in join
"""


def test_place_is_the_innermost_in_the_checkout() -> None:
    assert place(BUSY, CHECKOUT) == "src/sums.py:3 in total"
    assert place(COMPILING, CHECKOUT) == ""
    assert place("", CHECKOUT) == ""


def test_any_thread_may_compile() -> None:
    assert is_building(COMPILING)
    assert not is_building(BUSY)


def test_who_waits_for_the_baton_is_told_from_who_has_it() -> None:
    assert waits_for_its_turn(WAITING)
    assert not waits_for_its_turn(BUSY)
    assert not waits_for_its_turn("")
