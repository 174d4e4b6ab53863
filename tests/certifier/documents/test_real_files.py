"""The real files of the field: each is recognised as what it is, with the facts that a person reads in it.

Expectations were taken by hand from the files (and from SOURCES.md), not from what the readers answered.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from certifier.documents import read_bytes
from certifier.errors import DocumentError

Row = tuple[str, str, str, dict[str, str], set[str]]
"""Path, kind, format, some of the facts, codes of warnings (a subset)."""

UBL: list[Row] = [
    (
        "invoices/ubl/UBL-CreditNote-2.1-Example.xml",
        "credit-note",
        "ubl",
        {"number": "TOSL108", "currency": "EUR", "net": "1436.5", "total": "1729", "payable": "729", "seller_id": "DK12345",
         "seller_name": "The Sellercompany Incorporated", "lines": "5", "line.0005.quantity": "250 C62"},
        {"BR-CO-15", "BR-CO-16"},
    ),
    (
        "invoices/ubl/UBL-Order-2.1-Example.xml",
        "purchase-order",
        "ubl",
        {"number": "34", "issue_date": "2010-01-20", "currency": "SEK", "buyer_id": "SE1234567801", "buyer_name": "Johnssons Byggvaror AB",
         "seller_id": "5532332283", "seller_name": "Moderna Produkter AB", "lines": "2", "line.0001.quantity": "120 LTR", "net": "6225"},
        set(),
    ),
    (
        "invoices/en16931-ubl/BIS3_Invoice_negativ.XML",
        "invoice",
        "ubl",
        {"net": "-625743.54", "total": "-782179.43", "currency": "DKK", "seller_id": "DK12345678", "line.0001.quantity": "-1 KWH"},
        set(),
    ),
    (
        "invoices/en16931-ubl/HUGE-attachment-invoice.xml",
        "invoice",
        "ubl",
        {"net": "1246", "total": "1520.12", "payable": "1246", "seller_id": "IT01598570354", "tax": "274.12"},
        set(),
    ),
    (
        "invoices/en16931-ubl/guide-example2.xml",
        "invoice",
        "ubl",
        {"seller_id": "NO123456789MVA", "seller_name": "Salescompany ltd.", "net": "1436.5", "total": "1801.78", "payable": "801.78"},
        set(),
    ),
    (
        "invoices/en16931-ubl/issue116.xml",
        "invoice",
        "ubl",
        {"seller_name": "SÄLJARNAMNET", "seller_id": "SE123456789001", "total": "830", "lines": "4"},
        set(),
    ),
    (
        "invoices/en16931-ubl/ubl-tc434-creditnote1.xml",
        "credit-note",
        "ubl",
        {"number": "018304 / 28865", "issue_date": "2019-09-23", "type_code": "381", "seller_id": "BE0000000196", "buyer_id": "BE0000000295",
         "tax": "0", "total": "100.11", "line.0001.item": "Exonération du versement du PP", "line.0001.quantity": "1 C62"},
        set(),
    ),
    ("invoices/en16931-ubl/ubl-tc434-example10.xml", "invoice", "ubl", {"seller_id": "NL8200.98.395.B.01", "total": "250.33", "net": "229.6"}, set()),
    ("invoices/en16931-ubl/ubl-tc434-example3.xml", "invoice", "ubl", {"seller_id": "DK16356706", "net": "1700", "total": "2005"}, set()),
    (
        "invoices/en16931-ubl/ubl-tc434-example5.xml",
        "invoice",
        "ubl",
        {"seller_id": "NL16356706", "seller_name": "SellerCompany", "net": "4000", "total": "4675", "payable": "2337.5"},
        set(),
    ),
    ("invoices/en16931-ubl/ubl-tc434-example7.xml", "invoice", "ubl", {"seller_id": "5532331183", "total": "3200", "tax": "0"}, set()),
    ("invoices/en16931-ubl/ubl-tc434-example9.xml", "invoice", "ubl", {"seller_id": "NL809163160B01", "total": "177.87"}, set()),
]  # fmt: skip

QIF: list[Row] = [
    (
        "inspection/nist-mtc/FAIR-Plate_Results.qif",
        "inspection-report",
        "qif",
        {"parts": "20", "parts_failed": "19", "characteristics": "760", "characteristics_failed": "98", "product": "nist_mtc_crada_plate"},
        set(),
    ),
    (
        "inspection/nist-mtc/incoming-PlateResults_20_samples.QIF",
        "inspection-report",
        "qif",
        {"parts": "20", "parts_failed": "20", "characteristics": "620", "characteristics_failed": "51", "instrument.0001.id": "CMM",
         "number": "CheckMate Inspection Program", "inspected_at_local": "2017-03-07T10:39:11"},
        set(),
    ),
    (
        "inspection/qif-2.0/QIF_Results_Sample.QIF",
        "inspection-report",
        "qif",
        {"parts": "1", "parts_failed": "1", "characteristics": "11", "characteristics_failed": "3", "number": "QIF 1", "product": "WING_MIR_REENF"},
        set(),
    ),
    ("inspection/qif-2.1/mitutoyo_results_serialized_pass_fail_sample.QIF", "inspection-report", "qif",
     {"parts": "1", "parts_failed": "0", "product": "Widget"}, set()),
    ("inspection/qif-2.1/mitutoyo_statistics_bias_study_sample.QIF", "inspection-report", "qif", {"characteristics": "3"}, set()),
    ("inspection/qif-2.1/mitutoyo_statistics_capability_study_with_subgroups_sample.QIF", "inspection-report", "qif",
     {"parts": "30", "parts_failed": "1", "characteristics": "30", "characteristics_failed": "1"}, {"STATUS_CONFLICT"}),
    ("inspection/qif-2.1/mitutoyo_statistics_linearity_study_sample.QIF", "inspection-report", "qif", {"characteristics_failed": "0"}, set()),
    ("inspection/qif-2.1/mitutoyo_statistics_sample.QIF", "inspection-report", "qif",
     {"inspected_at": "2014-04-01T20:13:44Z", "instrument.0001.id": "1234-5678"}, set()),
    ("inspection/qif-2.1/mitutoyo_statistics_userdefined_grr_sample.QIF", "inspection-report", "qif", {"product": "Drum"}, set()),
    ("inspection/qif-3.0/QIF_PTS_SAMPLE.QIF", "inspection-report", "qif", {"characteristics": "27", "characteristics_failed": "12"}, set()),
    ("inspection/qif-3.0/SheetMetal_QIF_Results_6_samples.QIF", "inspection-report", "qif",
     {"parts": "6", "parts_failed": "3", "characteristics": "228", "characteristics_failed": "14"}, set()),
    ("inspection/qif-3.0/SheetMetal_QIF_Results_sample_1.QIF", "inspection-report", "qif", {"parts": "1", "parts_failed": "0"}, set()),
    ("inspection/qif-3.0/WIDGET_QIF_RESULTS.QIF", "inspection-report", "qif", {"characteristics": "42", "characteristics_failed": "5"}, set()),
    ("inspection/qif-3.0/mitutoyo_results_serialized_pass_fail_sample.QIF", "inspection-report", "qif", {"parts": "1"}, set()),
    ("inspection/qif-3.0/testPython30.qif", "inspection-report", "qif", {"characteristics": "7", "characteristics_failed": "1"}, set()),
    ("inspection/qif-3.0/external-refs/All-in-one.QIF", "inspection-report", "qif", {"characteristics_failed": "4"}, set()),
    ("inspection/qif-3.0/external-refs/Exploded_Results1.QIF", "inspection-report", "qif", {"parts": "1", "parts_failed": "1"}, set()),
    ("inspection/qif-3.0/external-refs/Exploded_Statistics.QIF", "inspection-report", "qif", {}, set()),
    *(
        (f"inspection/qif-3.0/{name}", "other", "qif", {}, {"NO_FACTS"})
        for name in ("WIDGET_QIF_PLAN.QIF", "planWithHaltIf.QIF", "repeatabilityTestUsingWhile.QIF", "sheetMetalPlanWithUUIDs.QIF",
                     "external-refs/Exploded-form_only_Plan.QIF", "semantic-errors/check_lesson4_pol.QIF")
    ),
    ("inspection/qif-3.0/semantic-errors/README.md", "other", "other", {}, set()),
    ("inspection/qif-3.0/semantic-errors/check_car_XSL_output.xml", "other", "other", {}, set()),
    ("inspection/qif-3.0/semantic-errors/check_y1_XSL_output.xml", "other", "other", {}, set()),
]  # fmt: skip

B2MML: list[Row] = [
    ("work_orders/courbon-v0401/PRO-20121210181416-27942.xml", "work-order", "b2mml",
     {"orders": "1", "order.0001.number": "258456", "order.0001.product": "SO1215", "order.0001.quantity": "1 KGM"}, set()),
    ("work_orders/courbon-v0401/PES-20121229115825-53107.xml", "work-order", "b2mml", {"order.0001.number": "53107"}, set()),
    *((f"work_orders/courbon-v0401/{name}", "other", "b2mml", {}, {"NO_FACTS"})
      for name in ("INV-20121210175555-0001L0001_01.xml", "LOT-20121210170718-0001L0001.xml", "MAT-20121210170256-CRBN0001.xml")),
    ("work_orders/batchml-v0401/ProductionBatchRecord_Example_v06.xml", "other", "b2mml", {}, {"NO_FACTS"}),
    ("work_orders/cocop-v0600/ProcessProductionSchedule_EmptySched.xml", "work-order", "b2mml", {"orders": "0"}, set()),
    ("work_orders/cocop-v0600/ProcessProductionSchedule_DateTimeKinds.xml", "work-order", "b2mml",
     {"order.0001.start": "2019-04-24T14:00:00Z", "order.0001.end": "2019-04-24T23:00:00Z",
      "order.0001.start_local": "2019-04-24T13:00:00", "order.0001.end_local": "2019-04-24T14:00:00"}, set()),
    *((f"work_orders/cocop-v0600/Neg_ProcessProductionSchedule_{name}.xml", "work-order", "b2mml", {}, {code})
      for name, code in (("EndBeforeStart", "END_BEFORE_START"), ("InvalidCreationTime", "NOT_CANONICAL"), ("InvalidDate", "NOT_CANONICAL"),
                         ("InvalidEqElemLevel", "UNKNOWN_CODE"), ("InvalidMatUse", "UNKNOWN_CODE"),
                         ("InvalidQuantityDataType", "UNKNOWN_CODE"), ("InvalidQuantityValue", "NOT_CANONICAL"))),
]  # fmt: skip

MTCONNECT: list[Row] = [
    ("iot/nist-qdr/qdr_input009.xml", "machine-data", "mtconnect-streams",
     {"devices": "1", "device.0001.id": "mtc_adapter001", "device.0001.first_sequence": "80106", "device.0001.last_sequence": "82725",
      "device.0001.active_seconds": "8.960799", "observations": "2620", "unavailable": "23", "gaps": "0",
      "start": "2016-05-02T21:04:07.204323Z", "end": "2016-05-02T21:15:35.96372Z"}, set()),
    ("iot/nist-qdr/qdr_input141.UNAVAILABLE.xml", "machine-data", "mtconnect-streams", {"observations": "26", "unavailable": "26"}, set()),
    ("iot/nist-qdr/qdr_input390.UNAVAILABLE.xml", "machine-data", "mtconnect-streams", {"observations": "63", "unavailable": "63"}, set()),
    *((f"iot/{name}", "other", "mtconnect-devices", {}, {"NO_FACTS"})
      for name in ("cppagent/128.32.164.245.xml", "cppagent/SimpleDevlce.xml", "cppagent/demo-Devices.xml", "cppagent/empty.xml",
                   "cppagent/fanuc.xml", "cppagent/kinematics.xml", "cppagent/solid_model.xml", "nist-mtc/Devices.xml",
                   "nist-mtc/agent-Devices.xml")),
    ("iot/cppagent/assets/ext_asset.xml", "other", "mtconnect-assets", {}, {"NO_FACTS"}),
    # SOURCES.md calls it gzip; the stored bytes are plain characters (real gzip: test_guard.py)
    ("iot/cppagent/zipped_file.GZIP-AS-TXT.txt", "other", "other", {}, set()),
    ("iot/cppagent/assets/KSSP300R4SD43L240.xml", "other", "other", {}, set()),
]  # fmt: skip

TRADE: list[Row] = [
    ("invoices/en16931-cii/CII-BR-CO-10-RoundingIssue.xml", "invoice", "cii", {"currency": "EUR"}, set()),
    ("invoices/en16931-cii/CII_business_example_02.xml", "invoice", "cii", {"issue_date": "2013-08-25", "line.0001.item": "BPW21"}, set()),
    ("invoices/en16931-cii/CII_example1.xml", "invoice", "cii", {"issue_date": "2015-01-09", "line.0001.net": "19.9"}, set()),
    ("invoices/en16931-cii/CII_example3.xml", "invoice", "cii", {"currency": "DKK", "line.0001.price": "800", "net": "900"}, set()),
    ("invoices/en16931-cii/CII_example5.xml", "invoice", "cii",
     {"number": "TOSL110", "issue_date": "2013-04-10", "tax": "675", "total": "4675", "payable": "2337.5", "despatch_number": "5433",
      "corrects_number": "TOSL109", "due_date": "2013-05-10", "line.0001.quantity": "1000 C62"}, set()),
    ("invoices/en16931-cii/CII_example7.xml", "invoice", "cii", {"currency": "SEK", "line.0001.net": "2500"}, set()),
    ("invoices/en16931-cii/CII_example9.xml", "invoice", "cii", {"line.0001.quantity": "3 MON", "net": "147"}, set()),
    ("invoices/en16931-cii/huf_example_cii.xml", "invoice", "cii", {"currency": "HUF", "line.0001.quantity": "64 LTR"}, set()),
    ("invoices/edifact/EDIFACT_EXAMPLE1.TXT", "invoice", "edifact",
     {"number": "12115118", "issue_date": "2015-01-09", "due_date": "2015-01-09", "type_code": "380", "currency": "EUR",
      "seller_name": "De Koksmaat", "seller_id": "NL8200.98.395.B.01", "buyer_id": "10202", "buyer_name": "ODIN 59", "lines": "20",
      "net": "229.6", "tax": "20.73", "total": "250.33", "payable": "250.33", "line.0001.quantity": "2 H87", "line.0020.net": "-109.98"}, set()),
    ("despatch/ubl/UBL-DespatchAdvice-2.0-Example.xml", "despatch-advice", "ubl",
     {"number": "565899", "issue_date": "2005-06-20", "order_number": "AEG012345", "seller_id": "175 269 2355", "buyer_name": "IYT Corporation",
      "line.0001.quantity": "90 KGM"}, set()),
    *((f"despatch/ubl/UBL-{name}.xml", "other", "ubl", {}, {"NO_FACTS"})
      for name in ("FreightInvoice-2.1-Example", "GoodsItemPassport-2.3-Example-Issued", "TransportationStatus-2.1-Example")),
    ("invoices/ubl/UBL-RemittanceAdvice-2.0-Example.xml", "payment", "ubl",
     {"payments": "1", "payment.0001.amount": "107.5", "payment.0001.currency": "GBP", "payment.0001.reference": "A00095678",
      "payment.0001.payer_name": "IYT Corporation", "payment.0001.payee_name": "Consortial"}, set()),
    *((f"invoices/en16931-unit/{name}.xml", "other", "other", {}, set())
      for name in ("BR-01", "BR-05", "BR-12", "BR-21", "BR-31", "BR-CO-13", "BR-CO-17")),
]  # fmt: skip

LOGS: list[Row] = [
    ("iot/cppagent/okuma-imts2022.shdr.txt", "machine-data", "shdr", {"devices": "1", "device.0001.parts": "5"}, {"COUNTER_RESET"}),
    # SOURCES.md calls it SHDR; the file is one data set's value alone, without time or key
    ("iot/cppagent/big_data_set.shdr.txt", "other", "other", {}, set()),
    ("iot/nist-raw/Hurco01-20161007.UNAVAILABLE.txt", "machine-data", "shdr", {"observations": "17", "unavailable": "17"}, set()),
    ("iot/nist-raw/mtc_adapter010.UNAVAILABLE.txt", "machine-data", "shdr", {"observations": "17", "unavailable": "17"}, set()),
    ("iot/nist-raw/Mazak01-20170502.txt", "machine-data", "shdr", {"end": "2017-05-02T09:15:28.228184Z", "device.0001.parts": "0"}, set()),
    ("iot/nist-mtc/shdr/Plate-Hurco04-01of20.txt", "machine-data", "shdr",
     {"start": "2017-02-01T13:59:35.09375Z", "end": "2017-02-06T12:44:53.5625Z", "device.0001.parts": "23"}, set()),
    ("iot/nist-mtc/shdr/Plate-Hurco04-02of20.txt", "machine-data", "shdr", {"unavailable": "0"}, set()),
    ("iot/nist-mtc/shdr/Plate-Hurco04-03of20.txt", "machine-data", "shdr", {"unavailable": "0"}, set()),
    ("iot/nist-mtc/shdr/clean-1-31-2017-Hurco02.txt", "machine-data", "shdr", {"device.0001.parts": "0", "observations": "70"}, set()),
    *((f"iot/senml/{name}", "machine-data", "senml", {"observations": count}, set())
      for name, count in (("ex1.gen.json", "1"), ("ex1.gen.resolved.json", "1"), ("ex1.gen.xml", "1"), ("ex3.gen.json", "7"),
                          ("ex5.gen.cbor", "13"), ("ex7.gen.json", "4"), ("ex7.gen.resolved.json", "3"), ("ex9.gen.json", "3"),
                          ("ex9.gen.resolved.json", "3"), ("ex13.gen.json", "4"))),
]  # fmt: skip

EPCIS: list[Row] = [
    *((f"epcis/gs1-json/{name}.jsonld", "despatch-advice", "epcis",
       {"issue_date": "2005-04-03", "order_number": "http://transaction.acme.com/po/12345678", "lines": "1"}, {"EVENT_HASH"})
      for name in ("EPCISQueryDocument", "Example_9.6.1-ObjectEvent", "Example_9.6.1-ObjectEvent-with-pseudo-SBDH-headers",
                   "Example_9.6.1-with-comment")),
    # both shipping events carry an errorDeclaration
    ("epcis/gs1-json/Example_9.6.1-ObjectEvent-with-error-declaration.jsonld", "despatch-advice", "epcis", {}, {"EVENT_HASH", "EVENT_IN_ERROR"}),
    ("epcis/gs1-json/Example_9.6.2-ObjectEvent.jsonld", "receipt-advice", "epcis",
     {"issue_date": "2013-06-08", "line.0001.quantity": "200 KGM", "seller_id": "4012345000016"}, {"EVENT_HASH"}),
    ("epcis/gs1-json/Example_9.6.3-AggregationEvent.jsonld", "receipt-advice", "epcis", {"lines": "3", "line.0001.quantity": "200.5 KGM"}, set()),
    ("epcis/gs1-json/transaction_event_all_possible_fields.jsonld", "despatch-advice", "epcis", {}, {"EVENT_IN_ERROR"}),
    *((f"epcis/gs1-json/{name}.jsonld", "other", "epcis", {}, {"EVENT_HASH", "NO_FACTS"})
      for name in ("Example_9.6.4-TransformationEvent", "SensorDataExample10", "SensorDataExample12", "SensorDataExample14",
                   "SensorDataExample16", "SensorDataExample1b", "association_event_all_possible_fields")),
    ("epcis/gs1-xml/Example_9.6.1-ObjectEvent-2020_06_18a.xml", "despatch-advice", "epcis", {"issue_date": "2005-04-03", "lines": "1"}, set()),
    ("epcis/gs1-xml/object_event_all_possible_fields.xml", "receipt-advice", "epcis", {"line.0001.quantity": "200 KGM"}, set()),
    *((f"epcis/gs1-xml/{name}.xml", "other", "epcis", {}, {"EVENT_HASH"})
      for name in ("association_event_all_possible_fields", "transformation_event_all_possible_fields")),
    *((f"epcis/gs1-xml/hash/event_with_identical_hash_id_{name}", "receipt-advice", "epcis", {"lines": "3", "issue_date": "2005-04-04"}, set())
      for name in ("1.xml", "3.xml", "5.xml", "7.json")),
]  # fmt: skip

AQDEF: list[Row] = [
    (f"inspection/aqdef/{name}.dfq", "inspection-report", "aqdef", facts, set())
    for name, facts in (
        ("attributiveDfq_attributiveCharacteristic_and_errorLogSheet", {"product": "<part_number_1>", "inspected_at_local": "2013-01-01T15:18:31"}),
        ("basicDfq_singlePart_singleCharacteristic_noValues", {"product": "<part_number_1>", "characteristics": "0"}),
        ("basicDfq_threeParts_differentNumberOfCharacteristics", {"characteristics": "26", "characteristics_failed": "3"}),
        ("characteristicHierarchy_singlePart_singleGroup_twoCharacteristics", {"product": "<part_number_1>"}),
        ("characteristicHierarchy_singlePart_twoChildCharacteristics_twoGroups", {"product": "<part_number_1>"}),
        ("multipleParts", {}),
    )
]  # fmt: skip

EFAPIAO: list[Row] = [
    ("invoices/efapiao/shudianpiao-synthetic.xml", "invoice", "e-fapiao",
     {"number": "99990000000000000001", "seller_id": "91SELLERTAXID00000X", "buyer_name": "测试购买方有限公司", "net": "1000", "tax": "130",
      "total": "1130", "currency": "CNY", "issue_date": "2026-05-19", "lines": "2", "line.0001.quantity": "2 H87", "line.0001.price": "500"}, set()),
    ("invoices/efapiao/vat-efapiao-ukey-test.ofd", "invoice", "e-fapiao",
     {"number": "01100268002671500013", "issue_date": "2020-02-20", "buyer_id": "91110108339805094M", "line.0001.item": "*谷物*稻谷"}, {"SEAL_VALID"}),
    ("invoices/efapiao/SESV4SignDoc.ofd", "other", "ofd", {}, {"SEAL_VALID", "NO_FACTS"}),
    ("invoices/efapiao/chineseDir.ofd", "other", "ofd", {}, {"SEAL_MISSING", "NO_FACTS"}),
]  # fmt: skip

REFUSED: list[tuple[str, str]] = [
    ("iot/nist-raw/GFAgie01-20161115.EMPTY.txt", "EMPTY"),
    ("invoices/efapiao/namespace_no_std.ofd", "NAMESPACE"),
]


TABLE = [*UBL, *QIF, *B2MML, *MTCONNECT, *EFAPIAO, *TRADE, *LOGS, *EPCIS, *AQDEF]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_recognised_with_its_facts(row: Row, data_dir: Path) -> None:
    path, kind, format_, facts, warnings = row
    document = read_bytes((data_dir / path).read_bytes())
    assert (document.kind, document.format) == (kind, format_)
    assert {name: document.facts.get(name) for name in facts} == facts
    assert warnings <= {w.code for w in document.warnings}
    if kind == "other":
        assert not document.facts


@pytest.mark.parametrize(("path", "code"), REFUSED)
def test_refused(path: str, code: str, data_dir: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        read_bytes((data_dir / path).read_bytes())
    assert caught.value.code == code


def test_the_table_is_complete(data_dir: Path) -> None:
    """Every real file is in the table, is a vector of the EPCIS hash, or is compared with another file elsewhere."""
    known = {row[0] for row in TABLE} | {path for path, _ in REFUSED}
    elsewhere = (
        "epcis/hash-vectors/",
        "iot/senml/",
        "iot/nist-mtc/shdr/raw",
        "invoices/efapiao/vat-efapiao",
        "SOURCES.md",
    )
    paths = {str(path.relative_to(data_dir)) for path in data_dir.rglob("*") if path.is_file()}
    assert not {path for path in paths - known if not path.startswith(elsewhere)}
