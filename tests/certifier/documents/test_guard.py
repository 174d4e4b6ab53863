"""The guard before every parser: what it refuses, with which code, and that it lets harmless files pass."""

from __future__ import annotations

import gzip
import io
import time
import zipfile

import pytest

from certifier.documents import Limits, read_bytes
from certifier.documents.guard import check_nesting
from certifier.errors import DocumentError, MalformedDocumentError, RefusedDocumentError

from .helpers import sample

BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;">]><a>&y;</a>"""
INVOICE = sample("invoice.xml")


def refused(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(DocumentError) as caught:
        read_bytes(data, limits or Limits())
    assert str(caught.value) == caught.value.message
    assert "\n" not in caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "x.dtd" [\n<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        b'<!DOCTYPE a [<!-- ] --> <!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<!DOCTYPE a [<!ATTLIST a b CDATA ']'> <!ENTITY x 'y'>]><a/>",
        b"<!-- a comment --><?pi?>" + BOMB.removeprefix(b'<?xml version="1.0"?>'),
        b"\xef\xbb\xbf" + BOMB,
        BOMB.decode().encode("utf-16"),
        BOMB.decode().encode("utf-16-be"),
        b"<!-- " + b"x" * 100_000 + b" -->" + BOMB.removeprefix(b'<?xml version="1.0"?>'),
        INVOICE.replace(b"<Invoice", b"<!DOCTYPE Invoice [<!ENTITY n 'RC'>]><Invoice", 1),
    ],
)
def test_entity_declarations_are_refused(data: bytes) -> None:
    assert refused(data) == "ENTITY_DECLARED"


@pytest.mark.parametrize(
    "doctype", [b"<!DOCTYPE Invoice>", b'<!DOCTYPE Invoice SYSTEM "nowhere.dtd">', b"<!DOCTYPE Invoice []>"]
)
def test_a_bare_doctype_is_fine(doctype: bytes) -> None:
    bare = INVOICE.replace(b"<Invoice", doctype + b"<Invoice", 1)
    assert read_bytes(bare).facts == read_bytes(INVOICE).facts


@pytest.mark.parametrize(
    "start",
    [b"<a>", b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">', b"<MTConnectStreams>", b"<QIFDocument>",
     b'<ProductionSchedule xmlns="http://www.mesa.org/xml/B2MML-V0600">', b"[", b'{"a":'],
)  # fmt: skip
def test_a_million_levels_are_refused(start: bytes) -> None:
    inner = b"<a>" if start.startswith(b"<") else start
    assert refused(start + inner * 1_000_000) == "TOO_DEEP"


def test_closed_nesting_is_refused_too() -> None:
    assert refused(b"<a>" * 5000 + b"</a>" * 5000) == "TOO_DEEP"
    assert refused(b"[" * 500 + b"]" * 500) == "TOO_DEEP"


def test_sizes() -> None:
    assert refused(b"") == "EMPTY"
    assert refused(b"x" * 11, Limits(max_bytes=10)) == "TOO_LARGE"
    assert read_bytes(b"x" * 10, Limits(max_bytes=10)).kind == "other"
    assert refused(b"<a>" + b"<b/>" * 300 + b"</a>", Limits(max_nodes=100)) == "TOO_MANY_NODES"


def test_gzip_is_refused_with_a_clear_word() -> None:
    with pytest.raises(RefusedDocumentError, match="gunzip") as caught:
        read_bytes(gzip.compress(INVOICE))
    assert caught.value.code == "COMPRESSED"


@pytest.mark.parametrize("cut", [200, len(INVOICE) // 2, len(INVOICE) - 3])
def test_a_truncated_document_names_its_line(cut: int) -> None:
    if b"<Invoice" in INVOICE[:cut] and b">" in INVOICE[:cut].partition(b"<Invoice")[2]:
        with pytest.raises(MalformedDocumentError, match=r"line \d+") as caught:
            read_bytes(INVOICE[:cut])
        assert caught.value.code == "XML_SYNTAX"
    else:
        assert read_bytes(INVOICE[:cut]).kind == "other"


def test_bytes_that_are_not_in_the_declared_encoding() -> None:
    assert refused(INVOICE.replace("阀体".encode(), "阀体".encode("gbk"))) == "ENCODING"
    assert refused(INVOICE.replace(b'encoding="UTF-8"', b'encoding="UTF-7"')) == "ENCODING"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_other_encodings_give_the_same_facts(encoding: str) -> None:
    name = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(encoding, encoding.upper())
    data = INVOICE.decode().replace("UTF-8", name, 1).encode(encoding)
    assert read_bytes(data).facts == read_bytes(INVOICE).facts


def archive(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in entries:
            z.writestr(name, data)
    return out.getvalue()


def test_archives() -> None:
    assert read_bytes(archive(("a.txt", b"a"))).kind == "other"
    assert refused(archive(("../../etc/passwd", b"a"))) == "ARCHIVE_PATH"
    assert refused(archive(("/etc/passwd", b"a"))) == "ARCHIVE_PATH"
    assert refused(archive(*((f"{i}", b"") for i in range(40))), Limits(max_entries=30)) == "ARCHIVE_ENTRIES"
    assert (
        refused(archive(("zeros", bytes(2_000_000))), Limits(max_expanded_bytes=1_000_000)) == "ARCHIVE_SIZE"
    )
    assert refused(archive(("a.txt", b"a" * 100))[:60]) == "ARCHIVE"


def test_nonsense_is_other_and_never_guessed() -> None:
    for data in (
        b"\x00\x01\x02",
        b"not <xml",
        b"<",
        b"<?xml",
        b"<a",
        b"<a><b></a>",
        b"{",
        "随便写的".encode("gb18030"),
    ):
        document = read_bytes(data)
        assert (document.kind, dict(document.facts)) == ("other", {})


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE a [" + b"<!--" * 250_000,
        b"<!DOCTYPE a [" + b"<?" * 250_000,
        b"<!DOCTYPE a " + b"'" * 400_001,
        b"<a " + b"b" * 900_000 + b">",
        b"<a " + b"b " * 400_000 + b">",
        b"<a " + b'b="' * 300_000,
        b" " * 900_000 + b"<a>",
        b"--" + b"x" * 900_000,
        b"K0100" + b" " * 900_000,
        b"* \n" * 300_000,
    ],
)
def test_no_start_of_a_file_takes_long(data: bytes) -> None:
    start = time.process_time()
    try:
        read_bytes(data)
    except DocumentError as e:
        assert e.code
    assert time.process_time() - start < 3


def test_a_photo_says_what_it_is() -> None:
    document = read_bytes(b"\xff\xd8\xff\xe0" + b"\x00" * 100)
    assert (document.kind, document.media_type, [w.code for w in document.warnings]) == (
        "other",
        "image/jpeg",
        ["NO_FACTS"],
    )


def test_json_is_refused_before_a_parser_recurses() -> None:
    """A library of the gateway's raises Python's limit to 100,000: the parser's own check comes too late then."""
    limits = Limits(max_depth=20)
    for opening, closing in (("[", "]"), ('{"a":', "}"), ('[{"[[[":', "}]")):
        fine, deep = (opening * n + "1" + closing * n for n in (10, 21))
        check_nesting(fine.encode(), limits)
        for text in (deep, opening * 21, f"[{fine},{deep}]"):
            with pytest.raises(RefusedDocumentError):
                check_nesting(text.encode(), limits)
    item = b'["' + b"[" * 30 + b'", "\\\\"]'
    check_nesting(b"[" + b",".join([item] * 100) + b"]", limits)


@pytest.mark.parametrize("first", [b"[", b"{"])
def test_binary_data_that_begins_like_json_is_certified_by_its_bytes(first: bytes) -> None:
    document = read_bytes(first + bytes(range(256)) * 1_000 + b"[" * 500)
    assert (document.kind, document.format, document.facts) == ("other", "other", {})
