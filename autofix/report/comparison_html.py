"""
A comparison as a picture: the import tree, its causes and cascades in colour.

One self-contained page: no script, nothing fetched, every text escaped. What differs
is unfolded, what is as in the server is folded away, so that five hundred packages
stay legible; colours are never the only mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape as html_escape
from importlib.resources import files

from autofix.core.compare import Cause, Comparison, Difference, Group
from autofix.report import comparison_words as words
from autofix.report.comparison_tree import Node, branches, tree
from autofix.report.escape import escape
from autofix.report.words import count

HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">"""
STYLE = "comparison.css"
SHOWN_GROUPS = 8
SHOWN_LINKS = 4
SAME = "same"
OWN = "own"


def comparison_html(comparison: Comparison) -> str:
    """Return the whole page."""
    style = files("autofix").joinpath("data", STYLE).read_text("utf-8")
    title = f"{comparison.plugin.name} and {comparison.server.name}"
    return "\n".join(
        (
            HEAD,
            f"<title>{text(title)}</title>",
            f"<style>\n{style}</style>\n</head>\n<body>\n<main>",
            *_head(comparison),
            *_causes(comparison),
            *_overview(comparison),
            *_tree(comparison),
            "</main>\n</body>\n</html>\n",
        )
    )


def text(words: str) -> str:
    """Return text for HTML, also inside an attribute."""
    return html_escape(escape(words), quote=True)


def _head(comparison: Comparison) -> Iterator[str]:
    verdict = "good" if comparison.equal else "bad"
    yield f'<h1 class="{verdict}">{text(words.headline(comparison))}</h1>'
    yield '<ul class="sides">'
    yield f"<li>{text(words.side('Server', comparison.server))}</li>"
    yield f"<li>{text(words.side('Plugin', comparison.plugin))}</li>"
    yield "</ul>"
    if told := words.foretold(comparison):
        yield f"<p>{text(told)}</p>"
    settings = [each for each in comparison.settings if each.matters]
    if settings:
        yield "<table><caption>Build settings that differ</caption>"
        yield "<tr><th>setting</th><th>server</th><th>plugin</th></tr>"
        for each in settings:
            cells = (each.name, each.server or "not set", each.plugin or "not set")
            yield f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in cells)}</tr>"
        yield "</table>"


def _causes(comparison: Comparison) -> Iterator[str]:
    """Yield a card for each cause: its colour, modules, and what to do about it."""
    if not comparison.groups:
        return
    yield '<section class="causes">'
    for cause in Cause:
        groups = comparison.of(cause)
        if not groups:
            continue
        yield f'<article class="{cause.value}">'
        yield f"<h2>{mark(cause)} {text(words.TITLES[cause])}</h2><ul>"
        yield from map(group_item, groups[:SHOWN_GROUPS])
        if len(groups) > SHOWN_GROUPS:
            more = len(groups) - SHOWN_GROUPS
            yield f"<li><details><summary>and {count(more, 'module')} more</summary>"
            yield f"<ul>{''.join(map(group_item, groups[SHOWN_GROUPS:]))}</ul>"
            yield "</details></li>"
        yield f"</ul><p>{text(words.REMEDIES[cause])}</p>"
        if cause is words.unsure(comparison):
            yield f"<p>{text(words.UNSURE)}</p>"
        yield "</article>"
    yield "</section>"


def group_item(group: Group) -> str:
    """Return a list item: a module, its versions, how many packages."""
    name = text(group.module or "standard library")
    told = text(words.versions(group).replace("->", "→"))
    size = count(len(group.packages), "package")
    return f"<li><b>{name}</b> <span>{told}</span> <i>{size}</i></li>"


def _overview(comparison: Comparison) -> Iterator[str]:
    """Yield one cell a package, in the order in which the loader compares."""
    plugin = comparison.plugin
    differences = {each.package: each for each in comparison.differing}
    yield "<h2>Every package of the plugin</h2>"
    order = "the order of the loader" if plugin.order else "alphabetical order"
    yield f'<p class="note">One cell a package, in {order}.</p>'
    yield '<div class="map">'
    for package in plugin.order or sorted(plugin.hashes):
        known = differences.get(package)
        if known is not None:
            kind, place = known.cause.value, f' href="#{_anchor(package)}"'
        else:
            kind, place = SAME if package in comparison.server.hashes else OWN, ""
        label = f"{package}: {_kind(known, shared=kind != OWN)}"
        first = " first" if package == comparison.foretelling.package else ""
        yield f'<a class="{kind}{first}"{place} title="{text(label)}"></a>'
    yield "</div>"
    causes = [cause for cause in Cause if comparison.of(cause)]
    keys = [(each.value, words.SHORT[each]) for each in causes]
    keys += [(SAME, "as in the server"), (OWN, "only in the plugin")]
    if comparison.foretelling.package:
        keys.append((f"{SAME} first", "the one that the loader will name"))
    keyed = (f'<li><a class="{kind}"></a> {text(name)}</li>' for kind, name in keys)
    yield f'<ul class="key map">{"".join(keyed)}</ul>'


def _tree(comparison: Comparison) -> Iterator[str]:
    top = tree(comparison)
    is_import_tree = bool(comparison.imports) and any(node.is_package for node in top)
    yield f"<h2>{'Import tree' if is_import_tree else 'Packages by module'}</h2>"
    if is_import_tree:
        yield (
            '<p class="note">Each package stands once, below an importer nearest to '
            "the plugin. Branches without a difference are folded.</p>"
        )
    else:
        yield (
            '<p class="note">The files do not tell who imports whom; with --imports '
            "this is the import tree.</p>"
        )
    yield '<div class="tree">'
    yield from _branch(top)
    yield "</div>"


def _branch(nodes: tuple[Node, ...]) -> Iterator[str]:
    """Yield a list of nodes, those with a difference first and unfolded."""
    loud, quiet = branches(nodes)
    yield "<ul>"
    for node in loud:
        if node.children:
            yield f"<li><details open><summary>{_row(node)}</summary>"
            yield from _branch(node.children)
            yield "</details></li>"
        else:
            yield f"<li>{_row(node)}</li>"
    if quiet:
        packages = [each for node in quiet for each in node.packages]
        noun = count(len(packages), "package")
        yield f'<li class="folded"><details><summary>{noun} without a difference'
        yield "</summary><ul>"
        yield from (f"<li>{_row(each)}</li>" for each in packages)
        yield "</ul></details></li>"
    yield "</ul>"


def _row(node: Node) -> str:
    if not node.is_package:
        size = f"{node.differing} of {count(len(node.packages), 'package')} differ"
        return f'<b class="module">{text(node.name)}</b> <span>{size}</span>'
    known = node.difference
    name = f"<b>{text(node.name)}</b>"
    if known is None:
        kind = SAME if node.shared else OWN
        note = "" if node.shared else " <span>only in the plugin</span>"
        return f'<span class="{kind}">{name}{note}</span>'
    return (
        f'<span class="{known.cause.value}" id="{_anchor(known.package)}">'
        f"{mark(known.cause)} {name}{_versions(known)}{_because(node, known)}</span>"
    )


def _because(node: Node, known: Difference) -> str:
    """Link a cascade to what it imports, unless that stands right below it."""
    shown = {child.name for child in node.children}
    others = [each for each in known.below if each not in shown]
    if known.cause is not Cause.CASCADE or not others:
        return ""
    links = ", ".join(
        f'<a href="#{_anchor(each)}">{text(each)}</a>' for each in others[:SHOWN_LINKS]
    )
    more = len(others) - SHOWN_LINKS
    rest = f" and {more} more" if more > 0 else ""
    word = "also imports" if node.children else "imports"
    return f' <span class="below">{word} {links}{rest}</span>'


def _versions(known: Difference) -> str:
    if known.cause is Cause.ROOT:
        return f" <span>{text(known.plugin)} → {text(known.server)}</span>"
    return f" <span>{text(known.server)}</span>" if known.server else ""


def _kind(known: Difference | None, *, shared: bool) -> str:
    if known is None:
        return "as in the server" if shared else "only in the plugin"
    return words.SHORT[known.cause]


def mark(cause: Cause) -> str:
    """Return the coloured name of a cause."""
    return f'<em class="mark">{text(words.SHORT[cause])}</em>'


def _anchor(package: str) -> str:
    """Return a name that is safe in an attribute and differs for each package."""
    return "p-" + package.encode().hex()
