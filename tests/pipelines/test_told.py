import pytest

from pipelines.told import MOST_CHARACTERS, told


class Mute(Exception):  # noqa: N818 - it is no error of ours
    def __str__(self) -> str:
        raise SystemExit


class Liar(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise SystemExit


class Nameless(Exception, metaclass=Liar):  # noqa: N818 - same
    pass


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no such key"), "ValueError: no such key"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (ValueError("two\nlines\t of it"), "ValueError: two lines of it"),
        (ValueError("not \udcff text"), "ValueError: not \\udcff text"),
        (Mute(), "Mute: (a text that cannot be read: SystemExit)"),
        (Nameless("x"), "Nameless: x"),
    ],
)
def test_any_exception_is_told_in_one_line(error: BaseException, line: str) -> None:
    assert told(error) == line


def test_the_middle_of_a_long_text_is_left_out() -> None:
    line = told(ValueError("a" * 10_000 + "b" * 10_000))
    assert line.startswith("ValueError: aaa")
    assert line.endswith("bbb")
    assert " … 19,000 characters … " in line
    assert len(line) < MOST_CHARACTERS + 50
