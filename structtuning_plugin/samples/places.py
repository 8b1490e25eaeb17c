"""Place of a topic in one line, as samples show and train it."""

from __future__ import annotations

from structtuning_plugin.config.scpt import ScptConfig
from structtuning_plugin.config.ssft import SsftConfig
from structtuning_plugin.core.types import Topic
from structtuning_plugin.taxonomy.tree import PATH_JOINT, Tree


def place_titles(tree: Tree, topic: Topic, settings: ScptConfig | SsftConfig) -> tuple[str, ...]:
    """Return the titles of a topic's path.

    Those of the shortest end that no other topic has, or all of them in samples that keep the
    published form or draw mind maps.
    """
    if settings.is_published or settings.context_form == "mindmap":
        return tree.path_titles(topic)
    return tree.place_titles(topic)


def place_line(tree: Tree, topic: Topic, settings: ScptConfig | SsftConfig) -> str:
    """Return a topic's path in one line.

    Bicycles > The Handbook > Brakes > Pads  ->  Brakes > Pads
    """
    return PATH_JOINT.join(place_titles(tree, topic, settings))
