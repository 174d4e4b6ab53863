"""Units of measure: what people write (`kg`, `件`, `pcs`) as codes of UN/ECE Recommendation 20, and pint for sizes.

For formats whose unit is free text. Where a format itself demands a code (UBL, CII), the code is taken as stated. A
unit that is not in the table has no code: the quantity is left out rather than stated without its unit.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import cache
from typing import Any

__all__ = ["code", "converted", "with_unit"]

_CODES = {
    "C62": "one unit 个 個 1",
    "H87": "piece pieces pcs pc pce stk stück st 件 只 支 片 块 颗 枚 根 条 张 把 台 辆 本 部 瓶 座 扇 粒 pz",
    "EA": "ea each",
    "SET": "set sets 套 副",
    "PR": "pair pairs 双 对",
    "BX": "box boxes 箱 盒",
    "PK": "pack pk 包 袋",
    "RO": "roll 卷",
    "LO": "lot 批",
    "KGM": "kg kgs kilogram kilograms 千克 公斤",
    "GRM": "g gram grams 克",
    "MGM": "mg 毫克",
    "TNE": "t tonne tonnes mt 吨",
    "LBR": "lb lbs pound pounds",
    "MTR": "m meter metre meters metres 米",
    "MMT": "mm 毫米",
    "CMT": "cm 厘米",
    "KMT": "km 千米 公里",
    "INH": "in inch inches",
    "FOT": "ft foot feet",
    "MTK": "m2 m² sqm 平方米",
    "MTQ": "m3 m³ cbm 立方米",
    "LTR": "l liter litre liters litres 升",
    "MLT": "ml 毫升",
    "KWH": "kwh kw·h kw.h 千瓦时 度",
    "MWH": "mwh 兆瓦时",
    "HUR": "h hr hrs hour hours 小时 时",
    "MIN": "min mins minute minutes 分钟",
    "SEC": "s sec second seconds 秒",
    "DAY": "d day days 天 日",
    "MON": "month months 月",
    "E48": "service 次 项",
}
_KNOWN = {word: key for key, words in _CODES.items() for word in [*words.split(), key.lower()]}
_LOOKS_LIKE_CODE = re.compile(r"[A-Z0-9]{2,3}\Z")
_PINT = {"KGM": "kilogram", "GRM": "gram", "MGM": "milligram", "TNE": "tonne", "LBR": "pound", "MTR": "meter", "MMT": "millimeter",
         "CMT": "centimeter", "KMT": "kilometer", "INH": "inch", "FOT": "foot", "MTK": "meter**2", "MTQ": "meter**3", "LTR": "liter",
         "MLT": "milliliter", "KWH": "kilowatt_hour", "MWH": "megawatt_hour", "HUR": "hour", "MIN": "minute", "SEC": "second", "DAY": "day"}  # fmt: skip


def code(unit: str | None) -> str | None:
    """The Recommendation 20 code of a written unit; `-` where none is written, None where it is not known."""
    text = unicodedata.normalize("NFKC", unit or "").strip()
    if not text:
        return "-"
    known = _KNOWN.get(text.lower())
    if known:
        return known
    return text if _LOOKS_LIKE_CODE.match(text) else None


def with_unit(number: str | None, unit: str | None) -> str | None:
    """`number code`, ready for the type quantity; None where the number is missing. An unknown unit is kept, so that
    the type refuses it and the reader is told."""
    if not number:
        return None
    return f"{number.strip()} {code(unit) or (unit or '').replace(' ', '_')}"


def converted(number: Decimal, unit: str, to: str) -> Decimal | None:
    """A number of one unit in another of the same dimension, exact in Decimal; None where there is no way (pint)."""
    if unit == to:
        return number
    if unit not in _PINT or to not in _PINT:
        return None
    import pint

    try:
        value = _registry().Quantity(number, _PINT[unit]).to(_PINT[to])
    except pint.DimensionalityError:
        return None
    return Decimal(value.magnitude)


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(non_int_type=Decimal)
