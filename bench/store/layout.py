"""What the files and folders of a run are called."""

RUN = "run.json"
MACHINE = "machine.json"
ROWS = "rows.jsonl"
INTERIM = "interim.jsonl"
SAMPLES = "samples"
PARTIAL = "partial"
LOCK = "lock"

MOST_JSON_BYTES = 32_000_000
MOST_LINES_BYTES = 500_000_000
MOST_SAMPLES_BYTES = 4_000_000_000
"""The most that is read of run.json or machine.json, of a file of lines, of one case's samples: far
above any run, and little enough for a machine that opens somebody else's."""
