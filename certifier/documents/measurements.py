"""Measured values in a further sheet of an inspection report: a row a piece, a column a characteristic.

Titles decide: a column of serial numbers names the piece (else its place does), a column of verdicts or remarks is passed
by, every other column of numbers is a characteristic. Also the long form: characteristic and value in two columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from certifier.documents.columns import word

__all__ = ["measured"]

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?\Z")
_WORDS = {
    "piece": "序号 编号 件号 工件号 零件编号 样件号 样品编号 样本 样本号 序列号 no sn serial serialnumber part partno piece sample sampleno id",
    "characteristic": "特性 特性名称 项目 检验项目 检测项目 尺寸名称 characteristic feature dimension",
    "value": "实测值 测量值 实测 检测值 数值 value measured measuredvalue actual result",
}
_ROLES = {title: role for role, titles in _WORDS.items() for title in titles.split()}
_PASSED_BY = re.compile(
    r"判定|结论|备注|日期|时间|上限|下限|公差|偏差|名义|标准值|理论|verdict|status|remark|date|time|limit|tolerance|nominal|usl|lsl|deviation"
)


def measured(rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, str, str]]:
    """(characteristic, piece, value) of a sheet whose first row are titles; values as they are written."""
    if len(rows) < 2:
        return
    titles = [word(text) for text in rows[0]]
    roles = {_ROLES[title]: at for at, title in reversed(list(enumerate(titles))) if title in _ROLES}
    piece, name, value = roles.get("piece"), roles.get("characteristic"), roles.get("value")
    for place, row in enumerate(rows[1:], 1):
        part = _cell(row, piece) or str(place)
        if name is not None and value is not None:
            if _NUMBER.match(_cell(row, value)):
                yield _cell(row, name), part, _cell(row, value)
            continue
        for at, title in enumerate(titles):
            if title and at != piece and not _PASSED_BY.search(title) and _NUMBER.match(_cell(row, at)):
                yield rows[0][at], part, _cell(row, at)


def _cell(row: Sequence[str], position: int | None) -> str:
    return row[position] if position is not None and position < len(row) else ""
