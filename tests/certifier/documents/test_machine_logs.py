"""Machine data beside MTConnect: SHDR, SenML, NC-Link, Sparkplug B; one shift told in each gives the same facts."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier.documents import Document, Limits, read_bytes
from certifier.documents.formats.shdr import CHUNK
from certifier.documents.machine import Sequences
from certifier.errors import DocumentError, MalformedDocumentError

from .helpers import read_sample, sample

SHIFT = [
    ("2026-07-06T00:10:00Z", "execution", "ACTIVE"),
    ("2026-07-06T00:10:00Z", "PartCount", "1200"),
    ("2026-07-06T05:21:20.5Z", "PartCount", "1224"),
    ("2026-07-06T05:21:20.5Z", "execution", "READY"),
    ("2026-07-06T06:00:00Z", "execution", "UNAVAILABLE"),
]
SAME = {"start": "2026-07-06T00:10:00Z", "end": "2026-07-06T06:00:00Z", "device.0001.active_seconds": "18680.5",
        "device.0001.parts": "24", "observations": "5", "unavailable": "1", "devices": "1"}  # fmt: skip


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def senml() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {"n": n, "t": seconds(t), **({"v": int(v)} if v.isdecimal() else {"vs": v})} for t, n, v in SHIFT
    ]
    rows[0]["bn"] = "urn:dev:mac:0024befffe804ff1:"
    return rows


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def sparkplug() -> bytes:
    out = b"\x08" + varint(int(seconds(SHIFT[0][0]) * 1000))
    for time, name, value in SHIFT:
        metric = field(1, f"CNC/{name}".encode()) + b"\x18" + varint(int(seconds(time) * 1000))
        if value == "UNAVAILABLE":
            metric += b"\x38\x01"
        else:
            metric += b"\x50" + varint(int(value)) if value.isdecimal() else field(15, value.encode())
        out += field(2, metric)
    return out + b"\x18\x05"


def nclink() -> list[dict[str, object]]:
    return [
        {
            "guid": "M4-V31",
            "beginTime": t.replace("Z", "+00:00"),
            "values": [{"id": "0103", "name": n, "values": [v]}],
        }
        for t, n, v in SHIFT
    ]


def opc_ua() -> list[dict[str, object]]:
    """Every way to write a field: a data value of its own time, a variant of each version, a bad status."""
    fields: list[tuple[str | None, dict[str, object]]] = [
        ("2026-07-06T00:10:00Z", {"Machine/Execution": {"UaType": 12, "Value": "ACTIVE"}}),
        (None, {"Machine.PartCount": {"Value": {"Type": 6, "Body": 1200}, "SourceTimestamp": "2026-07-06T00:10:00Z"}}),
        ("2026-07-06T05:21:20.5Z", {"PartCount": {"Type": 6, "Body": 1224}, "Execution": "READY"}),
        ("2026-07-06T07:00:00Z", {"Execution": {"Value": "ACTIVE", "Status": {"Code": 2150891520}, "SourceTimestamp": "2026-07-06T06:00:00Z"}}),
    ]  # fmt: skip
    return [
        {"MessageId": str(n), "MessageType": "ua-data", "PublisherId": "M4", "Messages": [{"DataSetWriterId": 62541, "SequenceNumber": n, "Timestamp": time, "Payload": payload}]}
        for n, (time, payload) in enumerate(fields)
    ]  # fmt: skip


XML = '<sensml xmlns="urn:ietf:params:xml:ns:senml">{}</sensml>'
FORMS: dict[str, bytes] = {
    "shdr": "\n".join("|".join(row) for row in SHIFT).encode(),
    "shdr utf-16": "\r\n".join("|".join(row) for row in SHIFT).encode("utf-16"),
    "senml json": json.dumps(senml()).encode(),
    "senml cbor": cbor2.dumps([{{"bn": -2, "n": 0, "t": 6, "v": 2, "vs": 3}[k]: v for k, v in r.items()} for r in senml()]),
    "nc-link": json.dumps(nclink()).encode(),
    "sparkplug-b": sparkplug(),
    "opc-ua": json.dumps(opc_ua()).encode(),
    "opc-ua, one message a line": "\n".join(map(json.dumps, opc_ua())).encode(),
}  # fmt: skip
FORMS["senml xml"] = XML.format(
    "".join("<senml " + " ".join(f'{k}="{v}"' for k, v in record.items()) + "/>" for record in senml())
).encode()


@pytest.mark.parametrize("form", FORMS)
def test_one_shift_in_every_form(form: str) -> None:
    document = read_bytes(FORMS[form])
    assert (document.kind, document.format) == ("machine-data", re.split("[ ,]", form)[0])
    assert {name: document.facts.get(name) for name in SAME} == SAME
    assert "gaps" not in document.facts


def codes(document: Document) -> list[str]:
    return [w.code for w in document.warnings]


def test_shdr_lines_of_real_adapters() -> None:
    log = (
        "* uuid: RC-V01\n"
        "2026-07-06T08:00:00.1Z|avail|AVAILABLE|path_execution|ACTIVE|Fovr|100\n"
        "2026-07-06T08:00:01Z|system|FAULT|ALM-1|2|HIGH|over travel\n"
        "2026-07-06T08:00:01Z|zload|UNAVAILABLE||||\n"
        "2026-07-06T08:00:02Z|message|CODE|operator called\n"
        "2026-07-06T08:00:03Z|@ASSET@|T1|CuttingTool|--multiline--AB\n<CuttingTool>\n2026-07-06T09:99:99Z|not|data\n--multiline--AB\n"
        "2026-07-06T08:00:10.1Z@5.2|path_execution|STOPPED\n"
    )
    facts = read_bytes(log.encode()).facts
    assert (facts["observations"], facts["unavailable"]) == ("7", "1")
    assert (facts["device.0001.id"], facts["device.0001.active_seconds"]) == ("RC-V01", "10")


@pytest.mark.parametrize(("line", "observations"), [
    ("wave|5|100|1 2 3 4 5", 1),
    ("a|1|b|1 2", 2),
    ("vars|a=1 b={x y}", 1),
    ("alarm|500|500|CRITICAL|ACTIVE|spindle overload", 1),
    ("msg|CHG|change inserts", 1),
    ("servo|FAULT|500|2|HIGH|overtravel", 1),
    ("servo|WARNING|500|2|HIGH|hot", 1),
    ("servo| normal |500|2|HIGH|", 1),
    ("servo|NORMAL|500|2", 1),
    ("@REMOVE_ASSET@|T1", 0),
    ("@UPDATE_ASSET@|T1|OverallToolLength|323", 0),
])  # fmt: skip
def test_what_one_line_of_an_adapter_counts(line: str, observations: int) -> None:
    facts = read_bytes(f"2026-07-06T08:00:00Z|mode|AUTO\n2026-07-06T08:00:01Z|{line}\n".encode()).facts
    assert facts["observations"] == str(observations + 1)


@pytest.mark.parametrize(("times", "start", "end"), [
    (("08:00:02.5001Z", "08:00:02.55Z", "08:00:02Z", "08:00:02.5Z"), "08:00:02Z", "08:00:02.55Z"),
    (("08:00:02.5Z", "08:00:09Z", "99:00:00", "08:00:01.75Z"), "08:00:01.75Z", "08:00:09Z"),
    (("16:00:00+08:00", "10:00:00+05:00", "08:30:00-02:00", "08:30:00Z"), "05:00:00Z", "10:30:00Z"),
])  # fmt: skip
def test_the_first_and_the_last_time_of_a_log(times: tuple[str, ...], start: str, end: str) -> None:
    """Fractions, offsets and times that are none do not sort as texts."""
    log = "\n".join(f"2026-07-06T{time}|load|1" for time in (*times, times[0], times[0]))
    facts = read_bytes(log.encode()).facts
    assert (facts["start"], facts["end"]) == (f"2026-07-06T{start}", f"2026-07-06T{end}")


def test_a_day_that_does_not_exist_is_not_the_first() -> None:
    days = ("2026-02-30", "2026-07-06", "2026-07-08", "2026-07-07")
    log = "".join(f"{day}T16:00:00+08:00|load|1\n" for day in days)
    facts = read_bytes(log.encode()).facts
    assert (facts["start"], facts["end"]) == ("2026-07-06T08:00:00Z", "2026-07-08T08:00:00Z")


def test_self_described_cbor_is_what_it_holds() -> None:
    assert read_bytes(b"\xd9\xd9\xf7" + FORMS["senml cbor"]).facts == read_bytes(FORMS["senml cbor"]).facts


LINES = ("execution|ACTIVE", "execution|READY", "partcount|{n}", "load|{n}.5", "execution|UNAVAILABLE", "load|UNAVAILABLE", "a|1|partcount|{n}",
         "system|FAULT|1|2|HIGH|x", "@REMOVE_ASSET@|T1", "note|one\nand its rest", "note|2026-07-06", "")  # fmt: skip


@given(kinds=st.lists(st.integers(0, len(LINES) - 1), min_size=10, max_size=60), cut=st.integers(0, 3000))
@settings(max_examples=30, deadline=None)
def test_records_given_one_by_one_and_across_a_blocks_end_say_the_same(kinds: list[int], cut: int) -> None:
    start = "2026-07-06T07:00:00Z|mode|AUTO"
    rows = [f"2026-07-06T08:{n:02}:00.5Z|{LINES[kind].format(n=n)}" for n, kind in enumerate(kinds)]
    across = "\n".join([start + "x" * (CHUNK - cut), *rows])
    document, other = (
        read_bytes(across.encode()),
        read_bytes("\n* note\n".join([start, *rows]).encode()),
    )
    assert (document.facts, document.trace) == (other.facts, other.trace)


def test_an_offset_without_its_colon_is_one() -> None:
    log = "2026-07-06T08:00:00.5+0800|execution|ACTIVE\n2026-07-06T09:00:00.5+0800|execution|READY\n"
    facts = read_bytes(log.encode()).facts
    assert (facts["start"], facts["device.0001.active_seconds"]) == ("2026-07-06T00:00:00.5Z", "3600")


def test_senml_labels_that_nobody_knows() -> None:
    rows = json.loads(sample("machine.senml.json"))
    plain = read_sample("machine.senml.json").facts
    assert read_bytes(json.dumps([row | {"vendor": "x"} for row in rows]).encode()).facts == plain
    with pytest.raises(MalformedDocumentError, match="must be understood"):
        read_bytes(json.dumps([row | {"limit_": 1} for row in rows]).encode())


def test_wrapped_lines_are_joined(data_dir: Path) -> None:
    folder = data_dir / "iot/nist-mtc/shdr"
    raw = read_bytes((folder / "raw-1-31-2017-Hurco02.txt").read_bytes())
    clean = read_bytes((folder / "clean-1-31-2017-Hurco02.txt").read_bytes())
    assert raw.facts == clean.facts


def test_a_line_without_end_is_refused() -> None:
    data = b"2026-07-06T08:00:00Z|a|1\n" + b"x" * (9 << 20)
    with pytest.raises(MalformedDocumentError) as caught:
        read_bytes(data)
    assert caught.value.code == "LINE_TOO_LONG"


@pytest.mark.parametrize(
    "name",
    [
        "ex3.gen.json",
        "ex3.gen.cbor",
        "ex3.gen.xml",
        "ex5.gen.json",
        "ex5.gen.cbor",
        "ex5.gen.xml",
        "ex11.gen.json",
    ],
)
def test_senml_base_values_are_resolved(name: str, data_dir: Path) -> None:
    folder = data_dir / "iot/senml"
    resolved = folder / (name.partition(".")[0] + ".gen.resolved.json")
    assert read_bytes((folder / name).read_bytes()).facts == read_bytes(resolved.read_bytes()).facts


def test_relative_times_are_not_guessed(data_dir: Path) -> None:
    document = read_bytes((data_dir / "iot/senml/ex9.gen.json").read_bytes())
    assert "start" not in document.facts
    assert codes(document) == ["RELATIVE_TIME"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (FORMS["senml cbor"][:-3], "CBOR"),
        (b"\x82\xa1\x00\x61a\xa1\x02" + b"\x81" * 100_000, "TOO_DEEP"),
        (b"\x82\xa1\x00\x61a\xa1\x02\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "CBOR"),
        (json.dumps([{"n": "a", "v": "many"}]).encode(), "SENML"),
        (FORMS["sparkplug-b"][:-20], "PROTOBUF"),
        (FORMS["sparkplug-b"][:7] + b"\x12\xff\xff\xff\xff\x7f", "PROTOBUF"),
    ],
)
def test_hostile_and_broken_logs_are_errors(data: bytes, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_bytes(data)
    assert caught.value.code == code


@pytest.mark.parametrize("form", ["senml cbor", "sparkplug-b", "shdr", "nc-link", "senml json"])
@given(data=st.data())
def test_flipped_bytes_never_crash(form: str, data: st.DataObject) -> None:
    raw = bytearray(FORMS[form])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_bytes(bytes(raw), Limits(max_bytes=1 << 20))
    except DocumentError as e:
        assert e.code


def test_opc_ua_names_its_writer_and_other_messages_state_nothing() -> None:
    messages = opc_ua()
    assert read_bytes(json.dumps(messages).encode()).facts["device.0001.id"] == "M4/62541"
    named = json.dumps(messages).replace('"DataSetWriterId": 62541', '"DataSetWriterName": "VMC-850"')
    assert read_bytes(named.encode()).facts["device.0001.id"] == "VMC-850"
    single = messages[0] | {"Messages": messages[0]["Messages"][0]}  # type: ignore[index]
    assert read_bytes(json.dumps(single).encode()).facts["observations"] == "1"
    other = read_bytes(
        b'{"MessageId": "1", "MessageType": "ua-metadata", "PublisherId": "M4", "MetaData": {"Fields": []}}'
    )
    assert (other.kind, other.format, codes(other)) == ("other", "opc-ua", ["NO_FACTS"])


def test_an_nc_link_model_states_nothing() -> None:
    document = read_bytes(
        json.dumps({"type": "NC_LINK_ROOT", "devices": [{"id": "0103", "guid": "x"}]}).encode()
    )
    assert (document.kind, document.format, codes(document)) == ("other", "nc-link", ["NO_FACTS"])


def test_nc_link_values_at_an_interval() -> None:
    message = {
        "guid": "m",
        "beginTime": "20260706081000",
        "sampleInterval": 500,
        "values": [{"name": "PartCount", "values": [1, 2, 5]}],
    }
    facts = read_bytes(json.dumps(message).encode()).facts
    assert (facts["start_local"], facts["end_local"], facts["device.0001.parts"]) == (
        "2026-07-06T08:10:00",
        "2026-07-06T08:10:01",
        "4",
    )


@given(st.sets(st.integers(0, 300_000), min_size=1, max_size=60))
def test_gaps_against_a_plain_count(numbers: set[int]) -> None:
    sequences = Sequences()
    assert sequences.update(numbers) == 0
    assert sequences.update(numbers) == len(numbers)
    ordered = sorted(numbers)
    assert sequences.gaps() == sum(b - a > 1 for a, b in pairwise(ordered))


@pytest.mark.parametrize("begin", ["2026-07-06T00:10:00Z", "1783296600000", "2026-07-06 00:10:00Z"])
def test_nc_link_spells_times_in_several_ways(begin: str) -> None:
    message = {
        "guid": "m",
        "beginTime": begin,
        "data": [{"id": "01", "type": "PartCount", "data": [{"time": begin, "value": 3}, 4]}, "noise"],
    }
    facts = read_bytes(json.dumps(message).encode()).facts
    assert (facts["start"], facts["device.0001.parts"]) == ("2026-07-06T00:10:00Z", "1")


def compressed(body: bytes, *fields: bytes) -> bytes:
    time = varint(8) + varint(int(seconds("2026-07-06T08:00:00") * 1000))
    return time + b"".join(fields) + field(4, b"SPBV1.0_COMPRESSED") + field(5, body)


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_a_compressed_sparkplug_payload_is_what_it_holds(pack: Callable[[bytes], bytes]) -> None:
    plain = read_bytes(FORMS["sparkplug-b"])
    algorithm = field(2, field(1, b"algorithm") + field(15, b"GZIP"))
    for data in (
        compressed(pack(FORMS["sparkplug-b"])),
        compressed(pack(FORMS["sparkplug-b"]), algorithm, varint(24) + b"\x07"),
    ):
        document = read_bytes(data)
        assert (document.format, document.facts) == ("sparkplug-b", plain.facts)


@pytest.mark.parametrize(("body", "code"), [(b"no zlib", "PROTOBUF"), (zlib.compress(b"\0" * 99)[:-4], "PROTOBUF"), (zlib.compress(bytes(5000)), "ARCHIVE_SIZE")])  # fmt: skip
def test_hostile_compressed_payloads_are_refused(body: bytes, code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_bytes(compressed(body), Limits(max_expanded_bytes=1000))
    assert caught.value.code == code


def test_sparkplug_numbers_of_every_width() -> None:
    import struct

    time = b"\x08" + varint(1_783_296_600_000)
    metrics = [
        field(1, b"PartCount") + b"\x69" + struct.pack("<d", 5.0),
        field(1, b"PartCount") + b"\x65" + struct.pack("<f", 8.0),
        field(1, b"Ready") + b"\x70\x01",
        field(1, b"Blob") + field(16, b"\x00\xff"),
    ]
    facts = read_bytes(time + b"".join(field(2, m) for m in metrics)).facts
    assert (facts["observations"], facts["device.0001.parts"], facts["start"]) == (
        "4",
        "3",
        "2026-07-06T00:10:00Z",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"\x82\xa1\x00",
        b"\x81\xa1\x02" + b"\x81" * 100_000,
        b"\x81\xa1\x02\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x97\xb7\x20" + bytes(range(256)) * 8,
    ],
)
def test_bytes_that_only_begin_like_senml_are_other(data: bytes) -> None:
    """CBOR has no mark of its own: nonsense is certified by its bytes, whatever they begin like."""
    assert read_bytes(data).kind == "other"


def test_messages_one_a_line_and_messages_delivered_twice() -> None:
    """A broker delivers at least once: what arrives again, or late, changes nothing."""
    messages = nclink()
    once = read_bytes(json.dumps(messages).encode())
    for order in (messages, messages + messages, messages[::-1]):
        lines = "\r\n".join(json.dumps(message) for message in order).encode()
        document = read_bytes(b"\xef\xbb\xbf" + lines + b"\n")
        assert document.format == "nc-link"
        assert {n: document.facts[n] for n in SAME if n.startswith("device.")} == {
            n: once.facts[n] for n in SAME if n.startswith("device.")
        }
    assert read_bytes(b'{"a": 1}\n{"b": 2').format == "other"


def test_states_at_one_moment_stand_as_the_file_has_them() -> None:
    rows = [("08:00:00", "ACTIVE"), ("08:10:00", "READY"), ("08:10:00", "ACTIVE"), ("08:20:00", "READY")]
    records = [{"n": "m:execution", "t": seconds(f"2026-07-06T{t}Z"), "vs": v} for t, v in rows]
    assert read_bytes(json.dumps(records).encode()).facts["device.0001.active_seconds"] == "1200"
