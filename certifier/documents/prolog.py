"""The start of an XML file without parsing it: encoding, document type, root element. Refuses entity declarations.

Detection needs the root's name, namespace and version; the guard needs to know, before any parser runs, that the
document type declares no entity (XML 1.0, 2.8 and 4.2). A bare DOCTYPE is fine. Not a validator: what follows the
root's start tag is the parser's business.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass

from certifier.errors import RefusedDocumentError

__all__ = ["Root", "read_root"]

_DECLARED_BYTES = re.compile(rb"""\A\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_START_TAG = re.compile(r"""<([^\s/><?!]+)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_DOCTYPE_TOKEN = re.compile(r"""<!--|<\?|"|'|[][>]""")
_CLOSING = {"<!--": "-->", "<?": "?>", '"': '"', "'": "'"}
_ATTRIBUTE = re.compile(r"""\s([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENCODINGS = frozenset(
    [
        "utf-8",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "ascii",
        "gbk",
        "gb2312",
        "gb18030",
        "big5",
        "shift_jis",
        "euc_jp",
        "euc_kr",
    ]
    + [f"iso8859-{n}" for n in range(1, 17)]
    + [f"cp125{n}" for n in range(9)]
)


@dataclass(frozen=True)
class Root:
    """The root's start tag. `namespace` is empty where it has none; attribute names keep their prefixes."""

    name: str
    namespace: str
    attributes: Mapping[str, str]
    namespaces: Mapping[str, str]
    encoding: str


def read_root(head: bytes) -> Root | None:
    """The root of an XML file that begins with `head`; None where it is not XML or the tag lies beyond `head`."""
    encoding = _encoding(head)
    if encoding is None:
        return None
    text = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("<"):
        return None
    rest = _after_prolog(text)
    if rest is None or not (tag := _START_TAG.match(text, rest)):
        return None
    attributes = {name: a or b for name, a, b in _ATTRIBUTE.findall(tag[2])}
    namespaces = {
        n.partition(":")[2]: uri for n, uri in attributes.items() if n == "xmlns" or n.startswith("xmlns:")
    }
    prefix, _, local = tag[1].rpartition(":")
    return Root(local, namespaces.get(prefix, ""), attributes, namespaces, encoding)


def _encoding(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[:2] == b"<\x00":
        return "utf-16-le"
    if head[:2] == b"\x00<":
        return "utf-16-be"
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None
    declared = _DECLARED_BYTES.match(head.removeprefix(b"\xef\xbb\xbf"))
    name = declared[1].decode("ascii") if declared else "utf-8"
    try:
        known = codecs.lookup(name).name
    except LookupError:
        known = ""
    if known not in _ENCODINGS:
        raise RefusedDocumentError(
            "ENCODING", f"XML declares the encoding {name!r}, which is not read; save it as UTF-8"
        )
    return "utf-8" if known.startswith("utf-16") else known


def _after_prolog(text: str) -> int | None:
    """The offset of the root's start tag, past declaration, comments, instructions and document type."""
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if text.startswith("<?", at):
            end = text.find("?>", at)
            size = 2
        elif text.startswith("<!--", at):
            end = text.find("-->", at + 4)
            size = 3
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            end = _doctype_end(text, at)
            size = 1
        else:
            return at
        if end < 0:
            return None
        at = end + size


def _doctype_end(text: str, start: int) -> int:
    """The offset of the `>` that ends the document type; -1 where it lies beyond the text."""
    end = _scan_doctype(text, start)
    if "<!ENTITY" in text[start : end if end >= 0 else len(text)]:
        raise RefusedDocumentError(
            "ENTITY_DECLARED",
            "XML: the document type declares entities, which could expand without bound or read other files; "
            "remove the <!ENTITY …> declarations",
        )
    return end


def _scan_doctype(text: str, start: int) -> int:
    """As `_doctype_end`, past comments, instructions and quoted literals; every character is looked at once."""
    inside, at = False, start
    while match := _DOCTYPE_TOKEN.search(text, at):
        at, mark = match.end(), match[0]
        if (closing := _CLOSING.get(mark)) is not None:
            at = text.find(closing, at) + len(closing)
            if at < len(closing):
                return -1
        elif mark == ">" and not inside:
            return match.start()
        else:
            inside = mark == "[" or (inside and mark != "]")
    return -1
