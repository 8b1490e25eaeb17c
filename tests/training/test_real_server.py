"""A real server: `transformers serve` with a tiny random model, which answers nothing that makes
sense.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.structuring import long_text

pytestmark = [pytest.mark.axolotl, pytest.mark.training]

SECONDS_TO_START = 120


@pytest.fixture(scope="module")
def bench(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny model, which can chat, and plain text."""
    folder = tmp_path_factory.mktemp("bench")
    script = str(project / "example_configs/make_tiny_model.py")
    subprocess.run([sys.executable, script, str(folder / "tiny")], check=True, capture_output=True)
    shutil.copytree(folder / "tiny", folder / "served")
    template = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:"
    (folder / "served/chat_template.jinja").write_text(template, encoding="utf-8")
    (folder / "corpus").mkdir()
    (folder / "corpus/plain.txt").write_text(long_text(24, 15), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def server(bench: Path) -> Iterator[str]:
    """Its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).parent / "transformers"),
        "serve",
        str(bench / "served"),
        "--device",
        "cpu",
    ]
    with (bench / "server.log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)], stdout=log, stderr=log
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, bench / "server.log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"The server did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


def test_a_build_whose_every_answer_is_nonsense_ends_by_fallbacks_and_says_so(
    bench: Path, server: str
) -> None:
    recipe = {
        "base_model": "./tiny",
        "plugins": ["structtuning_plugin.StructTuningPlugin"],
        "sequence_len": 512,
        "structtuning": {
            "domain": "Nonsense",
            "corpus": ["corpus"],
            "work_dir": "work",
            "taxonomy": {"options": {"window_tokens": 400}},
            "llm": {
                "base_url": server,
                "model": str(bench / "served"),
                "max_output_tokens": 16,
                "max_concurrency": 2,
            },
        },
    }
    (bench / "recipe.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    command = [sys.executable, "-m", "structtuning_plugin", "build", "recipe.yaml"]
    result = subprocess.run(command, cwd=bench, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "answers not usable" in result.stdout
    assert "got no usable answer; the offline segmentation answered in its place" in result.stdout
    rows = dict(line.split("  ", 1) for line in result.stdout.splitlines() if "  " in line)
    assert "offline" in rows["topics by source"]
    assert "llm" not in rows["topics by source"]
