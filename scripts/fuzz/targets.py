"""One target per format: seeds of our own, and the mutators that know their structure."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cbor2

from certifier.documents.profile import template
from scripts.fuzz.mutate import Mutator, archive, cbor, lines, plain, structured, tree
from scripts.two_rivers.papers import efapiao, tables

__all__ = ["TARGETS", "Target"]

SAMPLES = Path(__file__).resolve().parents[2] / "tests" / "samples"


@dataclass(frozen=True)
class Target:
    """Where a format's fuzzing begins and how documents change."""

    seeds: Callable[[], list[bytes]]
    mutators: tuple[Mutator, ...]


def _samples(*names: str) -> Callable[[], list[bytes]]:
    return lambda: [(SAMPLES / name).read_bytes() for name in names]


def _mtconnect() -> list[bytes]:
    page = (SAMPLES / "machine.xml").read_bytes()
    part = b"--b\r\nContent-type: text/xml\r\nContent-length: %d\r\n\r\n" % len(page) + page + b"\r\n"
    return [
        page,
        page.replace(b"MTConnectStreams:1.3", b"MTConnectStreams:2.4"),
        part * 2 + b"--b--\r\n",
        page + page,
    ]


def _envelopes() -> list[bytes]:
    """SBDH, SOAP 1.1 and 1.2 (an operation's), a business header around its document and before it."""
    invoice, payment = (
        (SAMPLES / name).read_bytes().partition(b"?>")[2] for name in ("invoice.xml", "bank-receipt.xml")
    )
    header = b'<h:AppHdr xmlns:h="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><h:BizMsgIdr>1</h:BizMsgIdr></h:AppHdr>'
    sbdh = b"http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    return [
        b'<sh:StandardBusinessDocument xmlns:sh="%b">%b</sh:StandardBusinessDocument>' % (sbdh, invoice),
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>%b</s:Body></s:Envelope>' % invoice,
        b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><Submit>%b</Submit></s:Body></s:Envelope>' % payment,
        b"<DataPDU>%b%b</DataPDU>" % (header, payment),
        header + payment,
    ]  # fmt: skip


def _nc_link() -> list[bytes]:
    whole = (SAMPLES / "machine.nc-link.json").read_bytes()
    return [whole, b"\n".join(json.dumps(message).encode() for message in json.loads(whole) * 2)]


def _opc_ua() -> list[bytes]:
    time, values = (
        "2026-07-06T08:00:00Z",
        {"Value": {"Type": 6, "Body": 5}, "SourceTimestamp": "2026-07-06T08:00:01Z"},
    )
    payload = {
        "Execution": {"UaType": 12, "Value": "ACTIVE"},
        "PartCount": values,
        "Load": {"Value": 1.5, "Status": {"Code": 2150891520}},
        "Mode": "AUTO",
    }
    message = {
        "DataSetWriterName": "VMC",
        "SequenceNumber": 1,
        "Timestamp": time,
        "Status": 0,
        "Payload": payload,
    }
    network = {
        "MessageId": "1",
        "MessageType": "ua-data",
        "PublisherId": "M4",
        "Messages": [message, message],
    }
    return [json.dumps(network).encode(), "\n".join([json.dumps(network)] * 3).encode()]


def _senml_cbor() -> list[bytes]:
    labels = {"bn": -2, "bt": -3, "n": 0, "u": 1, "v": 2, "vs": 3, "t": 6}
    rows = json.loads((SAMPLES / "machine.senml.json").read_bytes())
    return [cbor2.dumps([{labels[k]: v for k, v in row.items()} for row in rows])]


def _senml_xml() -> list[bytes]:
    rows = json.loads((SAMPLES / "machine.senml.json").read_bytes())
    body = "".join("<senml " + " ".join(f'{k}="{v}"' for k, v in row.items()) + "/>" for row in rows)
    return [f'<sensml xmlns="urn:ietf:params:xml:ns:senml">{body}</sensml>'.encode()]


def _sparkplug() -> list[bytes]:
    time = 1_783_296_000_000
    metrics = [(b"CNC/execution", b"\x7a" + _sized(b"ACTIVE")), (b"CNC/partcount", b"\x50\x8c\x09"), (b"load", b"\x69" + struct.pack("<d", 3.5)), (b"gone", b"\x38\x01")]  # fmt: skip
    body = b"".join(
        b"\x12" + _sized(b"\x0a" + _sized(name) + b"\x18" + _varint(time) + said) for name, said in metrics
    )
    plain = b"\x08" + _varint(time) + body + b"\x18\x05"
    outer = b"\x08" + _varint(time) + b"\x22" + _sized(b"SPBV1.0_COMPRESSED") + b"\x2a"
    return [plain, *(outer + _sized(pack(plain)) for pack in (zlib.compress, gzip.compress))]


def _aqdef() -> list[bytes]:
    long = (SAMPLES / "inspection.dfq").read_bytes()
    head = long.partition(b"K0001")[0].decode()
    compact = "31.998\x140\x1407.07.2026/10:00:00\x0f49.0\x140\x1407.07.2026/10:00:00\n"
    return [long, (head + compact * 2).encode(), (head.replace("阀体", "Körper") + compact).encode("cp1252")]


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _sized(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _ofd() -> list[bytes]:
    invoices = [(SAMPLES / name).read_bytes() for name in ("e-fapiao.xml", "e-fapiao-2019.xml")]
    return [efapiao.ofd(invoice, 7) for invoice in invoices]


def _pdf() -> list[bytes]:
    from pypdf import PdfWriter

    found = []
    for attachments in ({}, {"factur-x.xml": "invoice-cii.xml"}, {"invoice.xml": "e-fapiao.xml"}):
        writer = PdfWriter()
        writer.add_blank_page(100, 100)
        for name, sample in attachments.items():
            writer.add_attachment(name, (SAMPLES / sample).read_bytes())
        out = io.BytesIO()
        writer.write(out)
        found.append(out.getvalue())
    return found


_ROW = {"number": "A1", "issue_date": date(2026, 7, 13), "currency": "CNY", "seller_id": "9150000000000022XC", "seller_name": "锐川精密", "order_number": "O1",
        "total": "6", "line.item": "P201", "line.quantity": "1", "line.unit": "件", "line.net": "5"}  # fmt: skip


def _csv() -> list[bytes]:
    table = tables.csv("invoice", [_ROW, _ROW])
    return [
        table,
        table.decode("utf-8-sig").encode("gb18030"),
        template("work-order", "en", "csv") + b"W1,,P1,5,pcs,2026-07-06 08:00,,4,1\r\n",
    ]


def _xlsx() -> list[bytes]:
    measured = ("实测值", [("序号", "直径/mm", "判定"), (1, "32.001", "合格"), (2, "32.031", "不合格")])
    report = {"number": "R1", "product": "P201", "parts": 2, "parts_failed": 1}
    return [
        tables.xlsx("invoice", [_ROW]),
        tables.xlsx("inspection-report", [report], measured),
        template("payment", "zh", "xlsx"),
    ]


def _declared() -> list[bytes]:
    bill = {
        "schema": "assetcert/acceptance-bill/1",
        "number": "5",
        "issue_date": "2026-07-01",
        "amount": "100.00",
        "currency": "CNY",
    }
    search = {
        "schema": "assetcert/statutory-search/1",
        "number": "7",
        "searched_at": "2026-07-01T08:00:00+08:00",
        "registrations": [{"number": "1", "amount": "5"}],
    }
    return [json.dumps(body).encode() for body in (bill, search)]


_XML = (tree, tree, plain)
TARGETS: Mapping[str, Target] = {
    "mtconnect-streams": Target(_mtconnect, _XML),
    "mtconnect-json": Target(
        _samples("machine.mtconnect-1.json", "machine.mtconnect-2.json"), (structured, structured, plain)
    ),
    "shdr": Target(_samples("machine.shdr"), (lines(b"\n|"), plain)),
    "senml": Target(lambda: [*_samples("machine.senml.json")(), *_senml_xml()], (structured, tree, plain)),
    "senml-cbor": Target(_senml_cbor, (cbor, plain)),
    "nc-link": Target(_nc_link, (structured, lines(b"\n,"), plain)),
    "opc-ua": Target(_opc_ua, (structured, lines(b"\n,"), plain)),
    "sparkplug-b": Target(_sparkplug, (plain,)),
    "b2mml": Target(_samples("work-order.xml", "performance.xml"), _XML),
    "qif": Target(_samples("inspection.qif"), _XML),
    "aqdef": Target(_aqdef, (lines(b"\n /"), plain)),
    "dcc": Target(_samples("calibration.xml"), _XML),
    "ubl": Target(_samples("invoice.xml", "credit-note.xml", "order.xml", "despatch-advice.xml"), _XML),
    "envelope": Target(_envelopes, _XML),
    "cii": Target(_samples("invoice-cii.xml", "invoice-zugferd1.xml"), _XML),
    "edifact": Target(_samples("invoice-d96a.edi"), (lines(b"'+:"), plain)),
    "e-fapiao": Target(_samples("e-fapiao.xml", "e-fapiao-red.xml", "e-fapiao-2019.xml"), _XML),
    "ofd": Target(_ofd, (archive, archive, plain)),
    "pdf": Target(_pdf, (plain,)),
    "epcis": Target(_samples("epcis-shipping.jsonld", "epcis-receiving.xml"), (structured, tree, plain)),
    "camt": Target(_samples("bank-receipt.xml"), _XML),
    "csv": Target(_csv, (lines(b"\n,"), plain)),
    "xlsx": Target(_xlsx, (archive, archive, plain)),
    "json": Target(_declared, (structured, plain)),
}
"""Word of a format → its target."""
