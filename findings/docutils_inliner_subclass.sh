#!/usr/bin/env bash
# docutils 0.23: a parser of reStructuredText with an inliner of one's own, `Parser(inliner=...)`.
#
# Expected: a subclass of `states.Inliner` that overrides nothing parses as `Inliner` does.
# Seen:     `KeyError: 'non_unescaped_whitespace_escape_before'` at the first paragraph: the patterns
#           are taken from the attributes of the object's own class, without those it inherits.
# Matters:  readers that must change one role or one kind of reference subclass the inliner. Copy the
#           base class's attributes into the subclass, or set the method on an `Inliner` object.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "docutils==0.23"
cat > "$folder/inliner.py" <<'PY'
from docutils.core import publish_string
from docutils.parsers.rst import Parser
from docutils.parsers.rst.states import Inliner


class Mine(Inliner):
    """Nothing of its own."""


class Copied(Inliner):
    """With the attributes of the base class as its own."""

    locals().update({k: v for k, v in vars(Inliner).items() if not k.startswith("__")})


for kind in (Inliner, Mine, Copied):
    try:
        output = publish_string("Some *stress* here.", parser=Parser(inliner=kind()), writer="pseudoxml")
        print(kind.__name__, b"<emphasis>" in output)
    except KeyError as error:
        print(kind.__name__, type(error).__name__, error)
PY
output=$("$folder/venv/bin/python" "$folder/inliner.py")
echo "$output"
test "$output" = "Inliner True
Mine KeyError 'non_unescaped_whitespace_escape_before'
Copied True"
