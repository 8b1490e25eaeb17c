#!/usr/bin/env bash
# pypdfium2 5.15.2: the text of a PDF page whose lines end in a hyphen, by both text functions.
#
# Expected: "sub-", a line end, "marine", from `get_text_range` and from `get_text_bounded` alike.
# Seen:     hyphen and line end together become one character that is no letter and no sign, and
#           not the same one: U+FFFE from `get_text_range`, U+0002 from `get_text_bounded`. A word
#           that was broken (sub-marine) and one with a hyphen of its own (well-known) look alike.
# Matters:  text that is trained holds control characters inside of words, and filters of control
#           characters catch one form only or join "wellknown". Replace both before cleaning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "pypdfium2==5.15.2"
cat > "$folder/hyphens.py" <<'PY'
import pypdfium2

LINES = ("The wheel has a sub-", "marine paint and a well-", "known oil.")


def pdf() -> bytes:
    shown = " ".join(f"({line}) Tj T*" for line in LINES)
    content = f"BT /F1 12 Tf 50 700 Td 14 TL {shown} ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    data, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(f"{len(data):010d} 00000 n \n")
        data += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(data)
    data += "xref\n0 6\n0000000000 65535 f \n" + "".join(offsets)
    data += f"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return data.encode("ascii")


page = pypdfium2.PdfDocument(pdf())[0].get_textpage()
print(ascii(page.get_text_range()))
print(ascii(page.get_text_bounded()))
PY
output=$("$folder/venv/bin/python" "$folder/hyphens.py")
echo "$output"
test "$output" = "'The wheel has a sub\ufffemarine paint and a well\ufffeknown oil.'
'The wheel has a sub\x02marine paint and a well\x02known oil.'"
