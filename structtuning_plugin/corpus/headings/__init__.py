"""Headings of a document: which lines are headings, and at which levels.

candidates.py      lines that may be headings: `Candidate`, and what is decided: `Decision`
numbering.py       numbers of titles: 3.1.1, Chapter 4, 第一章, (a)
nesting.py         levels from the numbers
decorations.py     marks in titles that are no part of their names
false_headings.py  marked lines that are no headings: page marks, formulas, paragraphs
running_lines.py   titles that are repeated on every page
visible_lines.py   unmarked lines that look like headings: bold, capitals, underlined, numbered
contents.py        the document's own list of contents
letter_sizes.py    headings told by larger or bold letters, where a format keeps letters
scoring.py         score of an unmarked line, with named evidence
inference.py       `infer_headings`: all of the above, for any reader
"""
