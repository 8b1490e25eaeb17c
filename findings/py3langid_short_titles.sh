#!/usr/bin/env bash
# py3langid 0.3.0 and 0.4.0 on what a technical corpus holds: titles, code, a formula, a reference.
#
# Expected: a newer minor version labels the same language, or a more precise one.
# Seen:     0.4.0 knows more languages, and short text falls into them: a Chinese chapter title is
#           Wu Chinese (wuu), an English title Javanese (jv), a Python loop Nigerian Pidgin (pcm), a
#           formula Swahili (sw), a reference Welsh (cy). Whole sentences keep their language.
# Matters:  `py3langid>=0.3` gives documents another language by the day of the installation, and
#           with it other stop words, sentence splitting and prompt templates. Pin it, or detect on
#           prose only and restrict it with `set_languages`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 0.3.0 0.4.0; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/python" -m pip install --quiet "py3langid==$version" "numpy<2.4"
done
cat > "$folder/labels.py" <<'PY'
import py3langid

TEXTS = [
    "第三章 水泵",
    "Brake pads",
    "for i in range(10):\n    print(i)",
    "E = mc^2, F = ma",
    "Smith J, Jones P. J Biol Chem 2004;12:34-56.",
    "The pump converts mechanical energy into the pressure of a liquid.",
    "水泵把机械能转换为液体的压力能。密封圈磨损后会漏水,应当每年更换一次。",
]
print(" ".join(py3langid.classify(text)[0] for text in TEXTS))
PY
old=$("$folder/0.3.0/bin/python" "$folder/labels.py")
new=$("$folder/0.4.0/bin/python" "$folder/labels.py")
echo "py3langid 0.3.0: $old"
echo "py3langid 0.4.0: $new"
test "$old" = "zh en it en en en zh"
test "$new" = "wuu jv pcm sw cy en zh"
