"""Pages of an OFD (GB/T 33190-2016) as pictures: text, paths, images and templates drawn as SVG, for reading only.

Not drawn: seals, clips, patterns and shadings, composite graphics, embedded fonts; whether a seal holds is for the certifier's reader. A file
is hostile until shown otherwise: it comes through the certifier's guard with small caps, and nothing of it reaches the picture but numbers,
escaped text and PNG or JPEG bytes.
"""

from __future__ import annotations

import base64
import io
import math
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from certifier.documents import guard
from certifier.documents.model import MIB, Limits
from certifier.documents.tree import Node, parse
from certifier.errors import CertifierError

__all__ = ["page_count", "page_picture"]

_LIMITS = Limits(
    max_bytes=16 * MIB, max_expanded_bytes=16 * MIB, max_entries=1024, max_nodes=20_000, max_depth=64
)
_PICTURE, _IMAGE, _DATA, _LETTERS = 8 * MIB, 2 * MIB, MIB, 4_000
_NUMBER = re.compile(r"-?\d{1,7}(?:\.\d{1,12})?")
_TOKEN = re.compile(r"[A-Z]|-?(?:\d+\.?\d*|\.\d+)")
_PATH = {"S": ("M", 2), "M": ("M", 2), "L": ("L", 2), "Q": ("Q", 4), "B": ("C", 6), "A": ("A", 7), "C": ("Z", 0)}  # fmt: skip
_KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}
_FAMILIES = {
    "楷": "KaiTi, STKaiti, Kaiti SC, serif",
    "宋": "SimSun, Songti SC, Noto Serif CJK SC, serif",
    "sim": "SimSun, Songti SC, Noto Serif CJK SC, serif",
    "kai": "KaiTi, STKaiti, Kaiti SC, serif",
    "cour": "Courier New, monospace",
    "mono": "monospace",
}


@dataclass(frozen=True)
class _Pen:
    """Colours and width in force: an object's own, else its drawing parameters', else its layer's."""

    fill: str = "#000"
    stroke: str = "#000"
    width: float = 0.353


def page_count(data: bytes) -> int:
    """How many pages there are; 0 where it is no OFD that can be drawn."""
    try:
        return len(_Book(data).pages)
    except (CertifierError, ValueError):
        return 0


def page_picture(data: bytes, number: int) -> bytes | None:
    """Page `number` (from 1) as SVG; None where it cannot be drawn."""
    try:
        book = _Book(data)
        return book.svg(book.pages[number - 1]).encode() if 1 <= number <= len(book.pages) else None
    except (CertifierError, ValueError):
        return None


class _Book:
    """The first document of a package. Raises CertifierError or ValueError where there is none."""

    def __init__(self, data: bytes) -> None:
        archive = guard.open_archive(lambda: io.BytesIO(data), data[:4], _LIMITS)
        if archive is None or "OFD.xml" not in archive.NameToInfo:
            raise ValueError("no OFD")
        self._archive = archive
        self._left = _PICTURE
        self._place = _resolved("", _text(self._tree("OFD.xml"), "DocBody/DocRoot"))
        document = self._tree(self._place)
        self._box = _text(document, "CommonData/PageArea/PhysicalBox")
        self.pages = self._places(document, "Pages/Page")
        self._templates = dict(zip(_ids(document, "CommonData/TemplatePage"), self._places(document, "CommonData/TemplatePage"), strict=True))  # fmt: skip
        self._fonts: dict[str, str] = {}
        self._images: dict[str, str] = {}
        self._pens: dict[str, Node] = {}
        for kind in ("PublicRes", "DocumentRes"):
            for named in _all(document, f"CommonData/{kind}"):
                self._take(_resolved(self._place, named.text or ""))

    def _tree(self, name: str) -> Node:
        return parse(guard.member(self._archive, name, _LIMITS), f"OFD {name}", _LIMITS)

    def _places(self, document: Node, path: str) -> list[str]:
        return [_resolved(self._place, node.get("BaseLoc") or "") for node in _all(document, path)]

    def _take(self, place: str) -> None:
        """Fonts, images and drawing parameters of one resource file."""
        resources = self._tree(place)
        base = posixpath.join(posixpath.dirname(place), resources.get("BaseLoc") or "", "-")
        for font in _all(resources, "Fonts/Font"):
            self._fonts[font.get("ID", "")] = _family(font)
        for media in _all(resources, "MultiMedias/MultiMedia"):
            self._images[media.get("ID", "")] = _resolved(base, _text(media, "MediaFile"))
        for pen in _all(resources, "DrawParams/DrawParam"):
            self._pens[pen.get("ID", "")] = pen

    def svg(self, place: str) -> Markup:
        """One page with its templates, millimetres as units."""
        page = self._tree(place)
        box = _numbers(_text(page, "Area/PhysicalBox") or self._box, 4)
        if not 1 <= box[2] <= 3000 or not 1 <= box[3] <= 3000:
            raise ValueError("a page of no size")
        content = Markup("").join(self._layers(page))
        size = Markup('viewBox="{} {} {} {}" width="{}mm" height="{}mm"').format(
            *map(_plain, (*box, *box[2:]))
        )
        return Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" {}><rect x="{}" y="{}" width="{}" height="{}" fill="#fff"/>{}</svg>'
        ).format(size, *map(_plain, box), content)

    def _layers(self, page: Node) -> Iterator[Markup]:
        around = [(node.get("ZOrder") or "Background", node.get("TemplateID") or "") for node in _all(page, "Template")]  # fmt: skip
        below = [self._tree(self._templates[one]) for order, one in around if order != "Foreground" and one in self._templates]  # fmt: skip
        above = [self._tree(self._templates[one]) for order, one in around if order == "Foreground" and one in self._templates]  # fmt: skip
        for each in (*below, page, *above):
            for layer in _all(each, "Content/Layer"):
                yield from self._objects(layer, self._pen(layer, _Pen()))

    def _objects(self, parent: Node, pen: _Pen) -> Iterator[Markup]:
        """What a layer or a block holds, in order."""
        for node in parent:
            name = _name(node)
            if name == "PageBlock":
                yield from self._objects(node, pen)
            elif name in ("TextObject", "PathObject", "ImageObject") and node.get("Visible") != "false":
                draw = {"TextObject": self._words, "PathObject": self._path, "ImageObject": self._image}[name]
                inner = draw(node, self._pen(node, pen))
                made = Markup('<g transform="{}">{}</g>').format(_placed(node), inner)
                self._left -= len(made)
                if self._left < 0:
                    raise ValueError("more than a page of paper holds")
                yield made

    def _pen(self, node: Node, pen: _Pen) -> _Pen:
        shared = self._pens.get(node.get("DrawParam") or "")
        for one in (shared, node) if shared is not None else (node,):
            fill, stroke = _colour(one, "FillColor"), _colour(one, "StrokeColor")
            width = _numbers(one.get("LineWidth"), 1)[0] if one.get("LineWidth") else pen.width
            pen = replace(pen, fill=fill or pen.fill, stroke=stroke or pen.stroke, width=width)
        return pen

    def _words(self, node: Node, pen: _Pen) -> Markup:
        size = _numbers(node.get("Size"), 1)[0]
        family = self._fonts.get(node.get("Font") or "", "sans-serif")
        bold = Markup(' font-weight="700"') if int(_numbers(node.get("Weight") or "400", 1)[0]) > 500 else ""
        lines = Markup("").join(_line(code) for code in _all(node, "TextCode"))
        return Markup('<g font-size="{}" font-family="{}" fill="{}"{}>{}</g>').format(_plain(size), family, pen.fill, bold, lines)  # fmt: skip

    def _path(self, node: Node, pen: _Pen) -> Markup:
        fill = pen.fill if node.get("Fill") == "true" else "none"
        stroke = "none" if node.get("Stroke") == "false" else pen.stroke
        rule = "evenodd" if node.get("Rule") == "Even-Odd" else "nonzero"
        return Markup('<path d="{}" fill="{}" fill-rule="{}" stroke="{}" stroke-width="{}"/>').format(
            _drawn(_text(node, "AbbreviatedData")), fill, rule, stroke, _plain(pen.width)
        )

    def _image(self, node: Node, _: _Pen) -> Markup:
        """The unit square, which the object's matrix makes as large as it is."""
        place = self._images.get(node.get("ResourceID") or "", "")
        data = guard.member(self._archive, place, _LIMITS) if place in self._archive.NameToInfo else b""
        kind = next((name for magic, name in _KINDS.items() if data.startswith(magic)), None)
        if kind is None or len(data) > _IMAGE:
            return Markup("")
        width, height = (1.0, 1.0) if node.get("CTM") else _numbers(node.get("Boundary"), 4)[2:]
        return Markup('<image width="{}" height="{}" preserveAspectRatio="none" href="data:image/{};base64,{}"/>').format(
            _plain(width), _plain(height), kind, base64.b64encode(data).decode()
        )  # fmt: skip


def _name(node: Node) -> str:
    return str(node.tag).rpartition("}")[2]


def _all(node: Node, path: str) -> list[Node]:
    """Elements by local names: real files come with other namespaces than the standard's."""
    return list(node.findall("/".join(f"{{*}}{step}" for step in path.split("/"))))


def _text(node: Node, path: str) -> str:
    return next(((one.text or "").strip() for one in _all(node, path)), "")


def _ids(node: Node, path: str) -> list[str]:
    return [one.get("ID") or "" for one in _all(node, path)]


def _resolved(base: str, name: str) -> str:
    """A name as OFD means it: absolute from the top, else from the naming file's folder."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), name.strip())).lstrip("/")


def _numbers(text: str | None, count: int) -> tuple[float, ...]:
    found = tuple(float(one) for one in (text or "").split() if _NUMBER.fullmatch(one))
    if len(found) != count:
        raise ValueError(f"not {count} numbers")
    return found


def _plain(number: float) -> str:
    if not math.isfinite(number) or abs(number) > 1e7:
        raise ValueError("a number beyond any page")
    return f"{number:.4f}".rstrip("0").rstrip(".")


def _placed(node: Node) -> str:
    x, y, _, _ = _numbers(node.get("Boundary"), 4)
    matrix = f" matrix({' '.join(map(_plain, _numbers(node.get('CTM'), 6)))})" if node.get("CTM") else ""
    return f"translate({_plain(x)} {_plain(y)}){matrix}"


def _colour(node: Node, which: str) -> str | None:
    """RGB, grey or CMYK as SVG writes it; None where the node names none."""
    value = next((one.get("Value") for one in _all(node, which)), None)
    parts = [min(255.0, max(0.0, float(one))) for one in (value or "").split() if _NUMBER.fullmatch(one)]
    if len(parts) == 4:
        parts = [(255 - one) * (255 - parts[3]) / 255 for one in parts[:3]]
    if len(parts) == 1:
        parts *= 3
    return f"rgb({','.join(str(round(one)) for one in parts)})" if len(parts) == 3 else None


def _family(font: Node) -> str:
    name = f"{font.get('FontName') or ''} {font.get('FamilyName') or ''}".lower()
    return next((family for part, family in _FAMILIES.items() if part in name), "sans-serif")


def _line(code: Node) -> Markup:
    """A run of letters, each where the file puts it."""
    text = (code.text or "").rstrip("\r\n")[:_LETTERS]
    xs = _steps(_numbers(code.get("X") or "0", 1)[0], code.get("DeltaX"), len(text))
    ys = _steps(_numbers(code.get("Y") or "0", 1)[0], code.get("DeltaY"), len(text))
    xs += xs[-1:] * (len(ys) - len(xs))  # a column of letters: none moves on by itself
    at = (" ".join(map(_plain, places)) for places in (xs, ys))
    return Markup('<text xml:space="preserve" x="{}" y="{}">{}</text>').format(*at, escape(text))


def _steps(first: float, deltas: str | None, count: int) -> list[float]:
    """Where letters stand: from the first, one delta after the other; `g 3 1.5` is 1.5 three times."""
    places, left = [first], iter((deltas or "").split())
    for word in left:
        times, step = 1, word
        if word == "g":
            times, step = min(int(_numbers(next(left, ""), 1)[0]), count), next(left, "")
        for _ in range(times):
            places.append(places[-1] + _numbers(step, 1)[0])
        if len(places) >= count:
            break
    return places[: max(1, count)]


def _drawn(data: str) -> str:
    """A path's data in SVG's letters; what has another shape is no path."""
    if len(data) > _DATA:
        raise ValueError("a path of too many points")
    tokens: Sequence[str] = _TOKEN.findall(data)
    made: list[str] = []
    at = 0
    while at < len(tokens):
        letter, count = _operator(_PATH, tokens[at])
        made += [letter, *(_plain(float(one)) for one in tokens[at + 1 : at + 1 + count])]
        at += 1 + count
    return " ".join(made)


def _operator(known: Mapping[str, tuple[str, int]], token: str) -> tuple[str, int]:
    if token not in known:
        raise ValueError("no path")
    return known[token]
