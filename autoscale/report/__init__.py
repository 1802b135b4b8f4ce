"""The report of a run: a record in, HTML, Markdown, JSON, JUnit or text out."""
