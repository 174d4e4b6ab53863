"""Inspection and calibration: QIF's statuses against values, AQDEF's K-fields, digital calibration certificates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from certifier.documents import Document, read_bytes
from certifier.errors import MalformedDocumentError

from .helpers import read_sample, sample


def codes(document: Document) -> list[str]:
    return [w.code for w in document.warnings]


def test_our_report() -> None:
    document = read_sample("inspection.qif")
    facts = document.facts
    assert (
        facts["parts"],
        facts["parts_failed"],
        facts["characteristics"],
        facts["characteristics_failed"],
    ) == ("8", "1", "24", "1")
    assert (facts["number"], facts["product"], facts["instrument.0001.id"]) == (
        "RC-IR-260707-1",
        "P201",
        "RC-CMM-01",
    )
    assert facts["inspected_at"] == "2026-07-07T10:30:00Z"
    assert codes(document) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"<CharacteristicStatusEnum>FAIL", b"<CharacteristicStatusEnum>PASS", "STATUS_DEVIATION"),
        (b"<Value>31.998", b"<Value>32.998", "STATUS_DEVIATION"),
        (b"<Status><InspectionStatusEnum>FAIL", b"<Status><InspectionStatusEnum>PASS", "STATUS_CONFLICT"),
        (b"<Value>0.021", b"<Value>0.051", "STATUS_DEVIATION"),
    ],
)
def test_a_status_that_its_value_denies_is_told(old: bytes, new: bytes, code: str) -> None:
    data = sample("inspection.qif")
    assert old in data
    document = read_bytes(data.replace(old, new, 1))
    assert codes(document) == [code]


def test_a_status_is_counted_once() -> None:
    without = sample("inspection.qif").replace(
        b"<InspectionStatus><InspectionStatusEnum>FAIL</InspectionStatusEnum></InspectionStatus>", b""
    )
    assert read_bytes(without).facts["parts_failed"] == "1"


def test_qif_2_has_other_names() -> None:
    old = (
        sample("inspection.qif")
        .replace(b"qif3", b"qif2")
        .replace(b"Measurement>", b"Actual>")
        .replace(b"CharacteristicMeasurements", b"CharacteristicActuals")
    )
    old = (
        old.replace(b"CharacteristicMeasurement id", b"CharacteristicActual id")
        .replace(b"<Results>", b"<MeasurementsResults>")
        .replace(b"</Results>", b"</MeasurementsResults>")
    )
    assert read_bytes(old).facts == read_sample("inspection.qif").facts


DFQ = "K0100 1\nK1001/1 P201\nK1002/1 valve body\nK2001/1 bore\nK2101/1 32,0\nK2110/1 31,975\nK2111/1 32,025\nK2401/1 RC-CMM-01\n"


def test_aqdef_values_against_their_limits() -> None:
    values = "".join(
        f"K0001/1 {v}\nK0004/1 07.07.2026/1{i}:00:00\nK0014/1 S{i}\n"
        for i, v in enumerate(("31,998", "32,004", "32,031"))
    )
    document = read_bytes((DFQ + values).encode())
    facts = document.facts
    assert (document.kind, document.format, codes(document)) == ("inspection-report", "aqdef", [])
    assert (facts["product"], facts["characteristics"], facts["characteristics_failed"], facts["parts"]) == (
        "P201",
        "3",
        "1",
        "3",
    )
    assert (facts["inspected_at_local"], facts["instrument.0001.id"]) == ("2026-07-07T12:00:00", "RC-CMM-01")
    compact = "31.998\x140\x1407.07.2026/10:00:00\n32.031\x140\x1407.07.2026/12:00:00\n"
    facts = read_bytes((DFQ + compact).encode("latin-1")).facts
    assert (facts["characteristics"], facts["characteristics_failed"]) == ("2", "1")


def test_aqdef_without_limits_states_no_failures() -> None:
    facts = read_bytes(
        (DFQ.replace("K2110", "K2119").replace("K2111", "K2118") + "K0001/1 5\n").encode()
    ).facts
    assert facts["characteristics"] == "1"
    assert "characteristics_failed" not in facts


def test_aqdef_values_that_are_marked_invalid_or_are_counts_are_none() -> None:
    listed = DFQ + "K0001/1 31.998\nK0002/1 0\nK0001/1 99\nK0002/1 255\nK0001/1 0\nK0002/1 256\n"
    compact = DFQ + "31.998\x140\n99\x14255\n31.999\x140\n"
    for data, count in ((listed, "1"), (compact, "2")):
        facts = read_bytes(data.encode()).facts
        assert (facts["characteristics"], facts["characteristics_failed"]) == (count, "0")
    attributive = read_bytes((DFQ + "K2004/1 1\n50\x142\x140\n").encode()).facts
    assert "characteristics" not in attributive


def test_aqdef_that_cannot_be_finished() -> None:
    with pytest.raises(MalformedDocumentError, match="line 9"):
        read_bytes((DFQ + "what is this\n").encode())


def test_real_aqdef(data_dir: Path) -> None:
    folder = data_dir / "inspection/aqdef"
    three = read_bytes(
        (folder / "basicDfq_threeParts_differentNumberOfCharacteristics.dfq").read_bytes()
    ).facts
    assert (three["characteristics"], three["characteristics_failed"]) == ("26", "3")
    assert three["inspected_at_local"] == "2013-01-08T15:18:31"
    assert "product" not in three
    empty = read_bytes((folder / "basicDfq_singlePart_singleCharacteristic_noValues.dfq").read_bytes()).facts
    assert (empty["product"], empty["characteristics"]) == ("<part_number_1>", "0")


def test_a_calibration_certificate() -> None:
    document = read_sample("calibration.xml")
    facts = document.facts
    assert (document.kind, document.format, codes(document)) == ("calibration", "dcc", [])
    assert (facts["number"], facts["calibrated_date"], facts["laboratory_name"]) == (
        "XN-CAL-2026-0518",
        "2026-05-18",
        "西南计量检测",
    )
    assert (facts["customer_name"], facts["instruments"], facts["instrument.0001.id"]) == (
        "锐川精密",
        "1",
        "RC-CMM-01",
    )


ISSUERS = ("manufacturer", "calibrationLaboratory", "customer", "owner")


@pytest.mark.parametrize("first", range(len(ISSUERS)))
def test_an_instrument_has_its_maker_s_number_else_the_laboratory_s_else_the_customer_s(first: int) -> None:
    stated = "".join(
        f"<dcc:identification><dcc:issuer>{issuer}</dcc:issuer><dcc:value>{issuer}-7</dcc:value></dcc:identification>"
        for issuer in reversed(ISSUERS[first:])
    )
    data = re.sub(
        rb"<dcc:identification>.*</dcc:identification>",
        stated.encode(),
        sample("calibration.xml"),
        flags=re.DOTALL,
    )
    assert read_bytes(data).facts["instrument.0001.id"] == f"{ISSUERS[first]}-7"
