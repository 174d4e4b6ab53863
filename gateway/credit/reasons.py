"""Why, in words: what a characteristic lacks and what would change the answer, in Chinese and English (PRODUCT 2.6, 2.9).

An applicant never reads where a rule against fraud begins, who else lends to it, or that an alert exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.credit.rules import Hit
from gateway.credit.scorecard import INSUFFICIENT, Scored

__all__ = ["ASK_FOR_A_PERSON", "merged", "reason_of_hit", "reason_of_points"]

ASK_FOR_A_PERSON = {
    "en": "You may ask for a person to review this within 30 days.",
    "zh": "您可在30日内要求人工复核。",
}
_EN = {
    "F02": ("Orders cover {value} months of sales ({edge} give more points)", "certify the orders you have in hand"),
    "F03": ("{value} % of what was due left in full and on time ({edge} % give more points)", "deliver by the promised day, certify delivery notes"),
    "F04": ("{value} % pass the first inspection ({edge} % give more points)", "improve first-pass yield, certify every report"),
    "F06": ("Machine use changed by {value} %", "certify the machine data of every week"),
    "F08": ("Machine data covers {value} % of planned machine time ({edge} % give more points)", "connect the machines that are missing"),
    "F09": ("Machine time and reported pieces fit together loosely", "keep routings and work orders up to date"),
    "F12": ("Order, work, delivery and invoice agree for {value} % ({edge} % give more points)", "add the papers that are missing"),
    "F14": ("Sales are concentrated on few customers ({value}; {edge} and less give more points)", "certify the invoices of other customers"),
    "F16": ("Customers pay {value} days beyond terms ({edge} and less give more points)", "ask late customers to pay on time"),
    "F17": ("{value} % of what was invoiced was corrected in red ({edge} % and less give more points)", "avoid returns and corrections"),
    "F19": ("{value} % of orders come from customers who ordered and paid before ({edge} % give more points)", "certify earlier orders and their payments"),
    "F20": ("Others than you attest {value} of what you claim ({edge} give more points)", "have carriers, inspectors and banks sign"),
    "F22": ("Debt is {value} of a year's sales ({edge} and less give more points)", "repay earlier loans"),
    "F24": ("{value} days of history ({edge} give more points)", "certify something every week"),
}  # fmt: skip
_ZH = {
    "F02": ("在手订单可覆盖{value}个月的销售（达到{edge}可加分）", "请存证在手订单"),
    "F03": ("按期足额交付{value}%（达到{edge}%可加分）", "请按期交付并存证送货单"),
    "F04": ("首检合格率{value}%（达到{edge}%可加分）", "请提高首检合格率并存证每份检验报告"),
    "F06": ("设备利用率变化{value}%", "请每周存证设备数据"),
    "F08": ("设备数据覆盖计划工时的{value}%（达到{edge}%可加分）", "请接入缺少的设备"),
    "F09": ("设备工时与报工数量不够吻合", "请及时更新工艺路线和工单"),
    "F12": ("订单、生产、交付与发票一致的占{value}%（达到{edge}%可加分）", "请补齐缺少的单据"),
    "F14": ("客户集中度{value}（不高于{edge}可加分）", "请存证其他客户的发票"),
    "F16": ("客户平均逾期付款{value}天（不超过{edge}天可加分）", "请催促客户按期付款"),
    "F17": ("红字冲销占{value}%（不超过{edge}%可加分）", "请减少退货和冲红"),
    "F19": ("老客户订单占{value}%（达到{edge}%可加分）", "请存证以往订单和付款"),
    "F20": ("由第三方佐证的比例为{value}（达到{edge}可加分）", "请由承运人、检验机构、银行签署"),
    "F22": ("负债为年销售额的{value}（不高于{edge}可加分）", "请先偿还已有贷款"),
    "F24": ("连续存证{value}天（达到{edge}天可加分）", "请每周存证"),
}  # fmt: skip
_TOO_LITTLE = {"en": "Not enough evidence for {id}", "zh": "证据不足（{id}）"}
_ZH_HITS = {
    "K01": "贵单位会员资格已暂停，请联系联盟办公室。",
    "K02": "所提供的应收账款已撤销或暂停，请更换。",
    "K03": "所提供的应收账款已质押，请更换或先解除。",
    "K08": "有单据未通过校验，请改正后重新存证。",
    "K09": "授权缺失或已到期，请重新签署。",
    "K10": "本产品不适用于贵单位的行业、地区或规模。",
    "K11": "本平台有逾期贷款，请先结清。",
    "R01": "有单据与另一份相似，由人工比对。",
    "R03": "暂有项目无法核验，由人工处理，或稍后再申请。",
    "R04": "存证历史尚短，请每周存证。",
    "R05": "该金额由人工审批。",
    "R06": "评分接近界限，由人工审批。",
    "R08": "应收集中于一家客户，由人工审批。",
    "R09": "您已要求人工审批。",
    "R10": "有指标超出评分卡适用范围，由人工审批。",
    "R12": "有一项核查未能自动完成，由人工完成。",
}
_UNTOLD = frozenset({"R02", "R07"})
"""Whose code alone would tell that an alert exists."""
_ZH_FRAUD = "单据之间不一致，可请人工与您一同核对。"


def reason_of_points(one: Scored) -> dict[str, Any]:
    """A characteristic that lacks points: code, how many, and the words."""
    value = None if one.value is None else f"{one.value.normalize():f}"
    texts = {}
    for language, table in (("en", _EN), ("zh", _ZH)):
        what, fix = table[one.feature]
        told = _TOO_LITTLE[language].format(id=one.feature) if value is None else what.format(value=value, edge=one.edge)  # fmt: skip
        texts[language] = f"{told}{': ' if language == 'en' else '：'}{fix}"
    return {"code": one.feature, "points": -one.shortfall, "insufficient": one.bin == INSUFFICIENT, **texts}


def reason_of_hit(hit: Hit) -> dict[str, Any]:
    """A rule, as its applicant may read it."""
    code = "REVIEW" if hit.code in _UNTOLD else hit.code
    return {"code": code, "points": None, "insufficient": False, "en": hit.told, "zh": _ZH_HITS.get(hit.code, _ZH_FRAUD)}  # fmt: skip


def merged(reasons: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each thing said once, in order."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in reasons:
        found.setdefault((str(one["code"]), str(one["en"])), one)
    return list(found.values())
