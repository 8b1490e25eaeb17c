"""`study-<prompt>`: what the `llm` wrote from the corpus, one kind for each prompt of the study.

Bicycles > Brakes                       A text: its place, then the text, as a passage has them.

The pads of a rim brake wear down...

What do brake pads press on?            A question: for one half, chosen by a hash, the bare answer,
The rim.                                for the other the path before it. The passage is never in
                                        the prompt: a question that is trained with its source in
                                        view teaches nothing (arXiv 2505.01812).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from structtuning_plugin.core.hashing import stable_choice
from structtuning_plugin.core.types import Dropped, QAPair
from structtuning_plugin.hookspecs import SampleKind, ScptDraft, SsftDraft, StudyPrompt
from structtuning_plugin.questions.study.forms import StudyForm
from structtuning_plugin.samples.kinds.passage import write_place
from structtuning_plugin.samples.places import place_titles
from structtuning_plugin.samples.scpt import ScptContext
from structtuning_plugin.samples.ssft import Conversation, SsftContext, build_turns, ids_of
from structtuning_plugin.taxonomy import mindmap

# After all kinds that are registered by `register_sample_kinds`, in the order of the prompts.
_FIRST_ORDER = 1000


def kinds_of_prompts(prompts: Iterable[StudyPrompt]) -> dict[str, SampleKind[Any, Any]]:
    """Return the kinds of the rows of prompts, by name.

    No share limits them: `study.tokens_per_token` and `study.forms_per_fact` set their volume.
    """
    kinds: dict[str, SampleKind[Any, Any]] = {}
    for prompt in prompts:
        draft = _draft_questions if prompt.stage == "ssft" else _draft_texts
        kinds[prompt.kind] = SampleKind(
            name=prompt.kind,
            stage=prompt.stage,
            source="study",
            draft=partial(draft, prompt),
            order=_FIRST_ORDER + prompt.order,
            description=prompt.description,
            needs_llm=True,
        )
    return kinds


def _draft_texts(
    prompt: StudyPrompt, forms: Sequence[StudyForm], context: ScptContext
) -> Iterator[ScptDraft | Dropped]:
    for form in forms:
        if form.prompt != prompt.name:
            continue
        tokens = context.count_tokens(form.text)
        if tokens > context.budget.completion:
            yield _too_long(form, tokens, context)
            continue
        place, template = _write_places(form, tokens, context)
        yield ScptDraft(
            id=form.id,
            topic_id=form.topic_ids[0],
            prompt=place,
            template=template,
            completions=(form.text,),
            chunk_ids=form.chunk_ids,
            turn=form.turn,
            tokens=tokens,
        )


def _too_long(form: StudyForm, tokens: int, context: ScptContext) -> Dropped:
    detail = f"{tokens} tokens, but {context.budget.completion} are left for a completion"
    return Dropped(stage="scpt", id=form.id, reason="too_long", detail=detail)


def _write_places(form: StudyForm, tokens: int, context: ScptContext) -> tuple[str, str]:
    """Write the place of a text as a passage's; of a text about two topics the paths of both."""
    if not context.settings.shows_place:
        return "", "none"
    tree = context.tree
    topics = [tree.topics[topic_id] for topic_id in form.topic_ids]
    if len(topics) > 1:
        wording = context.wording(form.id, topics[0], "passage-path", "passage")
        titles = [place_titles(tree, topic, context.settings) for topic in topics]
        shorter = map(mindmap.path_lines, titles)
        for lines in zip(*shorter, strict=False):
            paths = "\n".join(dict.fromkeys(lines))
            place = context.render(wording, topics[0], path=paths) + "\n\n"
            if context.fits_prompt(place):
                return place, wording.id
    return write_place(form.id, topics[0], tokens, context)


def _draft_questions(
    prompt: StudyPrompt, forms: Sequence[StudyForm], context: SsftContext
) -> Iterator[SsftDraft]:
    for form in forms:
        if form.prompt != prompt.name:
            continue
        pair = QAPair(
            id=form.id,
            format="plain",
            question=form.question,
            answers=(form.text,),
            language=form.language,
        )
        half = stable_choice(context.seed, f"study/{form.id}", 2)
        is_bare = half == 0 or not context.settings.shows_place
        build = partial(_build_bare, pair, context)
        if not is_bare:
            build = partial(context.reasoned, pair, "", sample_id=form.id)
        yield SsftDraft(
            id=form.id,
            language=form.language,
            topics=context.topics(form.topic_ids),
            build=build,
            structures=("",) if is_bare else None,
            chunk_ids=form.chunk_ids,
            turn=form.turn,
            request=form.request,
            model=form.model,
            verdict=form.verdict,
        )


def _build_bare(pair: QAPair, context: SsftContext, structure: str) -> Conversation:
    question = context.prompts(pair.id, "brief").render_pair(pair)
    return build_turns(question, pair.answers[0]), ids_of(question)
