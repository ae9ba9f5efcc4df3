"""Articles as tables and as Markdown, for those who would rather not write YAML."""
