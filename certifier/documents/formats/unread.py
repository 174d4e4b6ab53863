"""XML that is recognised and not read: OPC UA models, XBRL, UBL 1.0, CII before and after D16B's schema. Kind `other`.

Each says what it is by its own namespace, so that nobody takes silence for a flaw of the file.
"""

from __future__ import annotations

import re

from certifier.documents.model import Document, Notice
from certifier.documents.registry import Format, register
from certifier.documents.source import Source
from certifier.documents.tree import parse

_KNOWN = (
    (r"\{http://opcfoundation\.org/UA/2011/03/UANodeSet\.xsd\}", "an OPC UA model (NodeSet2), which describes types and no production"),
    (r"\{http://www\.xbrl\.org/2003/instance\}xbrl\Z", "an XBRL report"),
    (r"\{urn:oasis:names:(?:specification|tc):ubl:.*[:-]1[.:-]0\}", "UBL 1.0; UBL 2.0 and later are read"),
    (r"\{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:(?!100\})", "a Cross Industry Invoice of another schema than 100, D16B's"),
)  # fmt: skip


def _what(source: Source) -> str | None:
    return next((what for pattern, what in _KNOWN if re.match(pattern, source.tag)), None)


def read(source: Source) -> Document:
    """A document without facts; it must still be well-formed."""
    parse(source.data, "XML", source.limits)
    assert source.root is not None
    notice = Notice("NO_FACTS", f"{_what(source)}: certified by its bytes")
    return Document("other", "other", source.root.namespace, "application/xml", {}, (notice,))


register(
    Format(
        "other",
        "OPC 10000-6 NodeSet2, XBRL 2.1, UBL 1.0: recognised, no facts",
        lambda source: _what(source) is not None,
        read,
    )
)
