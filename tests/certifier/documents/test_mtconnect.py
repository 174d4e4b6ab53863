"""MTConnect Streams: active time, counters, gaps, instances, pages, and flat memory."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certifier.documents import Document, read_bytes
from certifier.errors import MalformedDocumentError

from .helpers import read_sample, sample

NAMESPACE = ' xmlns="urn:mtconnect.org:MTConnectStreams:1.8"'


def page(*events: tuple[str, int, str, str], namespace: str = NAMESPACE, instance: str = "1") -> bytes:
    """A document of one device with events (name, sequence, hh:mm:ss, value)."""
    body = "".join(
        f'<{n} dataItemId="{n.partition(" ")[0]}" timestamp="2026-07-06T{t}Z" sequence="{s}">{v}</{n.partition(" ")[0]}>'
        for n, s, t, v in events
    )
    return (
        f'<?xml version="1.0"?><MTConnectStreams{namespace}><Header instanceId="{instance}"/><Streams><DeviceStream name="m" uuid="u">'
        f'<ComponentStream componentId="c"><Events>{body}</Events></ComponentStream></DeviceStream></Streams></MTConnectStreams>'
    ).encode()


def facts(*events: tuple[str, int, str, str], **how: str) -> dict[str, str]:
    return dict(read_bytes(page(*events, **how)).facts)


@pytest.mark.parametrize("namespace", [NAMESPACE, ' xmlns="urn:mtconnect.org:MTConnectStreams:1.1"', ""])
def test_any_namespace_or_none(namespace: str) -> None:
    found = facts(
        ("Execution", 1, "08:00:00", "ACTIVE"), ("Execution", 2, "08:10:00.5", "READY"), namespace=namespace
    )
    assert found["device.0001.active_seconds"] == "600.5"
    assert (found["device.0001.id"], found["gaps"]) == ("u", "0")


def test_unavailable_ends_activity_and_is_not_idle() -> None:
    found = facts(
        ("Execution", 1, "08:00:00", "ACTIVE"),
        ("Execution", 2, "08:01:00", "UNAVAILABLE"),
        ("Execution", 3, "09:00:00", "READY"),
    )
    assert (found["device.0001.active_seconds"], found["unavailable"]) == ("60", "1")
    only = facts(("Execution", 1, "08:00:00", "UNAVAILABLE"))
    assert "device.0001.active_seconds" not in only


def test_an_unended_state_holds_until_the_last_sign_of_life() -> None:
    found = facts(("Execution", 1, "08:00:00", "ACTIVE"), ("Block", 2, "08:05:00", "N10"))
    assert found["device.0001.active_seconds"] == "300"


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        (["1909", "1910", "1913"], "4"),
        (["5"], "0"),
        (["10", "12", "0", "3"], "5"),
        (["10", "UNAVAILABLE", "12"], "2"),
        (["10", "nonsense", "12"], "2"),
    ],
)
def test_a_counter_counts_by_differences(counts: list[str], parts: str) -> None:
    assert (
        facts(*(("PartCount", i, f"08:00:{i:02}", v) for i, v in enumerate(counts, 1)))["device.0001.parts"]
        == parts
    )


def test_targets_are_not_parts() -> None:
    found = facts(
        ('PartCount subType="TARGET"', 1, "08:00:00", "1"),
        ('PartCount subType="TARGET"', 2, "08:00:01", "90"),
    )
    assert "device.0001.parts" not in found


def test_a_reset_is_told() -> None:
    document = read_bytes(page(("PartCount", 1, "08:00:00", "10"), ("PartCount", 2, "08:00:01", "0")))
    assert [w.code for w in document.warnings] == ["COUNTER_RESET"]


def test_what_is_made_after_a_reset_counts_too() -> None:
    """10 → 14 are four, then one more after it fell to 1, then two; and a counter that says it was reset began anew at 3."""
    fell = page(*(("PartCount", n, f"08:00:0{n}", count) for n, count in enumerate(("10", "14", "1", "3"))))
    document = read_bytes(fell)
    assert (document.facts["device.0001.parts"], document.warnings[0].message) == (
        "7",
        "device u: the part counter was reset 1 times",
    )
    said = read_bytes(
        page(("PartCount", 1, "08:00:00", "2"), ('PartCount resetTriggered="DAY"', 2, "08:00:01", "3"))
    )
    assert (said.facts["device.0001.parts"], [w.code for w in said.warnings]) == ("3", ["COUNTER_RESET"])


def test_gaps_are_runs_of_missing_numbers() -> None:
    numbers = [1, 2, 3, 7, 8, 70_000, 70_001, 200_000]
    found = facts(*(("Line", n, "08:00:00", "1") for n in numbers))
    assert (found["gaps"], found["observations"]) == ("3", "8")
    assert (found["device.0001.first_sequence"], found["device.0001.last_sequence"]) == ("1", "200000")
    across = facts(*(("Line", n, "08:00:00", "1") for n in range(65_530, 65_545)))
    assert across["gaps"] == "0"


def test_the_clock_that_steps_back_is_told() -> None:
    document = read_bytes(page(("Execution", 1, "08:10:00", "ACTIVE"), ("Execution", 2, "08:00:00", "READY")))
    assert "CLOCK_STEP" in {w.code for w in document.warnings}


def multipart(*pages: bytes, lengths: bool) -> bytes:
    out = b""
    for body in pages:
        length = b"Content-length: %d\r\n" % len(body) if lengths else b""
        out += b"--x1y2\r\nContent-type: text/xml\r\n" + length + b"\r\n" + body + b"\r\n"
    return out + b"--x1y2--\r\n"


@pytest.mark.parametrize("lengths", [True, False])
def test_pages_continue_each_other(lengths: bool) -> None:
    first = page(("Execution", 1, "08:00:00", "ACTIVE"), ("PartCount", 2, "08:00:00", "5"))
    second = page(("PartCount", 3, "08:30:00", "7"), ("Execution", 4, "09:00:00", "READY"))
    document = read_bytes(multipart(first, second, lengths=lengths))
    assert document.media_type == "multipart/x-mixed-replace"
    expected = {"active_seconds": "3600", "parts": "2", "first_sequence": "1", "last_sequence": "4"}
    assert {n: document.facts[f"device.0001.{n}"] for n in expected} == expected
    assert document.facts["gaps"] == "0"
    repeated = read_bytes(multipart(first, first, second, lengths=lengths))
    assert repeated.facts == document.facts
    assert [w.code for w in repeated.warnings] == ["REPEATED_SEQUENCE"]


@pytest.mark.parametrize("between", [b"", b"\n", b"\r\n<!-- next -->\r\n", b" " * 300_000])
@pytest.mark.parametrize("declared", [True, False])
def test_documents_written_one_after_the_other(between: bytes, declared: bool) -> None:
    first = page(("Execution", 1, "08:00:00", "ACTIVE"), ("PartCount", 2, "08:00:00", "5"))
    second = page(("PartCount", 3, "08:30:00", "7"), ("Execution", 4, "09:00:00", "READY"))
    whole = multipart(first, second, lengths=True)
    if not declared:
        second = second.removeprefix(b'<?xml version="1.0"?>')
    for document in (first + between + second, first + between + second + between + second):
        assert read_bytes(document).facts == read_bytes(whole).facts
    filling = page(*(("Line", n, "07:00:00", "1") for n in range(100_000, 105_000)))
    assert read_bytes(filling + between + second).facts["observations"] == "5002"
    with pytest.raises(MalformedDocumentError):
        read_bytes(first + between + second[:-9])
    with pytest.raises(MalformedDocumentError):
        read_bytes(first + between + b"that was it")


def test_a_restarted_agent_is_a_break_and_ends_activity() -> None:
    first = page(("Execution", 100, "08:00:00", "ACTIVE"), ("Line", 101, "08:20:00", "1"))
    second = page(("Execution", 1, "10:00:00", "READY"), instance="2")
    document = read_bytes(multipart(first, second, lengths=True))
    assert document.facts["gaps"] == "1"
    assert document.facts["device.0001.active_seconds"] == "1200"


def test_our_job() -> None:
    document: Document = read_sample("machine.xml")
    assert document.facts["device.0001.parts"] == document.facts["device.0002.parts"] == "42"
    assert document.facts["device.0001.active_seconds"] == "32670"
    assert (document.facts["unavailable"], document.facts["gaps"]) == ("6", "0")


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "big5", "iso8859-1", "utf-16"])
def test_encodings(encoding: str) -> None:
    text = sample("machine.xml").decode().replace("UTF-8", encoding, 1)
    name = "机床" if encoding.startswith(("gb", "big", "utf")) else "é"
    document = read_bytes(text.replace('uuid="RC-V01"', f'uuid="{name}"').encode(encoding))
    assert {document.facts["device.0001.id"], document.facts["device.0002.id"]} == {name, "RC-V02"}


def test_a_cut_log_is_an_error() -> None:
    data = sample("machine.xml")
    with pytest.raises(MalformedDocumentError, match="line"):
        read_bytes(data[:-200])


FAKE = '<Execution dataItemId="e" timestamp="2026-07-06T09:30:00Z" sequence="900">ACTIVE</Execution>'
STYLES = (
    '<{name} dataItemId="{item}" timestamp="{time}" sequence="{number}">{value}</{name}>',
    '<{name} sequence="{number}" note="x" timestamp="{time}" dataItemId="{item}"> {value}\n</{name}>\n',
    "<{name} dataItemId='{item}' timestamp='{time}' sequence='{number}'>{value}</{name}>",
    '<{name} dataItemId="{item}"\n timestamp="{time}"\tsequence="{number}">{value}</{name}>',
    '<{name} dataItemId="{item}" timestamp="{time}" sequence="{number}" note="a > b">{value}</{name}>',
    '<{name} dataItemId="{item}" timestamp="{time}" sequence="{number}"><![CDATA[{value}]]></{name}>',
    '<{name} dataItemId="{item}" timestamp="{time}" sequence="{number}">{value}<!-- > --></{name}>',
    '<!-- > ' + FAKE + ' -->\n<{name} dataItemId="{item}" timestamp="{time}" sequence="{number}">&#32;{value}</{name}>',
    '<Unknown note="no time"/><{name} dataItemId="{item}" timestamp="{time}" sequence="{number}">{value}</{name}>',
    '<?pi > ' + FAKE + '?><{name} dataItemId="{item}" timestamp="{time}" sequence="{number}" 机="床">{value}</{name}>',
    '<Unknown note="no time">' + FAKE + '</Unknown><{name} dataItemId="{item}" timestamp="{time}" sequence="{number}">{value}</{name}>',
)  # fmt: skip


def written(styles: list[int], gap: int) -> bytes:
    """A shift whose observations are each written in its style; `gap` blanks move where pieces of the file end."""
    rows = [
        ("PartCount", "p", str(n))
        if n % 3
        else ("Execution", "e", ("ACTIVE", "READY", "UNAVAILABLE")[n % 9 // 3])
        for n in range(len(styles))
    ]
    body = "".join(
        STYLES[style].format(
            name=name, item=item, time=f"2026-07-06T08:{n:02}:00Z", number=n + 1, value=value
        )
        for n, (style, (name, item, value)) in enumerate(zip(styles, rows, strict=True))
    )
    head, tail = page().split(b"</Events>")
    return head + b" " * gap + body.encode() + b"</Events>" + tail


@given(
    styles=st.lists(st.integers(0, len(STYLES) - 1), min_size=2, max_size=40),
    gap=st.integers(261_000, 262_144),
)
@settings(max_examples=30, deadline=None)
def test_however_an_observation_is_written_it_says_the_same(styles: list[int], gap: int) -> None:
    document, plain = read_bytes(written(styles, gap)), read_bytes(written([0] * len(styles), 0))
    assert (document.facts, document.trace) == (plain.facts, plain.trace)


@pytest.mark.parametrize("old", [b' dataItemId="e"', b"</Execution>", b' sequence="1"'])
def test_a_flaw_in_a_plain_run_is_met_as_anywhere_else(old: bytes) -> None:
    data = written([0] * 30, 0)
    assert old in data
    flawed = data.replace(old, b"", 1)
    single = re.sub(rb'="([^"]*)"', rb"='\1'", flawed)
    try:
        expected = read_bytes(single).facts
    except MalformedDocumentError:
        with pytest.raises(MalformedDocumentError):
            read_bytes(flawed)
    else:
        assert read_bytes(flawed).facts == expected
