"""Forms of the corpus that a language model writes: facts, questions, summaries, comparisons.

passages and their places -> `planning`: who is next, with which prompt, about which fact
                          -> `writing`: asked, screened, judged, counted -> `StudyForm`s
"""
