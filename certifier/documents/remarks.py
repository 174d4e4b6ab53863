"""What free text says under a label: order and despatch numbers of a remark (备注), days of payment terms.

Only what is labelled is read, and never a part of a sentence that could mean something else: a number without its
label, working days, or a term that runs from the month's end (月结) is not stated here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["despatches", "orders", "terms_days"]

MAX_TEXT = 4000
_NUMBER_WORD = r"(?:号码|编号|号|单号|NO\.?|NUMBER|NUM|#)?"
_WHOLE = r"(?=[0-9A-Z][0-9A-Z_/.#-]{3,63}(?:[\s,;、。]|\Z))"  # without a colon, only what is a number and nothing else
_AFTER = rf"\s*(?:[:#=]\s*|{_WHOLE})"
_STRICT = r"(?:\s*(?:NO\.?|NUMBER|号码?|编号)\s*[:#=]?|\s*[:#=])\s*"
_ORDER = re.compile(
    rf"(?:(?<![产售务])订单{_NUMBER_WORD}|采购单{_NUMBER_WORD}|订货单{_NUMBER_WORD}){_AFTER}"
    rf"|(?<![A-Z0-9])(?:P\.?/?O\.?|PURCHASE\s+ORDER|(?<!SALES )(?<!WORK )ORDER){_STRICT}"
)
_CONTRACT = re.compile(rf"合同{_NUMBER_WORD}{_AFTER}|(?<![A-Z0-9])CONTRACT{_STRICT}")
_DESPATCH = re.compile(
    rf"(?:送货|发货|交货|出库)(?:通知)?单?{_NUMBER_WORD}{_AFTER}|(?<![A-Z0-9])(?:DELIVERY\s+NOTE|DESPATCH\s+ADVICE|DN){_STRICT}"
)
_SEPARATOR = re.compile(r"[,、&]|\s(?:and|und|和|及|与)\s", re.IGNORECASE)
_END = re.compile(r"[;。|\r\n()\[\]【】]")
_FURTHER = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Za-z][0-9A-Za-z_/.#-]{2,63}")
_FIRST = re.compile(r"(?=[^0-9]*[0-9])[^\s:]{1,64}")


def orders(text: str | None) -> list[str]:
    """The numbers that a remark calls orders; where it names none, those that it calls contracts."""
    return _labelled(text, _ORDER) or _labelled(text, _CONTRACT)


def despatches(text: str | None) -> list[str]:
    """The numbers that a remark calls delivery notes."""
    return _labelled(text, _DESPATCH)


def _plain(text: str | None) -> str:
    return unicodedata.normalize("NFKC", (text or "")[:MAX_TEXT])


def _labelled(text: str | None, label: re.Pattern[str]) -> list[str]:
    plain = _plain(text)
    found: dict[str, None] = {}
    for match in label.finditer(plain.upper() if len(plain.upper()) == len(plain) else plain):
        end = _END.search(plain, match.end())
        found.update(dict.fromkeys(_listed(plain[match.end() : end.start() if end else None])))
    return list(found)


def _listed(text: str) -> list[str]:
    """The numbers of `A 第27行,B,C`, up to what is another statement."""
    numbers: list[str] = []
    for entry in _SEPARATOR.split(text):
        words = entry.split()
        if len(words) > 1 and not re.search(r"[0-9:]", words[0]):
            words[:2] = [f"{words[0]} {words[1]}"]  # `PO 4711`
        pattern = _FURTHER if numbers else _FIRST
        if not words or not pattern.fullmatch(words[0].replace(" ", "")):
            break
        numbers.append(words[0])
        if ":" in entry:
            break
    return numbers


_DISCOUNT = re.compile(r"#SKONTO#[^\n]*|[0-9.,]+\s*%[^;。\n]*?(?:days|tagen?|天|日)", re.IGNORECASE)
_NET = re.compile(
    r"(?:\bnet(?:to)?\s*(?:in\s*)?([0-9]{1,3})\b|\b([0-9]{1,3})\s*(?:calendar\s*)?(?:days?|d|tage)\s*(?:net|netto)\b)",
    re.IGNORECASE,
)
_DAYS = re.compile(
    r"(?<![0-9.,月-])([0-9]{1,3})\s*(?:(?:calendar\s+)?days?\b|tagen?\b|个?自然日|天|日)", re.IGNORECASE
)
_NOT_PLAIN = re.compile(
    r"月结|月底|月末|工作日|end of (?:the )?month|\beom\b|working day|business day|monatsende", re.IGNORECASE
)
_CONTEXT = re.compile(
    r"付款|账期|信用期|支付|结算|pay|terms|net|due|zahl|fällig|\A\s*[0-9]{1,3}\s*(?:天|days?)?\s*\Z",
    re.IGNORECASE,
)


def terms_days(texts: Iterable[str | None]) -> int | None:
    """The days of payment terms in notes such as `交货后60天付款` or `Net 30`; None where they are not plain."""
    found = {days for text in texts if text and (days := _terms(_plain(text))) is not None}
    return found.pop() if len(found) == 1 else None


def _terms(text: str) -> int | None:
    text = _DISCOUNT.sub(" ", text)
    if _NOT_PLAIN.search(text) or not _CONTEXT.search(text):
        return None
    nets = {int(a or b) for a, b in _NET.findall(text)}
    days = nets or {int(number) for number in _DAYS.findall(text)}
    if not days and text.strip().isdecimal():
        days = {int(text)}
    return days.pop() if len(days) == 1 else None
