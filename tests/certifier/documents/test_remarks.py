"""What remarks and notes state under a label, and what they do not state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifier.documents.remarks import despatches, orders, terms_days


@pytest.mark.parametrize(
    ("remark", "ordered", "shipped"),
    [
        ("订单号：JL-PO-2607-P101 第27行，JL-PO-2607-P102 第27行；送货单号：RC-DN-1", ["JL-PO-2607-P101", "JL-PO-2607-P102"], ["RC-DN-1"]),
        ("采购订单号:4500012345、4500012346 送货单号:DN1", ["4500012345", "4500012346"], ["DN1"]),
        ("订单：A1，送货单：B2，发货单号：B3", ["A1"], ["B2", "B3"]),
        ("订单号：PO 4711；", ["PO 4711"], []),
        ("订单编号Ｊ１２３４", ["J1234"], []),
        ("合同编号：渝机合2026-012号", ["渝机合2026-012号"], []),
        ("合同编号：HT-1 订单号：DD-2", ["DD-2"], []),
        ("PO No.: 4711/2026 DN#77", ["4711/2026"], ["77"]),
        ("Order No: X-77; delivery note no. D5", ["X-77"], ["D5"]),
        ("购买方订单号:A-12,共3箱", ["A-12"], []),
        ("出库单号：CK20260713-01\n订单号：A", [], ["CK20260713-01"]),
        ("销售订单号：SO-1，生产订单号：W1，运单号：SF123", [], []),
        ("被红冲蓝字数电票号码：26502000000000000007 红字发票信息确认单编号：50002608000007", [], []),
        ("发货日期：2026-07-13，交货后60天付款", [], []),
        ("Border 5, disorder: 7", [], []),
        ("本订单 3 件，订单 2026年7月交付", [], []),
        ("订单 JL-PO-2026-0703，送货单 DN-0711", ["JL-PO-2026-0703"], ["DN-0711"]),
        ("", [], []),
    ],
)  # fmt: skip
def test_numbers_under_their_labels(remark: str, ordered: list[str], shipped: list[str]) -> None:
    assert (orders(remark), despatches(remark)) == (ordered, shipped)


@pytest.mark.parametrize(
    ("note", "days"),
    [
        ("交货后60天付款", 60),
        ("付款期限：收到发票后45日内付款", 45),
        ("账期：９０天", 90),
        ("60", 60),
        ("Net 30", 30),
        ("Payment within 30 days", 30),
        ("3% discount 11 days; 30 days net", 30),
        ("Zahlbar innerhalb 30 Tagen netto", 30),
        ("月结60天", None),
        ("10 working days after receipt", None),
        ("30 days end of month", None),
        ("2026年7月13日付款", None),
        ("#SKONTO#TAGE=7#PROZENT=2.00#\n", None),
        ("30天内付款，逾期60天计息", None),
        ("质保期360天", None),
    ],
)
def test_payment_terms_in_words(note: str, days: int | None) -> None:
    assert terms_days([note]) == days


def test_terms_that_differ_are_none() -> None:
    assert terms_days(["Net 30", "60天付款"]) is None
    assert terms_days(["Net 30", None, "30 days net"]) == 30


@given(st.text(st.sampled_from("订单号合同送货：:，,；; \nPO#1Aa-/第行天付款%net days0"), max_size=200))
def test_any_text_is_survived_and_numbers_are_parts_of_it(text: str) -> None:
    for number in orders(text) + despatches(text):
        assert any(c.isdigit() for c in number)
    terms_days([text])
