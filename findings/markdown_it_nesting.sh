#!/usr/bin/env bash
# markdown-it-py 4.3.0: Markdown with a list of ten levels, by the preset `commonmark`.
#
# Expected: the list, and below it the heading and the paragraph that follow. CommonMark has no
#           greatest depth.
# Seen:     up to nine levels all is there. From ten on the preset `commonmark` drops everything
#           after the list: neither tokens nor HTML have the heading and the text, and nothing is
#           said. `js-default` keeps them: its `maxNesting` is 100, that of `commonmark` is 20.
# Matters:  outlines and exports of note programs have such lists. The rest of the document, with
#           its headings, is silently missing from what is trained. Set `maxNesting` by hand.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "markdown-it-py==4.3.0"
cat > "$folder/nesting.py" <<'PY'
from markdown_it import MarkdownIt

for preset in ("commonmark", "js-default"):
    for levels in (9, 10):
        items = "".join("  " * level + f"- part {level}\n" for level in range(levels))
        html = MarkdownIt(preset).render(f"{items}\n# Brakes\n\nA brake stops the wheel.\n")
        print(preset, levels, "<h1>Brakes</h1>" in html, "stops the wheel" in html)
PY
output=$("$folder/venv/bin/python" "$folder/nesting.py")
echo "$output"
test "$output" = "commonmark 9 True True
commonmark 10 False False
js-default 9 True True
js-default 10 True True"
