"""An original as a person reads it: XML indented with the certified facts marked, text as text, PDF and OFD as pictures of their pages.

Nothing here trusts a document: XML comes through the certifier's guard, a PDF's pages are drawn by poppler in a process with limits, an OFD's by
`gateway.web.ofd`, and what cannot be drawn is a download. What is shown is for reading only; checks judge the bytes.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from markupsafe import Markup, escape

from gateway.web import ofd

__all__ = ["Original", "page_image", "shown"]

PAGES = 8
_WIDTH = 1100
_TEXT = 400_000
_MEMORY = 1_500_000_000
_SECONDS = 15


@dataclass(frozen=True)
class Original:
    """How a document is shown: that many page pictures, marked-up text, both (an OFD and what is in it), or neither (a download)."""

    text: Markup | None = None
    pages: int = 0


def shown(data: bytes, facts: Collection[str] = ()) -> Original:
    """The document for the page; values equal to one of `facts` are marked."""
    if data[:5] == b"%PDF-":
        return Original(pages=_page_count(data))
    if data[:4] == b"PK\x03\x04":
        return Original(_archive(data, facts), min(PAGES, ofd.page_count(data)))
    if data.lstrip()[:1] == b"<":
        return Original(text=_xml(data, facts) or _plain(data))
    return Original(text=_plain(data))


def _plain(data: bytes) -> Markup | None:
    try:
        return escape(data[:_TEXT].decode("utf-8", "strict" if len(data) <= _TEXT else "ignore"))
    except UnicodeDecodeError:
        return None


def _xml(data: bytes, facts: Collection[str]) -> Markup | None:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_blank_text=True, load_dtd=False, huge_tree=False
    )
    if len(data) > _TEXT or b"<!ENTITY" in data:
        return None
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None
    return Markup("").join(_lines(root, 0, {value for value in facts if len(value) > 1}))


def _lines(node: etree._Element, depth: int, facts: Collection[str]) -> Iterator[Markup]:
    pad, text = "  " * depth, (node.text or "").strip()
    if isinstance(node, etree._Comment | etree._ProcessingInstruction):
        yield escape(f"{pad}{etree.tostring(node, encoding='unicode', with_tail=False)}\n")
        return
    name = _name(node)
    opening = Markup('{}&lt;<span class="tag">{}</span>{}').format(pad, name, _attributes(node, facts))
    closing = Markup('&lt;/<span class="tag">{}</span>&gt;\n').format(name)
    if not len(node):
        yield (
            opening + Markup("&gt;") + _value(text, facts) + closing if text else opening + Markup("/&gt;\n")
        )
        return
    yield opening + Markup("&gt;") + _value(text, facts) + Markup("\n")
    for child in node:
        yield from _lines(child, depth + 1, facts)
    yield escape(pad) + closing


def _name(node: etree._Element) -> str:
    local = etree.QName(node).localname
    return f"{node.prefix}:{local}" if node.prefix else local


def _attributes(node: etree._Element, facts: Collection[str]) -> Markup:
    pairs = [(etree.QName(str(key)).localname, str(value)) for key, value in node.attrib.items()]
    return Markup("").join(
        Markup(' <span class="attr">{}</span>="{}"').format(key, _value(value, facts)) for key, value in pairs
    )


def _value(text: str, facts: Collection[str]) -> Markup:
    wanted = text in facts or text.rstrip("0").rstrip(".") in facts
    return Markup("<mark>{}</mark>").format(text) if wanted and text else escape(text)


def _archive(data: bytes, facts: Collection[str]) -> Markup | None:
    """An OFD's or other container's XML parts, one after the other, as far as they are small."""
    parts: list[Markup] = []
    left = _TEXT
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist()[:200]:
                if not entry.filename.endswith(".xml") or entry.file_size > left or entry.flag_bits & 1:
                    continue
                left -= entry.file_size
                if (part := _xml(archive.read(entry), facts)) is not None:
                    parts.append(Markup('<span class="quiet">{}</span>\n{}\n').format(entry.filename, part))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return None
    return Markup("").join(parts) or None


def _page_count(data: bytes) -> int:
    found = _poppler("pdfinfo", data)
    lines = (line.partition(b":") for line in found.splitlines())
    pages = next((value for name, _, value in lines if name == b"Pages"), b"0")
    return min(PAGES, int(pages)) if pages.strip().isdigit() else 0


def page_image(data: bytes, page: int) -> tuple[bytes, str] | None:
    """Page `page` (from 1) of a PDF as PNG, of an OFD as SVG, with its media type; None where it cannot be drawn."""
    if not 1 <= page <= PAGES:
        return None
    if data[:5] != b"%PDF-":
        picture = ofd.page_picture(data, page)
        return (picture, "image/svg+xml") if picture else None
    number = str(page)
    drawn = _poppler("pdftoppm", data, "-png", "-singlefile", "-f", number, "-l", number, "-scale-to-x", str(_WIDTH), "-scale-to-y", "-1")  # fmt: skip
    return (drawn, "image/png") if drawn else None


def _poppler(program: str, data: bytes, *options: str) -> bytes:
    """Run one of poppler's programs on a file, with bounded time and memory. Empty where it fails or is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "paper.pdf")
        path.write_bytes(data)
        try:
            done = subprocess.run(
                ["/usr/bin/prlimit", f"--as={_MEMORY}", f"--cpu={_SECONDS}", program, *options, str(path)],
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return b""
    return done.stdout if done.returncode == 0 else b""
