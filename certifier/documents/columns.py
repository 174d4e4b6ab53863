"""The words of tables: which column titles, Chinese and English, stand for which fact of which kind.

Templates are made from this vocabulary, and a mapping for a firm's own export is proposed from it. It is no reader;
`certifier.documents.table` is. Titles compare without case, blanks and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

__all__ = ["COUNTS", "GROUPS", "column_of", "columns", "known", "speaks_of", "title", "word"]

_TITLES: dict[str, tuple[str, str, str]] = {
    "number": ("Number", "单号", "编号 号码 单据编号 单据号 发票号码 发票号 数电票号码 订单号 订单编号 合同号 票据号码 documentno invoiceno invoicenumber orderno ordernumber"),
    "issue_date": ("Issue date", "日期", "开票日期 单据日期 制单日期 下单日期 订单日期 出票日期 业务日期 date invoicedate orderdate documentdate"),
    "due_date": ("Due date", "到期日", "到期日期 付款日期 应付日期 汇票到期日 duedate paymentdue"),
    "type_code": ("Type code", "票种代码", "typecode"),
    "currency": ("Currency", "币种", "货币 币别 currencycode"),
    "seller_id": ("Seller id", "销售方税号", "销方税号 销售方纳税人识别号 供应商税号 卖方税号 sellertaxno vendortaxid"),
    "seller_name": ("Seller", "销售方", "销售方名称 销方名称 供应商 供应商名称 卖方 seller sellername vendor vendorname supplier"),
    "buyer_id": ("Buyer id", "购买方税号", "购方税号 购买方纳税人识别号 客户税号 买方税号 buyertaxno customertaxid"),
    "buyer_name": ("Buyer", "购买方", "购买方名称 购方名称 客户 客户名称 买方 buyer buyername customer customername"),
    "carrier_id": ("Carrier id", "承运人税号", ""),
    "carrier_name": ("Carrier", "承运人", "承运商 物流公司 carrier carriername"),
    "order_number": ("Order number", "采购订单号", "客户订单号 销售订单号 po ponumber purchaseorder"),
    "despatch_number": ("Despatch number", "送货单号", "发货单号 出库单号 deliverynote despatchnumber"),
    "terms_days": ("Payment terms in days", "账期天数", "账期 付款天数 信用期 付款期限 付款条件 paymentterms creditdays terms"),
    "corrects_number": ("Corrects number", "蓝字发票号码", "原发票号码 被红冲发票号码 originalinvoice"),
    "net": ("Net", "不含税金额合计", "合计金额 金额合计 nettotal totalnet"),
    "tax": ("Tax", "税额合计", "合计税额 税额 taxtotal totaltax"),
    "total": ("Total", "价税合计", "含税金额 总金额 合计 total amount grandtotal"),
    "payable": ("Payable", "应付金额", "amountdue"),
    "line.item": ("Item", "品名", "物料名称 产品名称 货物名称 商品名称 存货名称 名称 零件 item itemname product description material"),
    "line.quantity": ("Quantity", "数量", "实发数量 订购数量 qty quantity"),
    "line.unit": ("Unit", "单位", "计量单位 uom unit"),
    "line.price": ("Price", "单价", "不含税单价 unitprice price"),
    "line.net": ("Line net", "金额", "不含税金额 lineamount linenet"),
    "line.promised_date": ("Promised date", "交货日期", "承诺交期 交期 要求交货日期 deliverydate promiseddate"),
    "order.number": ("Work order", "工单号", "生产订单号 任务单号 加工单号 派工单号 workorder workorderno"),
    "order.buyer_order_number": ("Buyer order number", "客户订单号", "销售订单号 采购订单号 customerorder po"),
    "order.product": ("Product", "产品", "零件号 图号 物料编码 产品编码 产品名称 product partno"),
    "order.quantity": ("Quantity", "计划数量", "投产数量 数量 plannedquantity qty"),
    "order.unit": ("Unit", "单位", "计量单位 uom"),
    "order.start": ("Start", "开工时间", "计划开工 开始时间 start starttime"),
    "order.end": ("End", "完工时间", "计划完工 结束时间 end endtime"),
    "order.produced": ("Produced", "合格数量", "完工数量 入库数量 goodquantity produced"),
    "order.scrapped": ("Scrapped", "报废数量", "废品数量 不良数量 scrap scrapped"),
    "device.id": ("Device", "设备编号", "机台 机床 设备 设备号 machine device machineno"),
    "device.active_seconds": ("Active seconds", "加工秒数", "运行秒数 切削秒数 activeseconds"),
    "device.parts": ("Parts", "加工件数", "产量 件数 parts partcount"),
    "start": ("Start", "开始时间", "班次开始 start"),
    "end": ("End", "结束时间", "班次结束 end"),
    "product": ("Product", "产品", "零件号 图号 产品名称 product partno"),
    "lot": ("Lot", "批号", "批次 批次号 lot batch"),
    "inspected_at": ("Inspected at", "检验时间", "检验日期 检测日期 inspectedat inspectiondate"),
    "parts": ("Parts", "检验数量", "抽检数量 送检数量 inspected"),
    "parts_failed": ("Parts failed", "不合格数量", "不良数量 rejected failed"),
    "characteristics": ("Characteristics", "检验项目数", ""),
    "characteristics_failed": ("Characteristics failed", "不合格项目数", ""),
    "instrument.id": ("Instrument", "器具编号", "量具编号 仪器编号 instrument gauge"),
    "payment.number": ("Payment", "流水号", "交易流水号 回单号 凭证号 交易号 transactionno"),
    "payment.date": ("Date", "交易日期", "记账日期 收款日期 付款日期 date valuedate"),
    "payment.currency": ("Currency", "币种", "货币 currency"),
    "payment.amount": ("Amount", "金额", "交易金额 收入金额 贷方发生额 amount"),
    "payment.payer_id": ("Payer id", "付款方税号", "付款人税号"),
    "payment.payer_name": ("Payer", "付款方", "付款人 付款人名称 对方户名 payer"),
    "payment.payee_id": ("Payee id", "收款方税号", "收款人税号"),
    "payment.payee_name": ("Payee", "收款方", "收款人 收款人名称 payee"),
    "payment.reference": ("Reference", "摘要", "附言 用途 发票号码 reference remark"),
    "amount": ("Amount", "票据金额", "金额 出票金额 amount"),
    "drawer_id": ("Drawer id", "出票人税号", ""),
    "drawer_name": ("Drawer", "出票人", "出票人名称 出票人全称 drawer"),
    "acceptor_id": ("Acceptor id", "承兑人税号", ""),
    "acceptor_name": ("Acceptor", "承兑人", "承兑人名称 承兑行 承兑人全称 acceptor"),
    "payee_id": ("Payee id", "收款人税号", ""),
    "payee_name": ("Payee", "收款人", "收款人名称 收款人全称 payee"),
    "start_date": ("Start date", "起始日期", "计费开始日期 periodstart"),
    "end_date": ("End date", "截止日期", "计费结束日期 periodend"),
    "supplier_id": ("Supplier id", "供电方税号", ""),
    "supplier_name": ("Supplier", "供电公司", "供应单位 supplier utility"),
    "customer_id": ("Customer id", "用户税号", ""),
    "customer_name": ("Customer", "用户名称", "户名 customer"),
    "meter": ("Meter", "电表号", "户号 表号 meter meterno"),
    "energy": ("Energy", "用电量", "电量 energy consumption"),
    "energy_unit": ("Energy unit", "电量单位", ""),
    "calibrated_date": ("Calibrated date", "校准日期", "检定日期 calibrationdate"),
    "valid_until": ("Valid until", "有效期至", "有效日期 validuntil"),
    "laboratory_id": ("Laboratory id", "校准机构税号", ""),
    "laboratory_name": ("Laboratory", "校准机构", "检定机构 laboratory"),
    "registry": ("Registry", "登记机构", "登记系统 registry"),
    "searched_at": ("Searched at", "查询时间", "searchedat"),
    "debtor_id": ("Debtor id", "担保人代码", "出质人代码"),
    "debtor_name": ("Debtor", "担保人", "担保人名称 出质人 debtor"),
    "registration.number": ("Registration", "登记证明编号", "登记编号 registrationno"),
    "registration.date": ("Registration date", "登记日期", "登记时间 registrationdate"),
    "registration.secured_party": ("Secured party", "担保权人", "质权人 securedparty"),
    "registration.currency": ("Registration currency", "登记币种", ""),
    "registration.amount": ("Registration amount", "登记金额", "主债权金额 registrationamount"),
}  # fmt: skip

_PARTIES = "seller_id seller_name buyer_id buyer_name"
_INVOICE = f"number issue_date due_date type_code currency {_PARTIES} order_number despatch_number corrects_number terms_days net tax total payable line.item line.quantity line.unit line.price line.net"
_DESPATCH = (
    f"number issue_date {_PARTIES} carrier_id carrier_name order_number line.item line.quantity line.unit"
)
_KINDS: dict[str, str] = {
    "invoice": _INVOICE,
    "credit-note": _INVOICE,
    "purchase-order": "number issue_date currency buyer_id buyer_name seller_id seller_name terms_days net total line.item line.quantity line.unit line.price line.promised_date",
    "work-order": "order.number order.buyer_order_number order.product order.quantity order.unit order.start order.end order.produced order.scrapped",
    "machine-data": "start end device.id device.active_seconds device.parts",
    "inspection-report": "number product lot inspected_at parts parts_failed characteristics characteristics_failed instrument.id",
    "despatch-advice": _DESPATCH,
    "receipt-advice": _DESPATCH,
    "payment": "payment.number payment.date payment.currency payment.amount payment.payer_id payment.payer_name payment.payee_id payment.payee_name payment.reference",
    "acceptance-bill": "number issue_date due_date currency amount drawer_id drawer_name acceptor_id acceptor_name payee_id payee_name",
    "utility-statement": "number issue_date start_date end_date supplier_id supplier_name customer_id customer_name meter energy energy_unit currency total",
    "calibration": "number calibrated_date valid_until laboratory_id laboratory_name customer_id customer_name instrument.id",
    "statutory-search": "number registry searched_at debtor_id debtor_name registration.number registration.date registration.secured_party registration.currency registration.amount",
}  # fmt: skip
_NUMBERS: dict[str, str] = {
    "purchase-order": "采购单号 采购订单号 采购订单编号 po pono ponumber purchaseorder purchaseorderno",
    "inspection-report": "报告编号 报告号 检验单号 检验报告编号 reportno reportnumber",
    "despatch-advice": "送货单号 发货单号 出库单号 deliverynote deliverynoteno despatchnumber",
    "receipt-advice": "入库单号 收货单号 grn grnno receiptno",
}
"""Titles that are a paper's own number in its own kind only; in another they name what it refers to."""
_SPEAK_OF: dict[str, str] = {
    "invoice": r"发票|开票|invoice",
    "purchase-order": r"采购订?单|订货单|purchase\s*order",
    "work-order": r"工单|生产订单|任务单|work\s*order",
    "inspection-report": r"检验|检测|inspection",
    "despatch-advice": r"出库|送货|发货|实发|delivery|despatch|dispatch",
    "receipt-advice": r"入库|收货|实收|goods\s*receipt",
    "payment": r"流水|回单|收款|付款|statement|payment",
}
GROUPS = ("line", "order", "device", "instrument", "payment", "registration")
COUNTS: Mapping[tuple[str, str], str] = {
    **{
        (kind, "line"): "lines"
        for kind in ("invoice", "credit-note", "purchase-order", "despatch-advice", "receipt-advice")
    },
    ("work-order", "order"): "orders",
    ("machine-data", "device"): "devices",
    ("payment", "payment"): "payments",
    ("calibration", "instrument"): "instruments",
    ("statutory-search", "registration"): "registrations",
}
"""(kind, group) → the fact that counts the group's rows."""

_IN_YUAN = re.compile(r"[(（\[](?:元|人民币|RMB|CNY|¥|￥)[)）\]]\s*\Z", re.IGNORECASE)
_NOISE = re.compile(r"[\s_\-:：()（）*/.,，、#]+")


def word(text: str) -> str:
    """A title as it is compared: NFKC, lower case, without blanks and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())


def speaks_of(kind: str, text: str) -> bool:
    """Whether a table's headline and titles name the kind: `销售出库单` is about despatch."""
    return bool(re.search(_SPEAK_OF.get(kind, r"(?!)"), text, re.IGNORECASE))


def column_of(words: Mapping[str, str], title_: str) -> str | None:
    """The column that a title names in `known`; `金额(元)` is `金额`, `金额(万元)` is not."""
    return words.get(word(title_)) or words.get(word(_IN_YUAN.sub("", title_)))


def columns(kind: str) -> tuple[str, ...]:
    """The columns of a kind's template, in order; `line.item` is an item of a line, `number` stands once a document."""
    return tuple(_KINDS[kind].split())


def title(column: str, language: str) -> str:
    """A column's title in `en` or `zh`."""
    return _TITLES[column][0 if language == "en" else 1]


def known(kind: str) -> dict[str, str]:
    """Every title that may stand for a column of a kind, compared form → column; a template's own titles win."""
    table = {word(text): "number" for text in _NUMBERS.get(kind, "").split()}
    for column in reversed(columns(kind)):
        for alias in _TITLES[column][2].split():
            table[word(alias)] = column
    for column in columns(kind):
        table[word(title(column, "en"))] = table[word(title(column, "zh"))] = table[word(column)] = column
    return table
