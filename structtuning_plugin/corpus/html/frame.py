"""The article of a page of HTML, without the frame of its site.

    <nav>Home</nav><main><h1>Pumps</h1>...</main>   ->   <main><h1>Pumps</h1>...</main>

Elements that say what they are decide first (`main`, `article`, `nav`, roles, `hidden`), then names
of classes and ids. What is left out is counted by reason.
"""

from __future__ import annotations

import re

from structtuning_plugin.corpus.assembly import DocumentBuilder, tidy_title
from structtuning_plugin.corpus.markup import Element

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

_MACHINERY = (
    "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "canvas",
    "audio", "video", "map", "link", "meta", "base", "frameset",
)  # fmt: skip
_CONTROLS = ("button", "input", "select", "textarea", "datalist", "progress", "meter", "dialog")
_ROLES = {
    "navigation": "navigation", "menu": "navigation", "menubar": "navigation",
    "search": "navigation", "toolbar": "navigation", "tablist": "navigation",
    "banner": "site_frame", "contentinfo": "site_frame", "complementary": "site_frame",
    "dialog": "notice", "alertdialog": "notice", "doc-toc": "navigation",
    "doc-index": "navigation", "doc-pagelist": "navigation",
}  # fmt: skip
# Names of classes and ids, as whole words: "header-anchor-post" is no header.
_NAMES = {
    "notice": "cookie cookies consent gdpr onetrust cookiebanner paywall",
    "navigation": "nav navbar navigation navigator navheader navfooter menu menus submenu sidemenu "
    "breadcrumb breadcrumbs crumbs pagination pager prevnext prev-next skip skiplink skiplinks "
    "skipnav jump-link toc tableofcontents table-of-contents sphinxsidebar wy-nav-side navbox "
    "toctree-wrapper localtoc globaltoc sidenav topnav topbar catlinks relations "
    "docnav pagenav page-nav prev-next-links",
    "site_frame": "masthead site-header siteheader site-footer sitefooter footer colophon sidebar "
    "side-bar sidebars printfooter siteinfo site-info copyright page-footer bottom-bar",
    "promotion": "share sharing social socials newsletter subscribe subscription advert adverts "
    "advertisement ads adsbygoogle promo sponsor sponsored related-posts related-articles "
    "recommended recommendations comments-area comment-form respond disqus banner-ad",
    "edit_link": "headerlink permalink heading-anchor anchorjs-link mw-editsection editsection "
    "edit-link edit-page editlink header-anchor hash-link section-edit copybtn copy-button "
    "edit-this-page direct-link",
    "line_numbers": "linenos lineno linenodiv line-numbers line-numbers-rows gutter "
    "linenumbers hljs-ln-numbers react-syntax-highlighter-line-number blob-num",
    "hidden": "noprint screen-only d-none",
}
_REASON_OF = {name: reason for reason, names in _NAMES.items() for name in names.split()}
# `.toc` inside an article is a contents list; an article inside `.sidebar-layout` is no frame.
_CONTENT_NAMES = frozenset(
    [
        "content",
        "main",
        "main-content",
        "maincontent",
        "page-content",
        "article",
        "article-body",
        "article-content",
        "post-content",
        "post-body",
        "postbody",
        "entry-content",
        "entry-body",
        "bodycontent",
        "mw-content-text",
        "mw-parser-output",
        "documentwrapper",
        "document",
        "body-content",
        "content-body",
        "docs-content",
        "doc-content",
        "markdown-body",
        "wiki-content",
        "story-body",
        "text-content",
        "rst-content",
    ]
)
_TEXT_CLASSES = ("para", "paragraph", "simpara", "Standard")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_RULE = re.compile(r"\.([\w-]+)\s*\{[^{}]*display\s*:\s*none", re.IGNORECASE)
_LEGAL = re.compile(r"©|\(c\) \d{4}|all rights reserved|powered by|privacy policy", re.IGNORECASE)
_HOME = re.compile(r"(?:https?://[^/]+)?\.?/?(?:index\.\w+)?", re.IGNORECASE)
_PERMALINKS = (
    "",
    "¶",
    "#",
    "§",
    "\U0001f517",
    "🔗",
    "link",
    "permalink",
    "[edit]",
    "edit",
    "\uf0c1",
)
# Share of the page's words that an element named as content must have.
_CONTENT_SHARE = 0.4
_MAIN_SHARE = 0.1


def article_of(page: Element, builder: DocumentBuilder) -> Element:
    """Return the part of a page that is its article; the rest is taken out and counted."""
    body = next((e for e in page.walk() if e.tag == "body"), page)
    _remove_machinery(page, body, builder)
    _remove_hidden(page, body, builder)
    _remove_controls(body, builder)
    root = _main_of(body)
    _remove_frame(root or body, builder, in_article=root is not None)
    if root is None:
        root = _named_content(body) or body
        _remove_legal_lines(root, builder)
    if root is not body:
        _count_outside(body, root, builder)
    return root


def page_title(page: Element, frame_titles: tuple[str, ...] = ()) -> str:
    """Return the title of the `title` element without the name of the site.

    Args:
        page: The whole page.
        frame_titles: Titles in the site's frame, of which one may be the site's name.
    """
    head = page.find("title")
    title = tidy_title(head.text()) if head is not None else ""
    names = {name.casefold() for name in (*frame_titles, *_site_names(page))}
    parts = [part.strip() for part in re.split(r"\s[|·•»]\s|\s::\s|\s[-–—]\s", title)]
    others = [part for part in parts if part and part.casefold() not in names]
    if len(others) < len(parts):
        return " - ".join(others) or title
    return re.split(r"\s[|»]\s|\s::\s", title)[0].strip()


def _site_names(page: Element) -> list[str]:
    return [
        tidy_title(meta.get("content"))
        for meta in page.find_all("meta")
        if meta.get("property") == "og:site_name" or meta.get("name") == "application-name"
    ]


def _take_out(element: Element, reason: str, builder: DocumentBuilder) -> None:
    words = element.words()
    element.remove()
    builder.drop(reason, detail=words)


def _remove_machinery(page: Element, body: Element, builder: DocumentBuilder) -> None:
    for element in list(page.walk()):
        if element.tag not in _MACHINERY or element.parent is None:
            continue
        if element.tag == "script" and element.get("type").startswith("math/tex"):
            _keep_tex(element)
        elif element.tag not in ("meta", "link", "base", "style"):
            inside = body in element.ancestors()
            element.remove()
            builder.drop("script", int(inside and element.tag != "svg"))


def _keep_tex(script: Element) -> None:
    """Turn the source of a MathJax formula into MathML with that source."""
    math = Element("math", {"alttext": script.text()})
    if "mode=display" in script.get("type"):
        math.attributes["display"] = "block"
    script.replace(math)


def _hidden_classes(page: Element) -> set[str]:
    names: set[str] = set()
    for style in page.find_all("style"):
        names.update(_HIDDEN_RULE.findall(style.text()))
        style.remove()
    return names


def _is_hidden(element: Element, names: set[str]) -> bool:
    if element.tag in ("html", "body"):
        return False
    if "hidden" in element.attributes and element.get("hidden") != "until-found":
        return True
    if element.get("aria-hidden").lower() == "true" or _HIDDEN_STYLE.search(element.get("style")):
        return True
    return bool(names & set(element.get("class").split()))


def _remove_hidden(page: Element, body: Element, builder: DocumentBuilder) -> None:
    names = _hidden_classes(page)
    for element in list(body.walk()):
        if element is body or not _is_hidden(element, names) or not _is_inside(element, body):
            continue
        # Formulas stand hidden next to a picture of them.
        math = element if element.tag == "math" else element.find("math")
        if math is not None and math.find("annotation") is not None:
            if math is not element:
                element.replace(math)
            continue
        is_link = element.tag == "a" and _is_permalink(element)
        _take_out(element, "edit_link" if is_link else "hidden", builder)


def _is_inside(element: Element, root: Element) -> bool:
    return element is root or root in element.ancestors()


def _remove_controls(body: Element, builder: DocumentBuilder) -> None:
    for element in list(body.walk()):
        if element.tag in _CONTROLS and _is_inside(element, body):
            is_open = element.tag == "dialog" and "open" in element.attributes
            if not is_open:
                _take_out(element, "control", builder)


def _main_of(body: Element) -> Element | None:
    """Return the element that says it is the main content, if it has text."""
    mains = [e for e in body.walk() if e.tag == "main" or e.get("role") == "main"]
    articles = [e for e in body.find_all("article") if not _is_below(e, "article")]
    total = len(body.words())
    for candidates in (mains, articles):
        full = [e for e in candidates if len(e.words()) >= _MAIN_SHARE * total]
        if len(full) == 1:
            return _only_article(full[0]) if full[0].tag != "article" else full[0]
        if full:
            return _joined(full)
    return None


def _only_article(main: Element) -> Element:
    """Return the article in the main content, if nearly all of it is that article."""
    articles = [e for e in main.find_all("article") if not _is_below(e, "article")]
    if len(articles) == 1 and len(articles[0].words()) > 0.8 * len(main.words()):
        has_own = articles[0].find("h1") is not None or main.find("h1") is None
        return articles[0] if has_own else main
    return main


def _joined(elements: list[Element]) -> Element:
    root = Element("main")
    for element in elements:
        if not any(_is_inside(element, other) for other in elements if other is not element):
            element.remove()
            root.append(element)
    return root


def _is_below(element: Element, *tags: str) -> bool:
    return any(ancestor.tag in tags for ancestor in element.ancestors())


def _named_content(body: Element) -> Element | None:
    """Return the smallest element that is named as content and has a good part of the words."""
    total = max(1, len(body.words()))
    named = [
        element
        for element in body.find_all("div", "section", "td", "article", "form")
        if _CONTENT_NAMES & set(_names(element))
        and len(element.words()) >= _CONTENT_SHARE * total
        and not _lacks_headings(element, body)
    ]
    return named[-1] if named else None


def _lacks_headings(element: Element, body: Element) -> bool:
    """Return True if the title of the page or all of its headings are outside an element."""
    inside = element.find_all(*HEADINGS)
    tops = [e for e in body.find_all("h1") if e.words() and not _is_home_link(e)]
    return bool(not inside and body.find_all(*HEADINGS)) or any(e not in inside for e in tops)


def _is_home_link(heading: Element) -> bool:
    """Return True for a heading that is a link to the first page of the site: the site's name."""
    link = heading.find("a")
    if link is None or link.words() != heading.words():
        return False
    return bool(_HOME.fullmatch(link.get("href")))


def _names(element: Element) -> list[str]:
    words = f"{element.get('class')} {element.get('id')}".casefold().split()
    return [name for word in words for name in _forms(word)]


def _forms(word: str) -> list[str]:
    """Return a name, and its first and last words: "cookie-consent" is a "cookie" and a "consent".

    >>> _forms("cookie-consent")
    ['cookie-consent', 'cookie', 'consent']
    """
    parts = [part for part in re.split(r"[-_]+", word) if part]
    return [word.replace("_", "-"), *(parts if len(parts) == 2 else [])]


def _reason(element: Element, in_article: bool) -> str | None:
    """Return the reason why an element is no part of the article; None if it may be."""
    if element.tag in HEADINGS or element.get("role") == "heading":
        return None
    if element.tag == "nav":
        return "navigation"
    if element.get("role") in _ROLES:
        reason = _ROLES[element.get("role")]
        return None if in_article and element.get("role") == "complementary" else reason
    if element.tag == "aside" and not in_article:
        return "site_frame"
    if element.tag in ("footer", "header") and not _is_below(element, "article", "main", "section"):
        is_title = element.tag == "header" and element.find("h1") is not None
        return None if in_article or is_title else "site_frame"
    return _reason_by_name(element, in_article)


def _reason_by_name(element: Element, in_article: bool) -> str | None:
    for name in _names(element):
        reason = _REASON_OF.get(name)
        if reason == "site_frame" and (in_article or _is_among_paragraphs(element)):
            continue
        if reason == "promotion" and element.tag == "section":
            continue
        if (
            reason == "notice"
            and in_article
            and "-" not in f"{element.get('id')}{element.get('class')}"
        ):
            continue
        if reason is not None:
            return reason
    return None


def _is_among_paragraphs(element: Element) -> bool:
    """Return True for a box between the paragraphs of a text, such as a sidebar of DocBook."""
    siblings = element.parent.elements if element.parent is not None else []
    links = sum(len(link.words()) for link in element.find_all("a"))
    has_text = any(e.tag == "p" or e.get("class") in _TEXT_CLASSES for e in siblings)
    return has_text and links < 0.4 * len(element.words())


def _remove_frame(root: Element, builder: DocumentBuilder, in_article: bool) -> None:
    total = len(root.words())
    for element in list(root.walk()):
        if element is root or not _is_inside(element, root):
            continue
        if element.tag == "h1" and not in_article and _is_home_link(element):
            _take_out(element, "site_frame", builder)
            continue
        reason = _reason(element, in_article)
        if reason is None or _holds_article(element, total, reason):
            continue
        _take_out(element, reason, builder)
    for heading in root.walk():
        if heading.tag in HEADINGS or heading.get("role") == "heading":
            _remove_permalinks(heading, builder)


def _holds_article(element: Element, total: int, reason: str) -> bool:
    """Return True if a name misleads: the element has most of the text, or the main content."""
    if reason in ("edit_link", "line_numbers") or element.tag == "nav":
        return False
    if element.find("main", "article") is not None:
        return True
    words = element.words()
    links = sum(len(link.words()) for link in element.find_all("a"))
    return len(words) > 0.5 * total and links < 0.5 * len(words)


def _is_permalink(link: Element) -> bool:
    href, text = link.get("href"), link.words().casefold()
    if link.find("img") is not None and not text:
        return False
    return text in _PERMALINKS and ("href" in link.attributes) and (href != "" or not text)


def _remove_permalinks(heading: Element, builder: DocumentBuilder) -> None:
    for link in heading.find_all("a"):
        is_whole = link.words() == heading.words() and link.words() not in ("", "¶", "#")
        if _is_permalink(link) and not is_whole:
            _take_out(link, "edit_link", builder)


def _remove_legal_lines(root: Element, builder: DocumentBuilder) -> None:
    """Take out the last block of a page if it is about rights; it has no element of its own."""
    text = root.words()
    limit = min(600, 0.3 * len(text))
    for element in reversed(root.find_all("div", "p", "center", "small", "td")):
        words = element.words()
        if words and len(words) < limit and text.endswith(words) and _LEGAL.search(words):
            _take_out(element, "site_frame", builder)
            return


def _count_words(element: Element) -> int:
    texts = [child for e in element.walk() for child in e.children if isinstance(child, str)]
    return sum(len(text.split()) for text in texts)


def _count_outside(body: Element, root: Element, builder: DocumentBuilder) -> None:
    words = _count_words(body)
    inside = _count_words(root) if _is_inside(root, body) else 0
    builder.drop("outside_article", int(words > inside), f"{words - inside} words")
