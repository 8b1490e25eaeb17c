r"""Formulas as text: presentation MathML and Office MathML to TeX.

<mfrac><mi>p</mi><mi>q</mi></mfrac>   ->   \frac{p}{q}
"""

from __future__ import annotations

from structtuning_plugin.corpus.markup import Element

_TEX_ENCODINGS = ("application/x-tex", "tex", "latex", "application/x-latex")
_ACCENTS = {
    "\u0302": "hat", "^": "hat", "\u00af": "bar", "\u0304": "bar", "\u0305": "bar",
    "\u2192": "vec", "\u20d7": "vec", "\u02d9": "dot", "\u0307": "dot", "~": "tilde",
    "\u0303": "tilde", "\u23de": "overbrace", "\u23df": "underbrace",
}  # fmt: skip
_INVISIBLE = dict.fromkeys(map(ord, "\u2061\u2062\u2063\u2064"))
_NEW_LINE = " \\\\ "
_OPERATORS = {"\u2211": "\\sum", "\u220f": "\\prod", "\u222b": "\\int"}


def mathml_to_tex(math: Element) -> str:
    """Return a formula of MathML: its own TeX if it has it, else one made from its elements."""
    for annotation in math.find_all("annotation"):
        if annotation.get("encoding").lower() in _TEX_ENCODINGS:
            return _unwrap(annotation.words())
    if math.get("alttext"):
        return _unwrap(" ".join(math.get("alttext").split()))
    return " ".join(_mathml(math).split())


def _unwrap(tex: str) -> str:
    """Take off the display style that Wikipedia puts around each formula."""
    if tex.startswith("{\\displaystyle") and tex.endswith("}"):
        return tex[len("{\\displaystyle") : -1].strip()
    return tex.strip().strip("$").strip()


def _mathml(node: Element) -> str:
    if node.tag in ("annotation", "annotation-xml", "none", "mprescripts", "mphantom"):
        return ""
    parts = [_mathml(child) for child in node.elements]
    if not parts:
        text = node.text().strip().translate(_INVISIBLE)
        return f"\\text{{{text}}}" if node.tag == "mtext" and text else _OPERATORS.get(text, text)
    return _combine(node, parts)


def _combine(node: Element, parts: list[str]) -> str:
    tag = node.tag
    if tag == "mfrac" and len(parts) == 2:
        return f"\\frac{{{parts[0]}}}{{{parts[1]}}}"
    if tag == "msqrt":
        return f"\\sqrt{{{' '.join(parts)}}}"
    if tag == "mroot" and len(parts) == 2:
        return f"\\sqrt[{parts[1]}]{{{parts[0]}}}"
    if tag in ("msub", "munder") and len(parts) == 2:
        return _scripts(parts[0], parts[1], "")
    if tag == "msup" and len(parts) == 2:
        return _scripts(parts[0], "", parts[1])
    if tag == "mover" and len(parts) == 2:
        accent = _ACCENTS.get(parts[1])
        return f"\\{accent}{{{parts[0]}}}" if accent else _scripts(parts[0], "", parts[1])
    if tag in ("msubsup", "munderover") and len(parts) == 3:
        return _scripts(*parts)
    if tag == "mfenced":
        inner = f"{node.get('separators', ',')[:1] or ','} ".join(parts)
        return f"{node.get('open', '(')}{inner}{node.get('close', ')')}"
    if tag == "mtable":
        return f"\\begin{{matrix}} {_NEW_LINE.join(parts)} \\end{{matrix}}"
    return (" & " if tag in ("mtr", "mlabeledtr") else " ").join(part for part in parts if part)


def _scripts(base: str, lower: str, upper: str) -> str:
    return base + (f"_{_group(lower)}" if lower else "") + (f"^{_group(upper)}" if upper else "")


def _group(tex: str) -> str:
    return tex if len(tex) == 1 else f"{{{tex}}}"


def omml_to_tex(math: Element) -> str:
    """Return a formula of Office MathML as TeX."""
    return " ".join(_omml(math).split())


def _omml(node: Element) -> str:
    if node.tag.endswith("Pr") or node.tag == "del":
        return ""
    if node.tag == "t":
        return node.text()
    read = _OMML.get(node.tag)
    return read(node) if read else "".join(map(_omml, node.elements))


def _part(node: Element, tag: str) -> str:
    child = node.child(tag)
    return _omml(child).strip() if child is not None else ""


def _setting(node: Element, properties: str, name: str, default: str) -> str:
    holder = node.child(properties)
    setting = holder.child(name) if holder is not None else None
    return setting.get("val", default) if setting is not None else default


def _fraction(node: Element) -> str:
    return f"\\frac{{{_part(node, 'num')}}}{{{_part(node, 'den')}}}"


def _radical(node: Element) -> str:
    degree = _part(node, "deg")
    index = f"[{degree}]" if degree else ""
    return f"\\sqrt{index}{{{_part(node, 'e')}}}"


def _script(node: Element) -> str:
    return _scripts(_part(node, "e"), _part(node, "sub"), _part(node, "sup"))


def _nary(node: Element) -> str:
    sign = _setting(node, "naryPr", "chr", "\u222b")
    operator = _OPERATORS.get(sign, sign)
    return f"{_scripts(operator, _part(node, 'sub'), _part(node, 'sup'))} {_part(node, 'e')}"


def _delimiters(node: Element) -> str:
    inner = [_omml(child).strip() for child in node.elements if child.tag == "e"]
    separator = _setting(node, "dPr", "sepChr", "|")
    opening = _setting(node, "dPr", "begChr", "(")
    return opening + separator.join(inner) + _setting(node, "dPr", "endChr", ")")


def _matrix(node: Element) -> str:
    rows = []
    for row in node.elements:
        if row.tag == "mr":
            rows.append(" & ".join(_omml(cell).strip() for cell in row.elements))
    return f"\\begin{{matrix}} {_NEW_LINE.join(rows)} \\end{{matrix}}"


def _lines(node: Element) -> str:
    return _NEW_LINE.join(_omml(child).strip() for child in node.elements if child.tag == "e")


def _accent(node: Element) -> str:
    sign = _setting(node, "accPr", "chr", "\u0302")
    return f"\\{_ACCENTS.get(sign, 'hat')}{{{_part(node, 'e')}}}"


def _function(node: Element) -> str:
    return f"{_part(node, 'fName')} {_part(node, 'e')}"


def _limit(node: Element) -> str:
    limit = _part(node, "lim")
    lower = node.tag == "limLow"
    return _scripts(_part(node, "e"), limit if lower else "", "" if lower else limit)


_OMML = {
    "f": _fraction,
    "rad": _radical,
    "sSub": _script,
    "sSup": _script,
    "sSubSup": _script,
    "nary": _nary,
    "d": _delimiters,
    "m": _matrix,
    "eqArr": _lines,
    "acc": _accent,
    "func": _function,
    "limLow": _limit,
    "limUpp": _limit,
}
