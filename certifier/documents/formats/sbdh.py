"""Standard Business Document (UN/CEFACT SBDH 1.3), as Peppol and GS1 transport documents: what stands inside.

The header says who sends to whom; the document's own parties count, so nothing is read from it. One document an envelope.
"""

from __future__ import annotations

from lxml import etree

from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, Inner, register
from certifier.documents.source import Source
from certifier.documents.tree import parse

NAMESPACE = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"


def read(source: Source) -> Inner | Document:
    """The document in the envelope; an envelope that holds none, or several, states no facts."""
    root = parse(source.data, "SBDH", source.limits)
    inside = [child for child in root if not str(child.tag).startswith(f"{{{NAMESPACE}}}")]
    if len(inside) == 1:
        return Inner(etree.tostring(inside[0], with_tail=False), "application/xml")
    notice = Notice(
        "NO_FACTS", f"an envelope (SBDH) with {len(inside)} documents inside: certified by its bytes"
    )
    return Document("other", "sbdh", NAMESPACE, "application/xml", {}, (notice,))


register(
    Format(
        "sbdh",
        "UN/CEFACT Standard Business Document Header 1.3: the document inside",
        lambda source: (
            source.root is not None
            and source.root.name == "StandardBusinessDocument"
            and source.root.namespace == NAMESPACE
        ),
        read,
    )
)
