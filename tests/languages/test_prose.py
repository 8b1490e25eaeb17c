"""A language is judged by prose, wherever it is in the text."""

from __future__ import annotations

import pytest

from structtuning_plugin.languages import detect

CODE = (
    "```python\n"
    + "".join(f"def step_{n}(value):\n    return value * {n} + offset\n" for n in range(200))
    + "```"
)
BARE_CODE = CODE.replace("```python", "").replace("```", "")
TABLE = "| Type | bar |\n|---|---|\n" + "".join(f"| P{n} | {n} |\n" for n in range(400))
BIBLIOGRAPHY = "\n".join(
    f"[{n}] J. Smith and A. Jones. A study of engines, part {n}. In Proceedings, pages {n}, 2019."
    for n in range(60)
)
AUTHORS = "\n\n".join(
    f"Smith, J. ({1990 + n % 30}). The study of diesel engines and their parts, volume {n}. Elsevier."
    for n in range(60)
)
DATA = "data:image/png;base64," + "iVBORw0KGgo" * 900
PROSE = {
    "zh": "柴油机的喷油泵把燃油加压后送到喷油嘴。冷却水温度过高时，节温器会打开。",
    "de": "Der Ölkühler hält die Temperatur des Schmieröls in Grenzen. Vor der Montage werden alle "
    "Dichtflächen gereinigt.",
    "fr": "La pompe d'injection dose le carburant. Le thermostat s'ouvre à quatre-vingts degrés.",
    "es": "La bomba de inyección dosifica el combustible. El termostato se abre a ochenta grados.",
    "ru": "Насос подаёт топливо под давлением. Термостат открывается при восьмидесяти градусах.",
    "ja": "噴射ポンプは燃料を加圧してノズルへ送ります。水温が高くなるとサーモスタットが開きます。",
}


@pytest.mark.parametrize("other", [CODE, BARE_CODE, TABLE, BIBLIOGRAPHY, AUTHORS, DATA])
@pytest.mark.parametrize("language", PROSE)
def test_code_tables_references_and_data_do_not_count(language: str, other: str) -> None:
    prose = " ".join([PROSE[language]] * 6)
    assert detect(f"{prose}\n\n{other}\n\n{prose}") == language


def test_quotations_are_outvoted() -> None:
    quotation = "The injection pump delivers fuel under pressure to the nozzle of each cylinder."
    text = "\n\n".join([PROSE["fr"]] * 20 + [quotation] * 5 + [PROSE["fr"]] * 20)
    assert detect(text) == "fr"
    assert detect(f"{quotation}\n\n" * 5 + text) == "fr"


def test_a_text_of_figures_alone_is_english() -> None:
    assert detect("1 2 3 4 5 6 7 8 9") == "en"
