"""The report: what the rows of a run say, as a terminal table, Markdown, HTML and plots."""
