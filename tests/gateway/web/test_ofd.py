"""An OFD's pages drawn: what the file places where, and nothing that a file may smuggle into a picture."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest

from gateway.web import ofd, originals

NS = 'xmlns:ofd="http://www.ofdspec.org/2016"'
PNG = b"\x89PNG\r\n\x1a\nrest"
TEXT = (
    '<ofd:TextObject ID="1" Boundary="10 20 80 5" Font="2" Size="3.2"><ofd:FillColor Value="156 82 35"/>'
    '<ofd:TextCode X="0" Y="4" DeltaX="g 2 1.5 3">价税合</ofd:TextCode></ofd:TextObject>'
)
PATH = (
    '<ofd:PathObject ID="3" Boundary="0 0 9 9" LineWidth="0.25"><ofd:StrokeColor Value="1 2 3"/>'
    "<ofd:AbbreviatedData>M 0 0 L 5 -1.5 B 1 1 2 2 3 3 C</ofd:AbbreviatedData></ofd:PathObject>"
)
IMAGE = '<ofd:ImageObject ID="4" CTM="20 0 0 20 0 0" Boundary="8 3 20 20" ResourceID="6"/>'


def packed(
    content: str = TEXT + PATH + IMAGE, *, image: bytes = PNG, box: str = "0 0 210 140", page: str = ""
) -> bytes:
    """An OFD of one page on a template."""
    layer = '<ofd:Page {}>{}<ofd:Content><ofd:Layer ID="9">{}</ofd:Layer></ofd:Content></ofd:Page>'
    parts = {
        "OFD.xml": f"<ofd:OFD {NS}><ofd:DocBody><ofd:DocRoot>D/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        "D/Document.xml": f"<ofd:Document {NS}><ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>{box}</ofd:PhysicalBox>"
        "</ofd:PageArea><ofd:PublicRes>Res.xml</ofd:PublicRes><ofd:TemplatePage ID='7' BaseLoc='Tpl.xml'/></ofd:CommonData>"
        "<ofd:Pages><ofd:Page ID='1' BaseLoc='Pages/P.xml'/></ofd:Pages></ofd:Document>",
        "D/Res.xml": f"<ofd:Res {NS} BaseLoc='Res'><ofd:Fonts><ofd:Font ID='2' FontName='楷体\"&gt;'/></ofd:Fonts><ofd:MultiMedias>"
        "<ofd:MultiMedia ID='6' Type='Image'><ofd:MediaFile>q.png</ofd:MediaFile></ofd:MultiMedia></ofd:MultiMedias></ofd:Res>",
        "D/Tpl.xml": layer.format(NS, "", TEXT.replace("价税合", "抬头字")),
        "D/Pages/P.xml": page or layer.format(NS, '<ofd:Template TemplateID="7"/>', content),
        "D/Res/q.png": image,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def drawn(data: bytes) -> str:
    """The first page, which is well-formed XML."""
    picture = ofd.page_picture(data, 1)
    assert picture is not None
    ElementTree.fromstring(picture)
    return picture.decode()


def test_text_paths_and_images_stand_where_the_file_puts_them() -> None:
    svg = drawn(packed())
    assert 'viewBox="0 0 210 140"' in svg
    assert '<text xml:space="preserve" x="0 1.5 3" y="4">价税合</text>' in svg
    assert 'd="M 0 0 L 5 -1.5 C 1 1 2 2 3 3 Z" fill="none"' in svg
    assert '<g transform="translate(8 3) matrix(20 0 0 20 0 0)"><image width="1" height="1"' in svg
    assert svg.index("抬头字") < svg.index("价税合")


def test_a_column_of_letters_keeps_its_place() -> None:
    column = TEXT.replace('DeltaX="g 2 1.5 3"', 'DeltaY="g 2 4"')
    assert 'x="0 0 0" y="4 8 12"' in drawn(packed(column))


@pytest.mark.parametrize(
    "hostile",
    [
        TEXT.replace("价税合", "&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
        TEXT.replace('Value="156 82 35"', 'Value="url(http://x/)"'),
        TEXT.replace("<ofd:TextCode", '<script xmlns="http://www.w3.org/2000/svg">alert(1)</script><ofd:TextCode'),
        IMAGE.replace('ResourceID="6"', 'ResourceID="http://x/"'),
    ],
)  # fmt: skip
def test_nothing_of_a_file_but_numbers_text_and_images_gets_into_the_picture(hostile: str) -> None:
    svg = drawn(packed(hostile))
    assert "<script" not in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "", 1)
    assert "&gt;'" not in svg


def test_an_image_that_is_none_is_left_out() -> None:
    assert "<image" not in drawn(packed(IMAGE, image=b"<svg onload='x'/>"))


@pytest.mark.parametrize(
    "broken",
    [
        b"PK\x03\x04 cut off",
        packed(box="0 0 1e9 5"),
        packed(box="0 0 0 0"),
        packed(PATH.replace("M 0 0", "X 0 0")),
        packed(TEXT.replace('Boundary="10 20 80 5"', 'Boundary="NaN 20 80 5"')),
        packed(TEXT * 8_001),
        packed(IMAGE * 8, image=PNG + bytes(2**20)),
        packed(page='<!DOCTYPE p [<!ENTITY a "b">]><p>&a;</p>'),
    ],
)
def test_what_cannot_be_drawn_is_no_picture(broken: bytes) -> None:
    assert ofd.page_picture(broken, 1) is None


def test_the_original_shows_its_pages_and_what_it_holds() -> None:
    original = originals.shown(packed(), ["抬头字"])
    assert original.pages == 1
    assert "<mark>抬头字</mark>" in str(original.text)
    picture = originals.page_image(packed(), 1)
    assert picture is not None and picture[1] == "image/svg+xml"
    assert originals.page_image(packed(), 2) is None
