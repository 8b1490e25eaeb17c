"""One module a prompt. Its wordings are in `templates/study/<language>/<name>/`."""
