"""From the samples of a case to its row."""

from collections.abc import Mapping

import msgspec

from bench.cases import Case
from bench.harness import harness_ns_per_frame
from bench.results import Row
from bench.samples import Samples, stage_fields
from bench.stats import summarise_paced, summarise_roles, summarise_stages
from pipelines.engines.engine import Engine
from pipelines.pipeline import Pipeline


def bare_row(case: Case, pipeline: Pipeline, engine: Engine, *, error: str | None = None) -> Row:
    """Return what is known of a case before it is measured, or why it was not."""
    return Row(
        case=case.id,
        why=case.why,
        model=case.model,
        media=case.media,
        clip=case.clip,
        codec=case.codec,
        pipeline=case.pipeline,
        labels=pipeline.labels,
        engine=engine.name,
        library=str(engine.library()),
        sees_plaintext=tuple(sorted(str(party) for party in pipeline.sees_plaintext)),
        error=error,
    )


def summarise(
    row: Row, case: Case, samples: Samples, kinds: Mapping[str, str], *, fps: float, seed: int
) -> Row:
    """Return `row` with the statistics of `samples`; `kinds` gives each stage's kind by column."""
    interval_ns = round(1e9 / fps)
    paced = None
    if case.model == "paced":
        paced = summarise_paced(
            samples,
            deadline_ns=round(case.deadline_ms * 1e6) or interval_ns,
            frame_interval_ns=interval_ns,
            seed=seed,
        )
    unit_bytes, wire_bytes = samples["unit_bytes"].mean(), samples["wire_bytes"].mean()
    return msgspec.structs.replace(
        row,
        fps=fps,
        frames=len(samples),
        rounds=len(set(samples["round"].tolist())),
        unit_bytes_mean=float(unit_bytes),
        wire_bytes_mean=float(wire_bytes),
        overhead_bytes_mean=float(wire_bytes - unit_bytes) if case.media == "cached" else 0.0,
        packets_mean=float(samples["packets"].mean()),
        stages=summarise_stages(samples, kinds, seed=seed),
        roles=summarise_roles(samples, seed=seed),
        paced=paced,
        harness_ns_per_frame=harness_ns_per_frame(len(stage_fields(samples))),
    )
