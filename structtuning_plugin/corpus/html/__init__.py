"""HTML: the frame of a site, footnotes, running text, and blocks."""
