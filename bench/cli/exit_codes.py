"""The exit codes of every command, as the README lists them.

Those of a gate's verdicts (1 and 3 among them) stand beside the verdicts:
`bench.gate.statistics.decide.EXIT_CODES`.
"""

OK = 0
CASE_FAILED = 1  # at least one case ended in an error; the others were measured
USAGE = 2  # the command line, a suite, a clip or a run folder cannot be used as asked
INCOMPARABLE = 4  # the run was begun on another machine or with other libraries
WRONG_ANSWER = 5  # a pipeline gave a wrong answer; its time means nothing
OUTPUT_LOST = 6  # standard output cannot be written; all else went well
FAULT = 70  # sealbench itself is at fault, which says nothing about what it measures
INTERRUPTED = 130  # stopped by Ctrl-C; what was measured is kept
READER_GONE = 141  # the same, since whoever read it left early, as with `| head -1`
