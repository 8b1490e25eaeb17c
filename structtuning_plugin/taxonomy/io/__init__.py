"""Taxonomy files: JSON, and an outline in Markdown that people can read, edit and give back.

    - Bicycles <!-- 0f0b5a6c1d2e3f40~1a2b3c4d -->
      - The Bicycle <!-- 9c1f5d1e07aa3f2a~5e6f7a8b the_bicycle.md@0 -->
        - Wheels <!-- 3f2a9c0011223344~9c0d1e2f the_bicycle.md@1234 empty -->
          - Rims <!-- 77aa9c0011223344~3a4b5c6d the_bicycle.md@1234 -->

The comment of a line has three parts. The first is the id of the node. After `~` come four digits
of the spans of its branch and four digits of its title, by which edits are recognised. The last is
the place where its own text starts, in characters.

The text goes on up to the next place in the same document, so the text of a deleted line falls to
the line before it. `empty` marks a place without text of its own. `kind=`, `source=` and
`language=` are written only where they differ from the default for the line.
"""
