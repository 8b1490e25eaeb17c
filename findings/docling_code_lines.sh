#!/usr/bin/env bash
# docling-slim 2.143.0: HTML to Markdown, code whose lines are marked up by a highlighter.
#
# Expected: the lines of a `pre` stay lines, with and without elements around their words.
# Seen:     without elements they stay; with `span` around words all lines become one, joined by
#           blanks. A comment of the code then takes the rest of the block into itself.
# Matters:  most documentation sites highlight code. A model that is trained on such Markdown learns
#           code without line ends. Read the HTML itself, or take the elements out of `pre` before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "docling-slim[format-html]==2.143.0"
cat > "$folder/code.py" <<'PY'
import sys
from pathlib import Path

from docling.backend.html_backend import HTMLDocumentBackend
from docling.datamodel.base_models import InputFormat
from docling.datamodel.document import InputDocument

PLAIN = "<pre><code>mkdir wheels\n# true the wheel\nls</code></pre>"
MARKED = "<pre><code><span>mkdir</span> wheels\n<span># true the wheel</span>\nls</code></pre>"

for code in (PLAIN, MARKED):
    path = Path(sys.argv[1]) / "page.html"
    path.write_text(f"<html><body><h1>Wheels</h1>{code}</body></html>", encoding="utf-8")
    entry = InputDocument(
        path_or_stream=path, format=InputFormat.HTML, backend=HTMLDocumentBackend, filename=path.name
    )
    document = HTMLDocumentBackend(in_doc=entry, path_or_stream=path).convert()
    print(repr(document.export_to_markdown()))
PY
output=$("$folder/venv/bin/python" -W ignore "$folder/code.py" "$folder" 2> /dev/null)
echo "$output"
test "$output" = "'# Wheels\n\n\`\`\`\nmkdir wheels\n# true the wheel\nls\n\`\`\`'
'# Wheels\n\n\`\`\`\nmkdir wheels # true the wheel ls\n\`\`\`'"
