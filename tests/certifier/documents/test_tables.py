"""Templates in CSV and XLSX for every kind, declared profiles for other exports, declared JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime

import openpyxl
import pytest

from certifier.documents import Document, Reader, read_bytes
from certifier.documents.columns import columns, title
from certifier.documents.profile import Profile, propose, template
from certifier.documents.table import read_csv
from certifier.errors import DocumentError, MalformedDocumentError
from certifier.schema import KINDS

from .helpers import read_sample

TABLE_KINDS = [kind for kind in KINDS if kind != "other"]
VALUES = {"DATE": "2026-07-06", "INSTANT": "2026-07-06T08:00:00+08:00", "DECIMAL": "12.5", "INTEGER": "3", "QUANTITY": "40", "CURRENCY": "CNY", "TEXT": "X1"}  # fmt: skip


def codes(document: Document) -> list[str]:
    return [w.code for w in document.warnings]


def filled(kind: str) -> list[str]:
    """One row of plausible values under a template's titles."""
    from certifier.schema import field_type

    row = []
    for column in columns(kind):
        group, _, rest = column.rpartition(".")
        type_ = field_type(kind, f"fact.{group}.0001.{rest}" if group else f"fact.{rest}")
        row.append("件" if column.endswith("unit") else VALUES[type_.name if type_ else "TEXT"])
    return row


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", TABLE_KINDS)
def test_a_filled_template_reads_as_its_kind(kind: str, language: str, form: str) -> None:
    empty = template(kind, language, form)
    row = filled(kind)
    if form == "csv":
        data = empty + ",".join(row).encode() + b"\r\n"
    else:
        book = openpyxl.load_workbook(io.BytesIO(empty))
        book.active.append(row)
        out = io.BytesIO()
        book.save(out)
        data = out.getvalue()
    document = read_bytes(data)
    assert (document.kind, document.format, document.schema, codes(document)) == (
        kind,
        form,
        f"assetcert/{kind}/1",
        [],
    )
    units = sum(column.endswith("unit") for column in columns(kind))
    assert len(document.facts) >= len(columns(kind)) - units
    assert read_bytes(empty).kind == kind


INVOICE = (
    "assetcert/invoice/1\n发票号码,开票日期,购买方税号,销售方税号,币种,不含税金额合计,税额合计,价税合计,品名,数量,单位,单价,金额\n"
    'RC-2026-0713,2026/7/13,915000000000001236,9150000000000022XC,CNY,"5,920.00",769.60,￥6689.60,P201 阀体,40,件,148,5920\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(encoding: str, separator: str) -> None:
    text = INVOICE if separator == "," else INVOICE.replace('"5,920.00"', "5920.00").replace(",", separator)
    facts, ubl = read_bytes(text.encode(encoding)).facts, read_sample("invoice.xml").facts
    for name in (
        "number",
        "issue_date",
        "buyer_id",
        "seller_id",
        "currency",
        "net",
        "tax",
        "total",
        "lines",
        "line.0001.quantity",
        "line.0001.item",
    ):
        assert facts[name] == ubl[name], name


def test_lines_share_what_stands_once() -> None:
    more = INVOICE + "RC-2026-0713,,,,,,,,P202 支架,5,件,61,305\n"
    facts = read_bytes(more.encode()).facts
    assert (facts["lines"], facts["line.0002.item"], facts["number"]) == ("2", "P202 支架", "RC-2026-0713")


def test_two_invoices_in_one_table_are_refused() -> None:
    with pytest.raises(MalformedDocumentError) as caught:
        read_bytes((INVOICE + "RC-2026-0714,,,,,,,,P202,5,件,61,305\n").encode())
    assert caught.value.code == "SEVERAL_DOCUMENTS"


def test_a_date_without_a_clock_is_no_time() -> None:
    table = "assetcert/work-order/1\n工单号,开工时间,完工时间\nWO1,2026-07-06,2026/7/8 20:00\n"
    document = read_bytes(table.encode())
    assert document.facts["order.0001.end_local"] == "2026-07-08T20:00:00"
    assert "order.0001.start_local" not in document.facts
    assert codes(document) == ["NOT_CANONICAL"]


def test_an_unknown_column_is_told() -> None:
    assert codes(read_bytes(b"assetcert/payment/1\nPayment,Amount,Mood\n1,5,good\n")) == ["UNKNOWN_COLUMN"]


def test_formulas_are_never_evaluated() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template("payment", "en", "xlsx")))
    book.active.append(["P1", datetime(2026, 8, 25), "CNY", "=1000*6"])
    out = io.BytesIO()
    book.save(out)
    facts = read_bytes(out.getvalue()).facts
    assert facts["payment.0001.date"] == "2026-08-25"
    assert "payment.0001.amount" not in facts


EXPORT = "单据编号,单据日期,客户名称,物料名称,实发数量,计量单位,备注\nXSCK001,2026-07-11,嘉陵装备制造,P201 阀体,40,件,无\n"


def test_a_firms_own_export_is_read_only_by_a_confirmed_profile(tmp_path) -> None:  # type: ignore[no-untyped-def]
    data = EXPORT.encode("gb18030")
    assert read_bytes(data).kind == "other"
    proposal = propose(read_csv(EXPORT), "kingdee-outbound")
    assert proposal is not None
    found = dict(proposal.columns)
    assert (found["单据编号"], found["物料名称"], found["实发数量"], found["计量单位"]) == (
        "number",
        "line.item",
        "line.quantity",
        "line.unit",
    )
    confirmed = Profile("kingdee-outbound", 2, "despatch-advice", proposal.columns)
    assert Profile.from_json(confirmed.to_json()) == confirmed
    document = read_bytes(data, profiles=[confirmed])
    assert (document.kind, document.schema) == ("despatch-advice", "kingdee-outbound/2")
    assert document.facts["line.0001.quantity"] == "40 H87"
    path = tmp_path / "export.csv"
    path.write_bytes(data)
    with Reader(workers=1, profiles=[confirmed]) as reader:
        assert next(reader.read([path])).document == document
    assert read_bytes(b"a,b\n1,2\n", profiles=[confirmed]).kind == "other"


LINES = {
    "number": "XS1",
    "issue_date": "2026-07-11",
    "buyer_name": "嘉陵",
    "line.0001.item": "阀体",
    "line.0001.quantity": "40 H87",
}


@pytest.mark.parametrize("text", [
    "锐川精密销售出库单,,,,\n打印日期：2026-07-12,,,,\n单据编号,单据日期,客户名称,物料名称,实发数量,单位\nXS1,2026/7/11,嘉陵,阀体,40,件\n合计,,,,40,\n",
    "sep=;\r\n出库单号;日期;客户;品名;数量;单位;备注\r\nXS1;2026年7月11日;嘉陵;阀体;40.00;PCS;\"a, b, c\r\nd, e, f\"\r\n",
    "出库单号;日期;客户;品名;数量;单位;备注\nXS1;20260711;嘉陵;阀体;+40;pc;a, b, c, d, e, f, g\n",
    "送货单号\t日期\t购买方\t\t品名\t数量\t\n\t\t名称\t地址\t\t\t单位\nXS1\t2026.7.11 0:00:00\t嘉陵\tx\t阀体\t40\t件\n".replace("数量\t\n", "数量\t单位\n").replace("\t\t\t单位\n", "\t\t\n"),
])  # fmt: skip
def test_exports_have_headlines_totals_two_rows_of_titles_and_other_separators(text: str) -> None:
    profile = propose(read_csv(text), "x")
    assert profile is not None and profile.kind == "despatch-advice"
    document = read_bytes(text.encode(), profiles=[profile])
    assert document.facts == {**LINES, "lines": "1"}
    assert [w.code for w in document.warnings] == (["TOTAL_ROW"] if "合计" in text else [])


def test_a_group_over_some_columns_only_names_no_other_thing() -> None:
    text = "订单编号,供应商,物料信息,,数量,单价\n,,物料名称,规格,,\nPO-7,瑞川,阀体,A,40,148\n"
    profile = propose(read_csv(text), "x")
    assert profile is not None and dict(profile.columns)["物料名称"] == "line.item"
    facts = read_bytes(text.encode(), profiles=[profile]).facts
    assert (facts["line.0001.item"], facts["line.0001.price"], facts["lines"]) == ("阀体", "148", "1")


@pytest.mark.parametrize(("written", "fact"), [
    ("(1,234.50)", "-1234.5"), ("¥ 1,234.50", "1234.5"), ("-1,234.50元", "-1234.5"), ("RMB1234.5", "1234.5"), ("€ -5", "-5"),
    ("1.234,50", "1234.5"), ("(-5)", None), ("(5", None), ("12,34.5", None), ("5 kg", None),
])  # fmt: skip
def test_amounts_as_people_write_them(written: str, fact: str | None) -> None:
    document = read_bytes(f'assetcert/acceptance-bill/1\nnumber,amount\n1,"{written}"\n'.encode())
    assert document.facts.get("amount") == fact
    assert [w.code for w in document.warnings] == ([] if fact else ["NOT_CANONICAL"])


@pytest.mark.parametrize(
    "written", ["2026-11", "202611", "2026-07-06 to 2026-08-01", "06/07/2026", "2026-7", "46209"]
)
def test_what_may_be_another_day_is_no_date(written: str) -> None:
    assert (
        "issue_date"
        not in read_bytes(f"assetcert/acceptance-bill/1\nnumber,issue_date\n1,{written}\n".encode()).facts
    )


@pytest.mark.parametrize(("issued", "due", "facts"), [
    ("13.07.2026", "03.08.2026", ("2026-07-13", "2026-08-03")),
    ("07/13/2026", "8/3/2026", ("2026-07-13", "2026-08-03")),
    ("06/07/2026", "25/08/2026 00:00", ("2026-07-06", "2026-08-25")),
    ("06/07/2026", "03/08/2026", (None, None)),
    ("13/07/2026", "08/25/2026", (None, None)),
    ("2026/7/6", "03/08/2026", ("2026-07-06", None)),
])  # fmt: skip
def test_day_and_month_stand_as_the_table_s_other_days_show(
    issued: str, due: str, facts: tuple[str | None, ...]
) -> None:
    table = f"assetcert/acceptance-bill/1\nnumber,issue_date,due_date\n1,{issued},{due}\n"
    body = {"schema": "assetcert/acceptance-bill/1", "number": "1", "issue_date": issued, "due_date": due}
    for data in (table, json.dumps(body)):
        document = read_bytes(data.encode())
        assert (document.facts.get("issue_date"), document.facts.get("due_date")) == facts
        assert codes(document) == ["NOT_CANONICAL"] * facts.count(None)


def test_a_row_that_only_begins_like_totals_is_a_line() -> None:
    data = "assetcert/payment/1\nPayer,Payment,Date,Amount\nTotal,T1,2026-07-11,5\nTotal,,,5\n"
    document = read_bytes(data.encode())
    assert (document.facts["payments"], document.facts["payment.0001.payer_name"]) == ("1", "Total")
    assert [w.code for w in document.warnings] == ["TOTAL_ROW"]


def test_an_amount_in_thousands_is_not_read_as_one() -> None:
    table = "出库单号,日期,客户,品名,数量,{}\nXS1,2026-07-11,嘉陵,阀体,40,5\n"
    kinds = {title: propose(read_csv(table.format(title)), "x") for title in ("金额(元)", "金额(万元)")}
    assert [title for title, profile in kinds.items() if profile and title in dict(profile.columns)] == []
    invoices = {
        title: propose(read_csv(table.format(title).replace("出库单号", "发票号码")), "x") for title in kinds
    }
    assert [t for t, profile in invoices.items() if profile and t in dict(profile.columns)] == ["金额(元)"]


def test_the_sheet_that_a_profile_fits_is_the_document() -> None:
    book = openpyxl.Workbook()
    book.active.append(["说明"])
    for row in csv.reader(io.StringIO(EXPORT)):
        (book["数据"] if "数据" in book.sheetnames else book.create_sheet("数据")).append(row)
    out = io.BytesIO()
    book.save(out)
    profile = propose(read_csv(EXPORT), "x")
    assert profile is not None
    assert (
        read_bytes(out.getvalue(), profiles=[profile]).facts
        == read_bytes(EXPORT.encode(), profiles=[profile]).facts
    )


def test_nothing_is_proposed_for_what_is_not_understood() -> None:
    assert propose(read_csv("a,b,c\n1,2,3\n"), "x") is None
    wrong = propose(read_csv(EXPORT.replace("2026-07-11", "soon")), "x")
    assert wrong is not None
    assert "单据日期" not in dict(wrong.columns)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        '{"schema": "assetcert/profile/1", "name": "x", "version": 1, "kind": "invoice", "columns": {"a": "nothing"}}',
    ],
)
def test_a_profile_that_is_none(text: str) -> None:
    with pytest.raises(MalformedDocumentError):
        Profile.from_json(text)


def test_declared_json() -> None:
    bill = {"schema": "assetcert/acceptance-bill/1", "number": "513065100001220260701", "issue_date": "2026-07-01", "due_date": "2026-12-31",
            "amount": 104208.6, "currency": "RMB", "drawer_name": "渝江汽车动力总成", "payee_name": "恒精机械", "unknown": 1}  # fmt: skip
    document = read_bytes(json.dumps(bill).encode())
    assert (document.kind, document.format) == ("acceptance-bill", "json")
    assert (document.facts["amount"], document.facts["currency"]) == ("104208.6", "CNY")
    search = {"schema": "assetcert/statutory-search/1", "number": "S1", "searched_at": "2026-08-01T09:00:00+08:00", "debtor_name": "锐川精密",
              "registrations": [{"number": "R1", "date": "2026-01-01", "secured_party": "渝商银行", "amount": "400000"}]}  # fmt: skip
    facts = read_bytes(json.dumps(search).encode()).facts
    assert (facts["registrations"], facts["registration.0001.amount"], facts["searched_at"]) == (
        "1",
        "400000",
        "2026-08-01T01:00:00Z",
    )
    none = read_bytes(json.dumps({**search, "registrations": []}).encode()).facts
    assert none["registrations"] == "0"
    meter = {
        "schema": "assetcert/utility-statement/1",
        "number": "E-2026-07",
        "start_date": "2026-07-01",
        "end_date": "2026-07-31",
        "energy": "25310.5",
        "total": "17000",
    }
    assert read_bytes(json.dumps(meter).encode()).facts["energy"] == "25310.5 KWH"


def test_a_workbook_without_a_marker_states_nothing() -> None:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    document = read_bytes(out.getvalue())
    assert (document.kind, document.format, codes(document)) == ("other", "xlsx", ["NO_FACTS"])


def test_a_broken_workbook_is_an_error() -> None:
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(DocumentError):
        read_bytes(out.getvalue())


def test_titles_are_unambiguous() -> None:
    for kind in TABLE_KINDS:
        for language in ("zh", "en"):
            titles = [title(column, language) for column in columns(kind)]
            assert len(set(titles)) == len(titles), kind
