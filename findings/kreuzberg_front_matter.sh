#!/usr/bin/env bash
# kreuzberg 4.10.4: HTML to Markdown, a page with a `title` and `meta` elements.
#
# Expected: YAML front matter, `---` before and after all keys; or none.
# Seen:     `---`, the keys of the `meta` elements, a blank line, and `## title: ...`, as if the last
#           key and the closing `---` had been read as a heading that is underlined.
# Matters:  a reader of Markdown finds no front matter, but a rule, text and a heading above the page's
#           own title. Take these lines for metadata where they open a file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "kreuzberg==4.10.4"
cat > "$folder/page.html" <<'HTML'
<!DOCTYPE html>
<html lang="en"><head><title>Bicycle brakes</title><meta name="author" content="A. Writer"></head>
<body><h1>Brakes</h1><p>Cable brakes pull a cable.</p></body></html>
HTML
output=$("$folder/venv/bin/python" -c '
import sys
from kreuzberg import ExtractionConfig, extract_file_sync
config = ExtractionConfig(output_format="markdown")
print(repr(extract_file_sync(sys.argv[1], config=config).content))
' "$folder/page.html")
echo "$output"
test "$output" = "'---\nmeta-author: A. Writer\n\n## title: Bicycle brakes\n\n# Brakes\n\nCable brakes pull a cable.\n'"
