"""Suites that ask about scanning: hooks, hashes, look-ups, private look-ups, recall, drift."""

from pathlib import Path

import pytest

from bench.cases import Case, HashCase, LookupCase, PrivateCase, RecallCase
from bench.suite import Suite, SuiteError, parse_suite
from pipelines.registry import load_registry

HEAD = 'schema = 1\nsummary = "s"\nseconds = 0.5\nrounds = 4\n'
CASE = """
[[case]]
why = "w"
model = "stage"
media = "live"
clips = ["webcam-360p"]
codecs = ["h264"]
pipelines = ["null", "srtp-aes-128-gcm"]
"""
HASH = '\n[[hash]]\nwhy = "w"\nclips = ["bikes"]\nhashers = ["pdq", "pdqhash.compute"]\n'
LOOKUP = """
[[lookup]]
why = "w"
clips = ["bikes"]
hashers = ["pdq", "dhash"]
indexes = ["flat", "multi-index"]
list_sizes = [1000, 1234]
"""
PRIVATE = """
[[private]]
why = "w"
clips = ["bikes"]
protocols = ["bfv"]
list_sizes = [100]
queries = 8
"""
RECALL = """
[[recall]]
why = "w"
clips = ["bikes", "bunny", "webcam-360p"]
codecs = ["vp8"]
rungs = ["180p@60k"]
changes = ["none", "mirror"]
hashers = ["pdq"]
"""


def parsed(text: str) -> Suite:
    pipelines = load_registry(()).pipelines
    return parse_suite((HEAD + text).encode(), Path("my.toml"), pipelines, None)


def refusal(text: str) -> str:
    with pytest.raises(SuiteError) as refused:
        parsed(text)
    return str(refused.value)


def scan(**fields: str) -> str:
    lists = {"points": '["relay"]', "scanners": '["pdq"]'} | fields
    return CASE + "[case.scan]\n" + "".join(f"{key} = {value}\n" for key, value in lists.items())


def test_each_hook_is_measured_beside_its_twin_without_one() -> None:
    suite = parsed(
        scan(
            points='["sender-before-encode", "relay"]',
            scanners='["noop", "pdq"]',
            list_sizes="[1000, 2500]",
        )
    )
    pipelines = ("null", "srtp-aes-128-gcm")
    hooks = (
        "",
        *(
            f"/scan:{point},{scanner}"
            for point in ("sender-before-encode", "relay")
            for scanner in ("noop", "pdq-1e3", "pdq-2500")
        ),
    )
    assert [case.id for case in suite.cases] == [
        f"stage-live/webcam-360p/h264/{pipeline}{hook}" for hook in hooks for pipeline in pipelines
    ]
    assert [case.hook is None for case in suite.cases if isinstance(case, Case)][:3] == [
        True,
        True,
        False,
    ]


def test_a_hooks_name_tells_what_is_not_as_usual() -> None:
    suite = parsed(scan(sampling='["every-30"]', modes='["async"]', list_sizes="[1000000]"))
    assert suite.cases[-1].id.endswith("/scan:relay,pdq-1e6,every-30,async")


def test_hash_cases_take_our_hashes_and_those_of_packages() -> None:
    suite = parsed(HASH)
    assert [case.id for case in suite.cases] == ["hash/bikes/pdq", "hash/bikes/pdqhash.compute"]
    assert all(isinstance(case, HashCase) and case.rounds == 4 for case in suite.cases)


def test_look_ups_have_the_radius_of_their_hash_unless_told_otherwise() -> None:
    own = parsed(LOOKUP)
    told = parsed(LOOKUP + "radius = 5\nbatches = [64]\n")
    assert [case.id for case in own.cases][:2] == [
        "lookup/bikes/pdq-r31/flat/1e3",
        "lookup/bikes/pdq-r31/multi-index/1e3",
    ]
    assert all(isinstance(case, LookupCase) and case.radius == 5 for case in told.cases)
    assert told.cases[0].id == "lookup/bikes/pdq-r5/flat/1e3/batch-64"


def test_private_look_ups_are_measured_once() -> None:
    (case,) = parsed(PRIVATE).cases
    assert isinstance(case, PrivateCase)
    assert (case.id, case.rounds, case.queries) == ("private/bikes/bfv/100", 1, 8)


def test_a_clip_is_looked_for_among_all_the_others() -> None:
    cases = [case for case in parsed(RECALL).cases if isinstance(case, RecallCase)]
    assert [case.id for case in cases[:2]] == [
        "recall/bikes/vp8/180p@60k/none",
        "recall/bikes/vp8/180p@60k/mirror",
    ]
    assert cases[0].against == ("bunny", "webcam-360p")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            scan(points='["relai"]'),
            "case[0].scan.points[0]: Invalid enum value 'relai'; did you mean 'relay'?",
        ),
        (
            scan(modes='["later"]'),
            "case[0].scan.modes[0]: Invalid enum value 'later'; known: async, inline",
        ),
        (
            scan(points='["receiver"]').replace('media = "live"', 'media = "cached"'),
            "case[0].scan.points: 'receiver' needs media = \"live\": here the receiver of cached",
        ),
        (scan(scanners='["pqd"]'), "case[0].scan.scanners: unknown 'pqd'; did you mean 'pdq'?"),
        (scan(scanners="[]"), "case[0].scan.scanners: the list is empty"),
        (scan(list_sizes="[0]"), "case[0].scan.list_sizes: 0 is not from 1 to 100000000"),
        (scan(sampling='["often"]'), "case[0].scan.sampling: "),
        (scan(flag="[3, 2]"), "case[0].scan.flag[0] (n of [n, m]): 3 is not from 1 to 2"),
        (scan(queue="0"), "case[0].scan.queue: 0 is not from 1 to 1000"),
        (HASH.replace('"pdq"', '"pdf"'), "hash[0].hashers: unknown 'pdf'; did you mean 'pdq'?"),
        (LOOKUP.replace('"flat"', '"flut"'), "lookup[0].indexes: unknown 'flut'"),
        (LOOKUP + "radius = 257\n", "lookup[0].radius: 257 is not from 0 to 64"),
        (LOOKUP + "radius = -1\n", "lookup[0].radius: -1 is not from 0 to 64"),
        (LOOKUP + "batches = [0]\n", "lookup[0].batches: 0 is not from 1 to 4096"),
        (PRIVATE.replace("bfv", "bvf"), "private[0].protocols: unknown 'bvf'"),
        (PRIVATE.replace("queries = 8", "queries = 0"), "private[0].queries: 0 is not from 4"),
        (RECALL.replace("180p@60k", "190p"), "recall[0].rungs: rung '190p': unknown size '190p'"),
        (RECALL.replace("@60k", "@60"), "recall[0].rungs: rung '180p@60': '60' is no bitrate"),
        (RECALL.replace("mirror", "miror"), "recall[0].changes: unknown 'miror'"),
        (RECALL.replace('["bikes", "bunny", "webcam-360p"]', "[]"), "recall[0].clips: the list"),
    ],
)
def test_what_a_suite_may_not_say_is_named_with_its_place(text: str, told: str) -> None:
    assert refusal(text).startswith(f"my.toml: {told}")
