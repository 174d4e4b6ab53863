"""Words that the tests of the readers share: our samples, and harmless rewritings of an XML document."""

from __future__ import annotations

import random
from pathlib import Path

from lxml import etree

from certifier.documents import Document, read_bytes

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
UNNUMBERED = frozenset({"e-fapiao", "senml"})
XML_SAMPLES = sorted(
    p.name for p in SAMPLES.iterdir() if p.read_bytes().lstrip(b"\xef\xbb\xbf").startswith(b"<")
)


def sample(name: str) -> bytes:
    """The bytes of one of our own samples."""
    return (SAMPLES / name).read_bytes()


def stated(document: Document) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """What a reader must find whatever the spelling: kind, facts, codes of warnings."""
    return document.kind, dict(document.facts), tuple(w.code for w in document.warnings)


def read_sample(name: str) -> Document:
    """A sample, read."""
    return read_bytes(sample(name))


def rewritten(
    data: bytes,
    seed: int,
    *,
    prefixes: bool = True,
    order: bool = True,
    extensions: bool = True,
    repeats: bool = True,
) -> bytes:
    """The same document with other prefixes, its siblings in another order, and elements that nobody knows.

    Without `repeats`, siblings of one name keep their order: some formats give their lines no number.
    """
    chance = random.Random(seed)
    parser = etree.XMLParser(resolve_entities=False, remove_comments=True, remove_pis=True)
    root = etree.fromstring(data, parser)
    spaces = sorted({etree.QName(e).namespace for e in root.iter()} - {None})
    names = {uri: f"p{chance.randrange(1000)}{i}" for i, uri in enumerate(spaces)} if prefixes else None
    new = _copy(root, names or {k: v for v, k in _prefixes(root).items()})
    for element in list(new.iter()):
        children = list(element)
        if order and len(children) > 1:
            chance.shuffle(children)
            if not repeats:
                children = _same_names_in_order(children, list(element))
            for child in children:
                child.tail = None
            element[:] = children
        if extensions and len(element) and chance.random() < 0.5:
            extra = etree.SubElement(element, "{urn:example:nobody}Extra", kind="x")
            etree.SubElement(extra, "{urn:example:nobody}ID").text = "999"
            element.insert(chance.randrange(len(element)), extra)
    return etree.tostring(new, xml_declaration=True, encoding="UTF-8")


def _same_names_in_order(
    shuffled: list[etree._Element], original: list[etree._Element]
) -> list[etree._Element]:
    queues: dict[str, list[etree._Element]] = {}
    for child in original:
        queues.setdefault(str(child.tag), []).append(child)
    return [queues[str(child.tag)].pop(0) for child in shuffled]


def _prefixes(root: etree._Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in root.iter():
        for prefix, uri in element.nsmap.items():
            found.setdefault(prefix or "d", uri)
    return found


def _copy(root: etree._Element, names: dict[str, str]) -> etree._Element:
    new = etree.Element(root.tag, nsmap={prefix: uri for uri, prefix in names.items()})
    _fill(new, root)
    return new


def _fill(new: etree._Element, old: etree._Element) -> None:
    new.attrib.update(old.attrib)
    new.text = old.text
    for child in old:
        copy = etree.SubElement(new, child.tag)
        copy.tail = child.tail
        _fill(copy, child)
