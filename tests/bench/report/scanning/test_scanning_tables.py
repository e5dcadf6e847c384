"""The tables of scanning: what their cells say, and what stands where there are no numbers."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from bench.report.document import Document, document_of
from bench.report.grouping import groups_of
from bench.report.hooked import hook_id
from bench.report.quantities import MISSING, byte_size
from bench.report.report_run import ReportRun
from bench.report.scanning.drift_table import drift_table
from bench.report.scanning.hash_table import hash_table
from bench.report.scanning.hook_rows import hook_groups
from bench.report.scanning.hook_steps import WORKER, step_means_ns
from bench.report.scanning.hook_table import NOT_SAMPLED, hook_tables
from bench.report.scanning.recall_cells import recall_cells
from bench.report.scanning.recall_table import recall_tables
from bench.report.scanning.subjects import entries_of
from bench.report.scanning.who_table import who_table
from bench.report.table_value import Column, Line, Table, without_empty_columns
from bench.results import Row
from bench.samples import Samples, samples_dtype


@pytest.fixture(scope="module")
def document(scanning_run: ReportRun) -> Document:
    return document_of(scanning_run)


def table(document: Document, title: str) -> Table:
    tables = [each for section in document.sections for each in section.tables]
    return next(each for each in tables if each.title.startswith(title))


def cell(table: Table, name: str, head: str, *, sub: str = "", group: str = "") -> str:
    place = next(
        index
        for index, column in enumerate(table.columns)
        if column.head == head and column.sub.startswith(sub)
    )
    line = next(each for each in table.lines if each.name == name and group in each.group)
    return line.cells[place]


HOOKS = "outdoor->720p, h264, frame after frame"


def test_every_hook_of_a_clip_and_codec_has_its_line(document: Document) -> None:
    lines = table(document, HOOKS).lines
    assert len(lines) == 20
    assert len({(line.group, line.name) for line in lines}) == 20


def test_a_hook_costs_its_steps_and_a_share_of_a_core(document: Document) -> None:
    hooks = table(document, HOOKS)
    name = "sender-before-encode, pdq-1e5"
    shown = [cell(hooks, name, "hook"), cell(hooks, name, "core")]
    assert shown == ["120", "0.36"]
    parts = [float(cell(hooks, name, head)) for head in ("hash", "look-up", "rest")]
    assert sum(parts) == pytest.approx(120.2)


def test_added_latency_is_a_share_of_the_way_without_the_hook(document: Document) -> None:
    hooks = table(document, HOOKS)
    name = "sender-before-encode, pdq-1e5"
    added_ns = 120.2e3 * 1.2
    # The way with the hook is that of way_samples.
    share = 100 * added_ns / (5200e3 * 1.6 - added_ns)
    assert float(cell(hooks, name, "p99", sub="+%")) == pytest.approx(share, rel=0.03)


def test_only_who_decodes_pays_for_it(document: Document) -> None:
    hooks = table(document, HOOKS)
    assert cell(hooks, "sender-before-encode, pdq-1e5", "decode") == MISSING
    assert float(cell(hooks, "sender-after-encode, pdq-1e5", "decode")) == 900
    assert float(cell(hooks, "relay, pdq-1e5", "decode")) > 900


def test_a_refused_hook_shows_its_reason_and_no_zero(document: Document) -> None:
    hooks = table(document, HOOKS)
    line = next(each for each in hooks.lines if each.remark and "refused" in each.remark)
    assert line.name == "relay, pdq-1e5"
    assert line.group.startswith("sframe-")
    assert line.remark == (
        "refused: the relay of sframe-aes-256-gcm+srtp-aes-128-gcm holds no plaintext"
    )
    assert line.error is None
    assert not line.cells


def test_a_missing_package_is_no_failure(document: Document) -> None:
    line = next(each for each in table(document, HOOKS).lines if "faiss" in each.name)
    assert line.error is None
    assert line.remark is not None
    assert line.remark.startswith("not installed: faiss")


def test_async_hooks_show_lag_and_drops_and_the_worker(
    document: Document, scanning_run: ReportRun
) -> None:
    paced = table(document, "outdoor->720p, h264, in real time")
    name = "sender-before-encode, pdq-1e5, async"
    assert cell(paced, name, "lag", sub="p99") == "2.40"
    assert cell(paced, name, "", sub="dropped") == "2"
    assert cell(paced, "sender-before-encode, pdq-1e5", "", sub="dropped") == MISSING
    row = next(row for row in scanning_run.rows if row.case.endswith("async"))
    assert step_means_ns(row)[WORKER] == pytest.approx(120e3)


def test_a_table_without_async_hooks_has_no_column_of_lags(document: Document) -> None:
    assert "lag" not in {column.head for column in table(document, HOOKS).columns}


def test_hooks_stay_out_of_the_tables_of_pipelines(scanning_run: ReportRun) -> None:
    assert not groups_of(scanning_run)
    assert {group.codec for group in hook_groups(scanning_run.rows)} == {"h264", "vp8"}


def test_a_file_called_like_a_hook_is_none(scanning_run: ReportRun) -> None:
    clip = "file:/clips/scan:relay,noop/a.mp4"
    row = msgspec.structs.replace(
        scanning_run.rows[0], clip=clip, case=f"stage-live/{clip}/h264/null", hook=None
    )
    assert hook_id(row) is None
    assert hook_id(msgspec.structs.replace(row, case=f"{row.case}/scan:relay,pdq-1e5")) == (
        "relay,pdq-1e5"
    )


def test_who_sees_what_says_that_a_relay_is_refused(document: Document) -> None:
    who = table(document, "Who sees what")
    assert [line.name for line in who.lines][:4] == [
        "sender-before-encode",
        "sender-after-encode",
        "relay",
        "receiver",
    ]
    assert cell(who, "relay", "with end-to-end") == "refused"
    assert cell(who, "receiver", "learns") == "receiver"
    assert "1 refused" in cell(who, "relay", "in this run")


def test_a_hash_is_compared_with_the_package_that_computes_the_same(document: Document) -> None:
    hashes = table(document, "Hashing one luma plane")
    group = "outdoor->720p"
    assert float(cell(hashes, "pdq", "times faster", group=group)) == pytest.approx(156)
    assert cell(hashes, "pdqhash.compute", "times faster", group=group) == MISSING


def test_a_lookup_is_compared_with_the_fastest_exact_faiss(document: Document) -> None:
    lookups = table(document, "Looking up pdq within 31 bits")
    group = "10,000 entries"
    assert cell(lookups, "multi-index", "times faster", group=group) == "3.22"
    # An inexact one is no measure for the others.
    assert cell(lookups, "faiss-flat", "times faster", group=group) == "1.00"
    assert cell(lookups, "faiss-multi-hash", "exact", group=group) == "no"


def test_batches_stand_apart_from_single_queries(document: Document) -> None:
    groups = {line.group for line in table(document, "Looking up").lines}
    assert "100,000 entries, batches of 64" in groups
    assert "100,000 entries" in groups


def test_a_private_lookup_shows_its_price_and_what_it_finds(document: Document) -> None:
    private = table(document, "Private look-ups")
    assert cell(private, "bfv", "times", group="100,000") == "170,000"
    assert cell(private, "psi-gcs", "finds", group="100,000") == "the same hash only"
    assert cell(private, "bfv", "up", group="100,000") == "22.0 MB"
    assert any("server learns: how many hashes" in note for note in private.notes)
    absent = next(line for line in private.lines if line.name == "psi-raw")
    assert absent.remark is not None
    assert absent.group == "10,000 entries"


def test_recall_is_pooled_over_clips_and_codecs(document: Document) -> None:
    recall = table(document, "pdq, all codecs")
    assert cell(recall, "360p", "recalled", group="none") == "100.0"
    assert cell(recall, "360p", "identical", group="none") == "25.0"
    assert cell(recall, "360p", "frames", group="none") == "480"
    assert cell(recall, "360p", "bitrate", group="none") == "720 to 840 kbit/s"


def test_mirrored_pictures_are_found_by_their_variants(document: Document) -> None:
    recall = table(document, "pdq, all codecs")
    assert float(cell(recall, "360p", "recalled", group="mirror")) < 1
    assert cell(recall, "360p", "turned too", group="mirror") == "100.0"


def test_where_no_false_match_was_seen_the_bound_is_said_once(
    document: Document, scanning_run: ReportRun
) -> None:
    # None of 4 clips: 1 - 0.05 ** (1 / 4) = 52.7 %.
    recall = table(document, "pdq, all codecs")
    assert cell(recall, "360p", "false", group="none") == "0"
    assert cell(recall, "360p", "of pairs", group="none") == "425,000"
    notes = [note for each in recall_tables(scanning_run.rows) for note in each.notes]
    assert sum("of 4 clips: 52.7 %" in note for note in notes) == 1


def test_recall_by_codec_has_a_column_for_each(document: Document) -> None:
    heads = [column.head for column in table(document, "pdq, recalled by codec").columns]
    assert heads == ["h264", "", "vp8", ""]


def test_intervals_come_from_whole_clips(scanning_run: ReportRun) -> None:
    cells = recall_cells(scanning_run.rows, by_codec=False)
    crop = next(each for each in cells if (each.change, each.rung) == ("crop-5", "180p@60k"))
    assert crop.clips == 4
    assert crop.recalled.share.low < crop.recalled.share.value < crop.recalled.share.high


def test_one_clip_tells_nothing_of_the_next(scanning_run: ReportRun) -> None:
    lone = [row for row in scanning_run.rows if row.clip == "bunny"]
    cells = recall_cells(lone, by_codec=False)
    assert {each.clips for each in cells} == {1}
    shares = [each.recalled for each in cells if not each.recalled.exact]
    assert shares
    assert all((each.share.low, each.share.high) == (0, 1) for each in shares)


def test_drift_shows_bits_by_clip(document: Document) -> None:
    drift = table(document, "The Y plane instead of RGB")
    assert [line.name for line in drift.lines] == ["bunny", "webcam-360p"]
    assert cell(drift, "bunny", "distance") == "1.1"
    assert cell(drift, "bunny", "quality") == "-0.40"


def test_a_clip_without_good_frames_has_no_distance(scanning_run: ReportRun) -> None:
    row = next(row for row in scanning_run.rows if row.drift is not None)
    assert row.drift is not None
    flat = msgspec.structs.replace(row.drift, good=0, mean_bits=0.0, quantile_bits=())
    shown = drift_table([msgspec.structs.replace(row, drift=flat)])
    assert shown is not None
    assert "distance" not in {column.head for column in shown.columns}


def test_sizes_in_ids_are_read() -> None:
    assert [entries_of(size) for size in ("1e5", "12345", "x", "")] == [100_000, 12_345, 0, 0]
    assert [byte_size(size) for size in (90, 22e6, 1500)] == ["90.0 B", "22.0 MB", "1.50 kB"]


def test_columns_that_say_nothing_are_left_out() -> None:
    bare = without_empty_columns(
        Table(
            title="t",
            name_head="n",
            columns=(Column(head="a"), Column(head="b")),
            lines=(Line(name="x", cells=("1", MISSING)), Line(name="y", error="boom")),
        )
    )
    assert [column.head for column in bare.columns] == ["a"]
    assert [line.cells for line in bare.lines] == [("1",), ()]


def hooked_row(run: ReportRun, **changes: int) -> Row:
    """Return the row of a whole scan before the encoder, its hook changed."""
    row = next(row for row in run.rows if row.hook and row.hook.list_entries)
    assert row.hook is not None
    return msgspec.structs.replace(row, hook=msgspec.structs.replace(row.hook, **changes))


def hook_table_of(run: ReportRun, row: Row, samples: Samples | None = None) -> Table:
    (shown,) = hook_tables(replace(run, rows=(row,), load_samples=lambda _: samples))
    return shown


def test_a_hook_that_sampled_nothing_shows_no_hash_and_says_so(scanning_run: ReportRun) -> None:
    shown = hook_table_of(scanning_run, hooked_row(scanning_run, sampled=0))
    heads = {column.head for column in shown.columns}
    assert not {"hash", "look-up", "decode"} & heads
    assert shown.lines[0].remark == NOT_SAMPLED
    assert cell(shown, "sender-before-encode, pdq-1e5", "hook") == "120"


def test_steps_of_a_hook_that_samples_few_are_those_of_sampled_frames(
    scanning_run: ReportRun,
) -> None:
    row = hooked_row(scanning_run, sampled=3)
    samples = np.zeros(300, dtype=samples_dtype(["sender/scan-hash"], hooked=True))
    samples["scan_sampled"][::100] = 1
    samples["sender/scan-hash"] = np.where(samples["scan_sampled"] == 1, 80_000, 10)
    shown = hook_table_of(scanning_run, row, samples)
    name = "sender-before-encode, pdq-1e5"
    assert cell(shown, name, "hash") == "80.0"
    assert cell(shown, name, "frames", sub="sampled") == "3"
    # Without samples nobody knows.
    assert "hash" not in {column.head for column in hook_table_of(scanning_run, row).columns}


def test_few_frames_have_no_p99(scanning_run: ReportRun) -> None:
    row = msgspec.structs.replace(hooked_row(scanning_run, sampled=199), frames=199)
    shown = hook_table_of(scanning_run, row)
    assert sorted(
        {column.sub for column in table_of_hooks(scanning_run).columns if column.head == "added"},
        reverse=True,
    ) == ["p99 µs", "p50 µs"]
    assert [column.sub for column in shown.columns if column.head == "added"] == ["p50 µs"]
    assert any("fewer than 200 frames" in note for note in shown.notes)


def table_of_hooks(run: ReportRun) -> Table:
    return hook_tables(run)[0]


def test_an_absent_package_is_said_once_where_all_lack_it(scanning_run: ReportRun) -> None:
    rows = [
        msgspec.structs.replace(row, hash=None, width=0, error="NotInstalled: pdqhash: pip it")
        for row in scanning_run.rows
        if row.model == "hash"
    ]
    shown = hash_table(rows)
    assert shown is not None
    assert not shown.columns
    assert len(shown.lines) == 1
    assert shown.lines[0].remark == "not installed: pdqhash: pip it"


def test_a_case_without_a_size_stays_in_the_group_of_its_clip(scanning_run: ReportRun) -> None:
    rows = [
        msgspec.structs.replace(row, hash=None, width=0, error="NotInstalled: pdqhash: pip it")
        if "pdqhash" in row.case
        else row
        for row in scanning_run.rows
    ]
    shown = hash_table(rows)
    assert shown is not None
    groups = [group for group, _ in shown.grouped() if group]
    assert groups == ["webcam-360p, 640x360", "outdoor->720p, 1280x720"]


def test_who_sees_what_stands_only_where_something_was_scanned(scanning_run: ReportRun) -> None:
    absent = [
        msgspec.structs.replace(row, private=None, error="NotInstalled: tenseal: pip it")
        for row in scanning_run.rows
        if row.model == "private"
    ]
    assert who_table(absent) is None
    assert who_table(scanning_run.rows) is not None


def test_where_all_or_none_were_seen_no_interval_is_claimed(document: Document) -> None:
    recall = table(document, "pdq, all codecs")
    place = next(index for index, column in enumerate(recall.columns) if column.sub == "95 %")
    shown = {(line.group, line.name): line.cells[place] for line in recall.lines}
    assert shown["none", "360p"] == "all, 4 clips"
    assert " to " in shown["crop-5", "360p"]


def test_recall_of_one_clip_claims_no_interval(scanning_run: ReportRun) -> None:
    lone = [row for row in scanning_run.rows if row.clip == "bunny"]
    shown = recall_tables(lone)[0]
    place = next(index for index, column in enumerate(shown.columns) if column.sub == "95 %")
    assert {line.cells[place] for line in shown.lines} == {"1 clip"}


def test_frames_under_the_gate_have_a_column(document: Document) -> None:
    recall = table(document, "pdq, all codecs")
    assert cell(recall, "360p", "low quality", group="none") == "1.7"


def test_what_many_protocols_tell_is_said_once(document: Document) -> None:
    notes = table(document, "Private look-ups").notes
    assert sum("server learns" in note for note in notes) == len(
        {note.partition("client learns")[2] for note in notes if "client learns" in note}
    )
