"""Envelopes around a document: SBDH 1.3 (UN/CEFACT; Peppol, GS1), SOAP 1.1 and 1.2 (W3C), ISO 20022's business header.

What stands inside is read, also below the element of an operation. An envelope says who sends to whom; the document's
own parties count, so nothing is read from it. One document an envelope; what an operation cancels or rejects is none.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import islice

from lxml import etree

from certifier.documents.model import Document, Limits, Notice
from certifier.documents.registry import Format, Inner, claimant, register
from certifier.documents.source import Source
from certifier.documents.tree import Node, parse

SBDH = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
_SOAP = frozenset(
    {
        "{http://schemas.xmlsoap.org/soap/envelope/}Envelope",
        "{http://www.w3.org/2003/05/soap-envelope}Envelope",
    }
)
_HEADERS = frozenset({"StandardBusinessDocumentHeader", "Header", "AppHdr", "Fault"})
_UNDONE = re.compile(r"cancel|reject|delete|withdraw|revoke|void", re.IGNORECASE)
_BUSINESS = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:head\.001\.001\.[0-9]{2}")
_APP_HEADER = re.compile(rb"</(?:[A-Za-z_][A-Za-z0-9_.-]*:)?AppHdr\s*>")
_NAMES = ("sbdh", "soap", "iso-20022")
_DEEPEST = 8
_MANY = 50


def read(name: str, source: Source) -> Inner | Document:
    """The document in the envelope; an envelope that holds none that is known, or several, states no facts."""
    assert source.root is not None
    if source.root.name == "AppHdr":  # the header, then the document, with nothing around both
        found = [source.data[end.end() :].lstrip() for end in islice(_APP_HEADER.finditer(source.data), 2)]
    else:
        nodes = _documents(parse(source.data, name, source.limits), source.limits)
        found = [etree.tostring(node, with_tail=False) for node in nodes[:2]]
    if len(found) == 1:
        return Inner(found[0], "application/xml")
    what = "with several documents inside" if found else "around nothing that is read"
    notice = Notice("NO_FACTS", f"an envelope ({name}) {what}: certified by its bytes")
    return Document("other", name, source.root.namespace or None, "application/xml", {}, (notice,))


def _documents(root: Node, limits: Limits) -> list[Node]:
    """The outermost elements that a format claims: all stand at one depth, below envelopes and operations."""
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in node if _is_looked_into(etree.QName(child).localname)]
        if len(level) > _MANY:
            return []
        if found := [child for child in level if _is_document(child, limits)]:
            return found
    return []


def _is_looked_into(name: str) -> bool:
    return name not in _HEADERS and not _UNDONE.search(name)


def _is_document(node: Node, limits: Limits) -> bool:
    """Whether a format claims an element, by its start tag."""
    tag = etree.tostring(etree.Element(node.tag, node.attrib, node.nsmap))
    format_ = claimant(Source.of_bytes(tag, limits))
    return format_ is not None and format_.name not in _NAMES


def _claims_business(source: Source) -> bool:
    return (
        source.root is not None
        and source.root.name != "Document"
        and b"AppHdr" in source.head
        and _BUSINESS.search(source.head) is not None
    )


register(
    Format(
        "sbdh",
        "UN/CEFACT Standard Business Document Header 1.3: the document inside",
        lambda source: source.tag == f"{{{SBDH}}}StandardBusinessDocument",
        partial(read, "sbdh"),
    ),
    Format(
        "soap",
        "W3C SOAP 1.1, 1.2: the document inside the body",
        lambda source: source.tag in _SOAP,
        partial(read, "soap"),
    ),
    Format(
        "iso-20022",
        "ISO 20022 business application header (head.001): the document beside it",
        _claims_business,
        partial(read, "iso-20022"),
    ),
)
