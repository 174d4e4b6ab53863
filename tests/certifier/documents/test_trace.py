"""What evidence needs beyond facts: states over time, measured values, terms; it crosses to other processes whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from certifier.documents import Interval, Measured, Reader, Trace, read_bytes
from certifier.documents.trace import EMPTY, MAX_ENTRIES, pack, unpack
from scripts.two_rivers.papers import tables

from .helpers import SAMPLES, read_sample, sample
from .test_machine_logs import FORMS
from .test_mtconnect import multipart, page

FULL = Trace(
    (Interval("L31", "ACTIVE", 1_780_000_000_000, 1_780_000_060_000), Interval("L32", "UNAVAILABLE", 1, 2)),
    (Measured("11", "P201-001", "25.0031"),),
    {"L31": 12},
    "ab" * 32,
    0,
    ("PO-1", "PO-2"),
    ("DN-1",),
    "6222000000000011",
    local=True,
    truncated=True,
)
T0 = 1_783_296_600_000
"""2026-07-06T00:10:00Z in milliseconds."""


def test_a_trace_crosses_processes_whole() -> None:
    for trace in (FULL, Trace(terms_days=60), Trace(parts={"": 0})):
        assert unpack(json.loads(json.dumps(pack(trace)))) == trace


def test_an_empty_trace_is_nothing() -> None:
    assert pack(EMPTY) is None
    assert unpack(None) is EMPTY


def test_workers_give_the_same_trace_as_this_process() -> None:
    paths = sorted(SAMPLES.iterdir())
    with Reader(workers=1) as reader:
        for path, reading in zip(paths, reader.read(paths), strict=True):
            assert reading.document is not None
            assert reading.document == read_bytes(path.read_bytes())


def spells(trace: Trace) -> list[tuple[str, int, int]]:
    return [(i.state, (i.start - T0) // 1000, (i.end - T0) // 1000) for i in trace.intervals]


@pytest.mark.parametrize("form", FORMS)
def test_one_shift_in_every_form(form: str) -> None:
    trace = read_bytes(FORMS[form]).trace
    assert spells(trace) == [("ACTIVE", 0, 18680), ("IDLE", 18680, 21000)]
    assert set(trace.parts.values()) == {24}
    assert not trace.local


def test_states_of_a_machine() -> None:
    events = [("READY", "00"), ("ACTIVE", "10"), ("ACTIVE", "20"), ("FEED_HOLD", "30"), ("UNAVAILABLE", "35"), ("PROGRAM_COMPLETED", "40"), ("SOMETHING", "50")]  # fmt: skip
    log = "".join(f"2026-07-06T00:{minute}:00Z|m1:execution|{state}\n" for state, minute in events)
    trace = read_bytes((log + "2026-07-06T00:55:00Z|m1:load|5\n").encode()).trace
    assert [(i.device, i.state, (i.end - i.start) // 60_000) for i in trace.intervals] == [
        ("m1", "IDLE", 10), ("m1", "ACTIVE", 20), ("m1", "STOPPED", 5), ("m1", "UNAVAILABLE", 5), ("m1", "IDLE", 15)]  # fmt: skip


def test_several_paths_are_one_machine() -> None:
    log = (
        "2026-07-06T00:10:00Z|path1_execution|ACTIVE|path2_execution|READY\n"
        "2026-07-06T00:20:00Z|path2_execution|ACTIVE\n"
        "2026-07-06T00:30:00Z|path1_execution|STOPPED\n"
        "2026-07-06T00:40:00Z|path2_execution|STOPPED\n"
        "2026-07-06T00:50:00Z|path2_execution|READY\n"
    )
    document = read_bytes(log.encode())
    assert spells(document.trace) == [("ACTIVE", 0, 1800), ("STOPPED", 1800, 2400)]
    assert document.facts["device.0001.active_seconds"] == "1800"


def test_nothing_is_known_between_two_runs_of_an_agent() -> None:
    first = page(("Execution", 100, "00:10:00", "ACTIVE"), ("Line", 101, "00:20:00", "1"))
    second = page(("Execution", 1, "02:00:00", "READY"), ("Execution", 2, "03:00:00", "ACTIVE"), instance="2")
    assert spells(read_bytes(multipart(first, second, lengths=True)).trace) == [
        ("ACTIVE", 0, 600),
        ("IDLE", 6600, 10200),
    ]


def test_times_without_offset_are_chinas() -> None:
    log = b"2026-07-06T08:10:00|execution|ACTIVE\n2026-07-06T08:20:00|execution|READY\n"
    document = read_bytes(log)
    assert spells(document.trace) == [("ACTIVE", 0, 600)]
    assert document.trace.local
    assert document.facts["start_local"] == "2026-07-06T08:10:00"


DIGEST = "9f2c6c1d1f0f6f6bb1c9a4f0c3bd0e5d7c8b9a00112233445566778899aabbcc"


@pytest.mark.parametrize(
    "log",
    [
        sample("machine.shdr"),
        sample("machine.xml").replace(b"Two mills over", f"previous sha256:{DIGEST.upper()} of".encode()),
        json.dumps([{"bn": "m_", "bt": 1783296000, "n": "previous", "vs": DIGEST}]).encode(),
        json.dumps([{"guid": "m", "beginTime": 1783296000000, "previous": DIGEST, "values": []}]).encode(),
    ],
)
def test_the_log_before(log: bytes) -> None:
    assert read_bytes(log).trace.previous == DIGEST
    assert read_bytes(log.replace(b"previous", b"somethin")).trace.previous is None


def long_log(cycles: int, swap: int = 0) -> bytes:
    """Cycles of ten seconds, seven of them cutting, a part each; optionally two lines that changed their places."""
    rows = []
    for cycle in range(cycles):
        second = cycle * 10
        for offset, item in ((0, "execution|ACTIVE"), (7, "execution|READY"), (7, f"partcount|{cycle + 1}")):
            day, rest = divmod(second + offset, 86400)
            rows.append(
                f"2026-07-{6 + day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z|m:{item}"
            )
    if swap:
        rows[swap], rows[swap + 2] = rows[swap + 2], rows[swap]
    return "\n".join(rows).encode()


def test_a_long_log_is_folded_without_loss_and_its_trace_is_cut() -> None:
    """Past 2^17 states of one item the older half is added up for good."""
    document = read_bytes(long_log(105_000))
    assert (document.facts["device.0001.active_seconds"], document.facts["device.0001.parts"]) == (
        "735000",
        "104999",
    )
    assert [w.code for w in document.warnings] == []
    assert len(document.trace.intervals) == MAX_ENTRIES
    assert document.trace.truncated
    assert {i.end - i.start for i in document.trace.intervals} == {7000, 3000}


def test_measured_values() -> None:
    qif = read_sample("inspection.qif").trace.measured
    assert (len(qif), qif[0], qif[-1].characteristic) == (
        24,
        Measured("Diameter", qif[0].part, "31.998"),
        "Flatness",
    )
    dfq = read_sample("inspection.dfq").trace.measured
    assert dfq == (Measured("D1", "S1", "31.998"), Measured("L1", "S1", "49.012"), Measured("D1", "S2", "32.031"), Measured("L1", "S2", "48.991"))  # fmt: skip


@pytest.mark.parametrize(
    "rows",
    [
        [("序号", "直径/mm", "长度/mm", "判定"), ("1", "32.001", "49.0", "合格"), ("2", "32.031", "", "不合格")],
        [("件号", "检验项目", "上限", "实测值"), ("1", "直径/mm", "32.025", "32.0010"), ("1", "长度/mm", "49.05", "49.0"), ("2", "直径/mm", "32.025", "32.031")],
    ],
)  # fmt: skip
def test_measured_values_of_a_workbooks_second_sheet(rows: list[tuple[str, ...]]) -> None:
    document = read_bytes(tables.xlsx("inspection-report", [{"number": "R1", "parts": 2}], ("实测值", rows)))
    assert document.trace.measured == (
        Measured("直径/mm", "1", "32.001"),
        Measured("长度/mm", "1", "49"),
        Measured("直径/mm", "2", "32.031"),
    )


def test_real_measured_values(data_dir: Path) -> None:
    folder = data_dir / "inspection"
    plates = read_bytes((folder / "nist-mtc/incoming-PlateResults_20_samples.QIF").read_bytes())
    assert len(plates.trace.measured) == int(plates.facts["characteristics"])
    assert Measured("FLATNESS1", plates.trace.measured[0].part, "0.055") in plates.trace.measured
    assert "17.499" in {m.value for m in plates.trace.measured}
    assert len({m.part for m in plates.trace.measured}) == int(plates.facts["parts"])


def test_payment_terms() -> None:
    order = sample("order.xml").replace(
        b"<cac:OrderLine>",
        b"<cac:PaymentTerms><cac:SettlementPeriod><cbc:DurationMeasure unitCode='DAY'>45</cbc:DurationMeasure></cac:SettlementPeriod></cac:PaymentTerms><cac:OrderLine>",
        1,
    )
    assert read_bytes(order).trace.terms_days == 45
    assert read_sample("e-fapiao-2019.xml").trace.terms_days == 60
    row = {"number": "O1", "terms_days": "30天", "line.item": "P"}
    assert read_bytes(tables.xlsx("purchase-order", [row])).trace.terms_days == 30
    edi = sample("invoice-d96a.edi").replace(b"CUX+", b"PAT+1++5:3:D:21'CUX+", 1)
    assert read_bytes(edi).trace.terms_days == 21


def test_every_order_that_a_paper_names() -> None:
    two = sample("e-fapiao.xml").replace(
        "订单号 JL-PO-2026-0703".encode(), "订单号：PO-2，PO-10；送货单号：DN-1".encode()
    )
    document = read_bytes(two)
    assert (document.trace.orders, document.trace.despatches) == (("PO-2", "PO-10"), ("DN-1",))
    assert "order_number" not in document.facts
    assert document.facts["despatch_number"] == "DN-1"
    assert read_sample("e-fapiao.xml").facts["order_number"] == "JL-PO-2026-0703"
    assert read_sample("epcis-shipping.jsonld").trace.orders == ("JL-PO-2026-0703",)
