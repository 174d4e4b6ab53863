"""Mangled documents of every format: either a document whose facts are canonical and listed, or a DocumentError.

Also the archives and trees that are built to exhaust a reader. The long part is the fuzzing of CONTRIBUTING's habits.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier.documents import Document, Limits, read_bytes
from certifier.documents.profile import template
from certifier.errors import DocumentError
from certifier.schema import problem

from .helpers import SAMPLES, sample
from .test_efapiao import pdf
from .test_machine_logs import FORMS

SMALL = Limits(max_bytes=4 << 20, max_expanded_bytes=8 << 20, max_nodes=200_000)


def ofd(invoice: bytes, attachments: str = "Attachments.xml") -> bytes:
    """A small OFD of our own around an invoice, without a seal."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(
            "OFD.xml",
            f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        z.writestr(
            "Doc_0/Document.xml",
            f"<ofd:Document {space}><ofd:Attachments>{attachments}</ofd:Attachments></ofd:Document>",
        )
        listing = '<ofd:Attachment ID="1" Name="original_invoice" Format="xml"><ofd:FileLoc>original_invoice.xml</ofd:FileLoc></ofd:Attachment>'
        z.writestr("Doc_0/Attachments.xml", f"<ofd:Attachments {space}>{listing}</ofd:Attachments>")
        z.writestr("Doc_0/original_invoice.xml", invoice)
    return out.getvalue()


SEEDS: dict[str, bytes] = {
    **{path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())},
    **FORMS,
    "ofd": ofd(sample("e-fapiao.xml")),
    "pdf": pdf(invoice=sample("invoice-cii.xml")),
    "csv": template("invoice", "zh", "csv")
    + "A1,2026-07-13,,,CNY,X,锐川,Y,嘉陵,,,,5,1,6,6,P,1,件,5,5\r\n".encode(),
    "xlsx": template("work-order", "en", "xlsx"),
    "json": json.dumps({"schema": "assetcert/acceptance-bill/1", "number": "1", "amount": "5"}).encode(),
    "aqdef": b"K0100 1\nK1001/1 P\nK2110/1 1\nK2111/1 2\nK0001/1 1.5\nK0004/1 01.01.2026/10:00:00\n",
}


def sound(document: Document) -> None:
    """Every fact is listed by the schema and canonical."""
    for name, value in document.facts.items():
        assert problem(document.kind, f"fact.{name}", value) is None, (name, value)
    assert list(document.facts) == sorted(document.facts)
    assert len(document.facts) <= 900


def mangled(data: bytes, chance: random.Random) -> bytes:
    """A few changes of the kinds that break readers: flips, cuts, repeats, odd bytes, numbers out of range."""
    raw = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw) + 1)
        choice = chance.randrange(6)
        if choice == 0 and at < len(raw):
            raw[at] = chance.randrange(256)
        elif choice == 1:
            del raw[at : at + chance.randint(1, 60)]
        elif choice == 2:
            raw[at:at] = raw[at : at + chance.randint(1, 80)]
        elif choice == 3:
            raw[at:at] = chance.choice(
                [
                    b"<",
                    b">",
                    b"&",
                    b"\x00",
                    b"]]>",
                    b"<!--",
                    b"\xff\xfe",
                    b"'",
                    b"|",
                    b"+",
                    b":",
                    b"{",
                    b"[",
                    b"-1",
                    b"9" * 40,
                ]
            )
        elif choice == 4:
            raw = raw[: max(1, at)]
        else:
            other = chance.randrange(len(raw) + 1)
            raw[at : at + 20] = raw[other : other + 20]
        raw = raw or bytearray(b"x")
    return bytes(raw)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seeds_are_sound(seed: str) -> None:
    document = read_bytes(SEEDS[seed])
    sound(document)
    assert document.kind != "other" or seed in ("README.md",)


@pytest.mark.parametrize("seed", SEEDS)
@given(st.integers(0, 1 << 32))
@settings(max_examples=25)
def test_mangled_documents(seed: str, number: int) -> None:
    try:
        sound(read_bytes(mangled(SEEDS[seed], random.Random(number)), SMALL))
    except DocumentError as e:
        assert e.code.isupper()
        assert "\n" not in e.message


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_mangled_documents_for_long(seed: str) -> None:
    for number in range(20_000):
        try:
            sound(read_bytes(mangled(SEEDS[seed], random.Random(number)), SMALL))
        except DocumentError:
            continue


def test_real_files_are_sound(data_dir: Path) -> None:
    for path in sorted(data_dir.rglob("*")):
        if path.is_file():
            try:
                sound(read_bytes(path.read_bytes()))
            except DocumentError as e:
                assert e.code in ("EMPTY", "NAMESPACE")


def deflated_zeros(name: str, size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("OFD.xml", b"<x/>")
        z.writestr(name, bytes(size))
    return out.getvalue()


def code_of(data: bytes, limits: Limits = SMALL) -> str:
    with pytest.raises(DocumentError) as caught:
        read_bytes(data, limits)
    return caught.value.code


def test_archives_that_unpack_without_bound() -> None:
    assert code_of(deflated_zeros("Doc_0/x", 30 << 20)) == "ARCHIVE_SIZE"
    lying = deflated_zeros("Doc_0/x", 7 << 20).replace(
        (7 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little")
    )
    assert code_of(lying) in ("ARCHIVE", "ARCHIVE_SIZE", "NAMESPACE")


def test_an_entry_that_lies_about_its_size() -> None:
    data = ofd(sample("e-fapiao.xml"))
    size = len(sample("e-fapiao.xml")).to_bytes(4, "little")
    assert code_of(data.replace(size, (10).to_bytes(4, "little"))) in ("ARCHIVE", "ARCHIVE_SIZE")


def test_the_same_entry_twice() -> None:
    out = io.BytesIO(ofd(sample("e-fapiao.xml")))
    with pytest.warns(UserWarning), zipfile.ZipFile(out, "a") as z:
        z.writestr("Doc_0/original_invoice.xml", sample("e-fapiao.xml").replace(b"6689.60", b"9689.60"))
    assert code_of(out.getvalue()) == "ARCHIVE_TWICE"


def test_attachments_that_point_outside_or_in_circles() -> None:
    assert read_bytes(ofd(sample("e-fapiao.xml"), "../../../../etc/passwd")).kind == "other"
    assert read_bytes(ofd(sample("e-fapiao.xml"), "Document.xml")).kind == "other"
    nested = ofd(ofd(sample("e-fapiao.xml")))
    assert read_bytes(nested).kind == "invoice" or read_bytes(nested).kind == "other"


@pytest.mark.parametrize(
    "entity", ['<!ENTITY x SYSTEM "file:///etc/passwd">', '<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;']
)
def test_entities_inside_wrappers(entity: str) -> None:
    bad = sample("e-fapiao.xml").replace(
        b"<EInvoice>", f"<!DOCTYPE EInvoice [{entity}]><EInvoice>".encode(), 1
    )
    assert code_of(ofd(bad)) == "ENTITY_DECLARED"
    assert code_of(pdf(invoice=bad)) == "ENTITY_DECLARED"


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 200 + b"1" + b"]" * 200,
        b'{"type":"EPCISDocument","a":' + b"[" * 300 + b"]" * 300 + b"}",
    ],
)
def test_nested_json(data: bytes) -> None:
    assert code_of(data) == "TOO_DEEP"


def test_a_thousand_characters_of_number() -> None:
    data = sample("invoice.xml").replace(b"5920.00", b"9" * 5000)
    document = read_bytes(data)
    assert "net" not in document.facts
    assert {w.code for w in document.warnings} >= {"NOT_CANONICAL"}


@pytest.mark.parametrize(
    "data", [b"\n", b" \r\n\t ", b"\xef\xbb\xbf", b"\xff\xfe", b"{}", b"[]", b"[{}]", b"null", b"-"]
)
def test_nearly_nothing_is_other(data: bytes) -> None:
    assert read_bytes(data).kind == "other"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"UNB+UNOC:3+A+B+1:1+1'UNH+1'UNZ+1+1'", None),
        (b'{"type": "EPCISDocument", "epcisBody": {"eventList": [{"action": "ADD"}, 5]}}', None),
        (b'{"type": ["EPCISDocument"], "epcisBody": {}}', None),
        (b'{"type": "EPCISDocument", "epcisBody": {"eventList": true}}', None),
        (b'{"type": "EPCISDocument", "epcisBody": []}', "EPCIS"),
        (
            b'{"type": "ObjectEvent", "eventTime": "2026-07-11T09:30:00Z", "sourceList": [null], "readPoint": 5}',
            "EPCIS",
        ),
        (
            b'{"type": "ObjectEvent", "eventTime": "2026-07-11T09:30:00Z", "sourceList": [true]}',
            "EPCIS",
        ),
        (b'{"type": "ObjectEvent", "eventTime": "9999-12-31T23:59:59.9999999Z", "action": "ADD"}', None),
        (b'{"guid": "M", "beginTime": "2026-07-06T08:00:00Z", "sampleInterval": "x", "values": [{"name": "a", "values": [1, 2]}]}', None),
        (b'{"guid": "M", "beginTime": "2026-07-06T08:00:00Z", "sampleInterval": 1e30, "values": [{"name": "a", "values": [1, 2]}]}', None),
        (b"2026-07-06T08:00:00Z|execution|ACTIVE\n0001-01-01T00:00:00+08:00|execution|READY\n", None),
        (
            b'--b\r\nContent-type: text/xml\r\n\r\n<?xml version="1.0" encoding="UTF-0"?><MTConnectStreams/>\r\n--b--\r\n',
            "ENCODING",
        ),
    ],
)  # fmt: skip
def test_what_fuzzing_once_found(data: bytes, code: str | None) -> None:
    if code is not None:
        assert code_of(data) == code
    else:
        sound(read_bytes(data))


def test_a_pdf_whose_table_is_nowhere() -> None:
    data = re.sub(rb"startxref\s+[0-9]+", b"startxref\n" + b"9" * 40, SEEDS["pdf"])
    assert data != SEEDS["pdf"]
    assert code_of(data) == "PDF"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("xl/workbook.xml", b"sheetId=", b"nobody="),
        ("xl/worksheets/sheet1.xml", b"</worksheet>", b""),
        ("[Content_Types].xml", b"Override", b"Overrode"),
        ("xl/styles.xml", b"<fill>", b"<font>"),
    ],
)
def test_a_workbook_that_openpyxl_trips_over(name: str, old: bytes, new: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SEEDS["xlsx"])) as before, zipfile.ZipFile(out, "w") as after:
        for entry in before.namelist():
            data = before.read(entry)
            assert entry != name or old in data
            after.writestr(entry, data.replace(old, new) if entry == name else data)
    assert code_of(out.getvalue()) == "XLSX"
