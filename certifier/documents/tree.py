"""XML as a small tree: parsed with everything dangerous switched off, read by full names.

For documents of business size; machine data is streamed instead. Names are `{namespace}local` in lxml's manner, so
prefixes never matter and an unknown extension is simply never asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from certifier.documents.model import Limits
from certifier.errors import MalformedDocumentError, RefusedDocumentError

__all__ = ["Node", "Tree", "check_nesting", "parse"]

Node = Any  # lxml's element: its stubs differ between releases, ours is used through `Tree` only

_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
}


def parse(data: bytes, format_: str, limits: Limits) -> Node:
    """The root element. Raises MalformedDocumentError with the line, or RefusedDocumentError at a cap."""
    if data.count(b"<") > 2 * limits.max_nodes:
        raise RefusedDocumentError(
            "TOO_MANY_NODES", f"{format_}: more than {limits.max_nodes} elements: split the document"
        )
    try:
        root = etree.fromstring(data, etree.XMLParser(**_OPTIONS))
    except etree.XMLSyntaxError as e:
        if getattr(e, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from e
        raise syntax_error(e, format_) from e
    _check_subset(root)
    return root


def syntax_error(error: etree.XMLSyntaxError, format_: str) -> MalformedDocumentError | RefusedDocumentError:
    """Our word for what libxml2 says about a document: nesting, encoding, or syntax with its line."""
    text = str(error.msg or error)
    if "depth" in text.lower():
        return RefusedDocumentError(
            "TOO_DEEP",
            f"{format_}, line {error.lineno}: elements are nested too deep; no business document is: export it again",
        )
    if "encod" in text.lower() or "not proper UTF-8" in text:
        return MalformedDocumentError(
            "ENCODING",
            f"{format_}, line {error.lineno}: bytes that are not in the declared encoding: save it as UTF-8",
        )
    return MalformedDocumentError(
        "XML_SYNTAX",
        f"{format_}, line {error.lineno}: {text.partition(', line')[0]}; the file is damaged or cut off: export it again",
    )


def _check_subset(root: Node) -> None:
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise RefusedDocumentError("ENTITY_DECLARED", "XML: the document type declares entities: remove them")


def check_nesting(data: bytes, limits: Limits) -> None:
    """Refuse XML that no format claims only where its nesting is hostile; its syntax is nobody's business."""
    try:
        parse(data, "XML", limits)
    except MalformedDocumentError:
        return


class Tree:
    """Reading helpers over elements of one or two known namespaces, by path of full names."""

    def __init__(self, **namespaces: str) -> None:
        self._names: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._namespaces = namespaces

    def _steps(self, path: str) -> tuple[str, tuple[str, ...]]:
        """The first step's full name and the further ones'."""
        steps = self._names.get(path)
        if steps is None:
            first, *further = (self._full(step) for step in path.split("/"))
            steps = self._names[path] = first, tuple(further)
        return steps

    def _full(self, step: str) -> str:
        prefix, _, local = step.rpartition(":")
        uri = self._namespaces.get(prefix or "d", "")
        return f"{{{uri}}}{local}" if uri else local

    def all(self, node: Node, path: str) -> list[Node]:
        """Every element at `path` below `node`, in document order."""
        first, further = self._names.get(path) or self._steps(path)
        found = list(node.iterchildren(first))
        for step in further:
            if not found:
                break
            found = [child for parent in found for child in parent.iterchildren(step)]
        return found

    def first(self, node: Node, path: str) -> Node | None:
        """The first element at `path`, or None."""
        found = self.all(node, path)
        return found[0] if found else None

    def texts(self, node: Node, path: str) -> list[str]:
        """The non-blank texts at `path`."""
        return [text for child in self.all(node, path) if (text := own_text(child))]

    def text(self, node: Node, *paths: str) -> str | None:
        """The text at the first path where one is stated, else None. Of several the lowest, so that order does not matter."""
        for path in paths:
            if found := self.texts(node, path):
                return min(found)
        return None

    def children(self, node: Node) -> Iterator[Node]:
        """The children in the namespace that names without prefix stand in; extensions are passed by."""
        start = self._full("")
        return (c for c in node if (c.tag.startswith(start) if start else not c.tag.startswith("{")))

    def below(self, node: Node, name: str) -> Iterator[Node]:
        """Every descendant of that name, at any depth."""
        found: Iterator[Node] = node.iter(self._full(name))
        return found


def own_text(node: Node) -> str:
    """The text of a leaf element, without blanks around it."""
    text = node.text
    return text.strip() if text else ""


__all__ += ["own_text", "syntax_error"]
