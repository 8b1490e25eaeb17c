"""Sessions on loopback servers, without long pauses."""

from __future__ import annotations

import pytest

from structtuning_plugin.llm import dispatcher as sending
from structtuning_plugin.llm import openai_client


@pytest.fixture(autouse=True)
def _on_this_machine_and_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(openai_client.LOOPBACK_ONLY, "1")
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.005)
