import dataclasses

import pytest

from pipelines.pipeline import Pipeline
from pipelines.plain import plain_pipeline, plain_scanner
from pipelines.registry import BUILTIN
from pipelines.scanning.scanner import Scanner
from pipelines.scanning.table import SCANNERS
from pipelines.stage import Party


@pytest.mark.parametrize("pipeline", BUILTIN, ids=lambda each: each.name)
def test_what_is_plain_stays_as_it_is(pipeline: Pipeline) -> None:
    assert plain_pipeline(pipeline, pipeline.name) == pipeline


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=lambda each: each.name)
def test_a_plain_scanner_stays_as_it_is(scanner: Scanner) -> None:
    assert plain_scanner(scanner, scanner.name) == scanner


def test_texts_in_another_order_or_kind_of_sequence_are_taken() -> None:
    loose = dataclasses.replace(
        BUILTIN[0],
        labels=["a", "b"],  # type: ignore[arg-type] # what is tried
        sees_plaintext=["sender", Party.RECEIVER],  # type: ignore[arg-type] # what is tried
    )
    plain = plain_pipeline(loose, "loose")
    assert plain.labels == ("a", "b")
    assert plain.sees_plaintext == frozenset({Party.SENDER, Party.RECEIVER})
