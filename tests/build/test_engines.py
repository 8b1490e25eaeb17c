"""Engines and numbers of processes give the same bytes, also where a Ray worker is lost."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structtuning_plugin.build.pipeline import build
from structtuning_plugin.core import workers
from structtuning_plugin.core.errors import ConfigError, PluginError
from structtuning_plugin.core.ray_engine import RayEngine, import_ray
from structtuning_plugin.core.workers import PoolRequest
from tests.build.building import FILES, PROGRESS, built, bytes_under, plan_of, write_corpus
from tests.codecs import CharCodec
from tests.core.ray_processes import descendants, is_running, name_of
from tests.corpus.mixed import write_mixed
from tests.extras import need_ray

pytestmark = pytest.mark.slow

LANGUAGES = {
    "es.md": "# La bomba\n\nLa bomba es una máquina que eleva el agua.\n\n## El motor\n\n"
    "El motor mueve la bomba. Una válvula es una pieza que cierra el paso.\n",
    "fr.md": "# La pompe\n\nLa pompe est une machine qui élève l'eau.\n\n## Le moteur\n\n"
    "Le moteur entraîne la pompe. Une vanne est une pièce qui ferme le passage.\n",
    "ja.md": "# ポンプ\n\nポンプは水をくみ上げる機械である。\n\n## 原動機\n\n原動機はポンプを動かす。\n",
    "ru.md": "# Насос\n\nНасос — это машина, которая поднимает воду.\n\n## Двигатель\n\n"
    "Двигатель вращает насос. Клапан — это деталь, которая закрывает проход.\n",
    "zh.md": "# 水泵\n\n水泵是把水提升到高处的机器。\n\n## 电动机\n\n电动机带动水泵。阀门是关闭通道的零件。\n",
    "de.txt": "Die Pumpe hebt Wasser.\n\nDer Motor treibt die Pumpe an.\n",
}
SETTINGS: dict[str, Any] = {
    "corpus": ["corpus"],
    "scpt": {"preset": "compact"},
    "eval": {"share": 0.1},
    "on_error": "skip",
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 42 files in seven languages and all formats."""
    base = tmp_path_factory.mktemp("engines")
    write_corpus(base / "corpus", {**FILES, **LANGUAGES})
    (base / "corpus" / "mixed").mkdir()
    write_mixed(base / "corpus" / "mixed", 32)
    return base


@pytest.fixture(scope="module")
def alone(base: Path) -> dict[str, bytes]:
    """The artifacts of a build in one process."""
    built(base, work_dir="alone", max_workers=1, **SETTINGS)
    return bytes_under(base / "alone")


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    """A Ray that all builds of this module use and leave running."""
    need_ray()
    pool = RayEngine().open(PoolRequest(count=2))
    assert list(pool.map(_add, 1, [1, 2])) == [2, 3]
    yield
    pool.close()
    assert not import_ray().is_initialized()


def _add(setting: int, item: int) -> int:
    return setting + item


def differences(base: Path, name: str, alone: dict[str, bytes]) -> list[str]:
    """Names of the files that differ, or that are in one build only."""
    other = bytes_under(base / name)
    return sorted(name for name in {*alone, *other} if alone.get(name) != other.get(name))


@pytest.mark.parametrize("count", [2, 8])
def test_local_processes(
    base: Path, alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    built(base, work_dir=f"local{count}", max_workers=count, **SETTINGS)
    assert len(alone) > 10
    assert differences(base, f"local{count}", alone) == []


def test_ray(
    base: Path, alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, ray: None
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    built(base, work_dir="ray", engine="ray", max_workers=2, **SETTINGS)
    assert differences(base, "ray", alone) == []


def test_ray_with_lost_workers(
    base: Path, alone: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, ray: None
) -> None:
    monkeypatch.setattr(workers, "PARALLEL_BYTES", 0)
    is_done = threading.Event()
    killed: list[int] = []
    thread = threading.Thread(target=kill_ray_workers, args=(3, killed, is_done))
    thread.start()
    try:
        built(base, work_dir="lost", engine="ray", max_workers=2, **SETTINGS)
    finally:
        is_done.set()
        thread.join()
    assert len(killed) == 3
    assert not any(map(is_running, killed))
    assert differences(base, "lost", alone) == []


def kill_ray_workers(count: int, killed: list[int], is_done: threading.Event) -> None:
    """Kill Ray workers that have a task, until so many are killed."""
    while len(killed) < count and not is_done.is_set():
        for pid in descendants(os.getpid()):
            if "_answer_batch" in name_of(pid) and pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
                break
        time.sleep(0.05)


def test_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus")
    message = "Unknown engine `rai`. Did you mean `ray`? Allowed: local, ray."
    with pytest.raises(PluginError, match=f"^{re.escape(message)}$"):
        plan_of(tmp_path, engine="rai")


def test_without_ray_nothing_is_built_but_what_is_built_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    write_corpus(tmp_path / "corpus")
    with pytest.raises(ConfigError, match=r"^`engine: ray` needs Ray \(.+\): install the extra"):
        build(plan_of(tmp_path, engine="ray"), CharCodec(), PROGRESS)
    assert not (tmp_path / "work" / "documents").exists()
    built(tmp_path)
    assert not build(plan_of(tmp_path, engine="ray"), CharCodec(), PROGRESS)
