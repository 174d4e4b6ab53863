"""How values read on a page: money, times, sizes, ids. Filters of the templates; each returns text or safe markup.

Times are shown in Asia/Shanghai, with UTC on hover; money in CNY can be switched to 万 by the page's one toggle.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

__all__ = ["browser", "day", "money", "number", "percent", "plain_money", "rounded", "short", "size", "time"]

SHANGHAI = ZoneInfo("Asia/Shanghai")
_LONG = re.compile(r"(?<![\w.-])-?\d+\.\d{3,}(?!\d|\.\d)", re.ASCII)
_SIGNS = {"CNY": "¥", "EUR": "€", "USD": "$", "GBP": "£"}


def plain_money(value: Decimal | str | None, currency: str = "CNY") -> str:
    """`¥1,234,567.89`; a dash where there is none, the text itself where it is no number."""
    if value is None or value == "":
        return "–"
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return str(value)
    sign = _SIGNS.get(currency, f"{currency} ")
    return f"{'−' if amount < 0 else ''}{sign}{abs(amount).quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def money(value: Decimal | str | None, currency: str = "CNY") -> Markup:
    """The same with its amount in 万 beside it, for the toggle."""
    text = plain_money(value, currency)
    if currency != "CNY" or text == "–" or not text.lstrip("−").startswith("¥"):
        return escape(text)
    tens = (Decimal(value or 0) / 10_000).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    wan = f"{'−' if tens < 0 else ''}¥{abs(tens):,} 万"
    return Markup('<span class="money" data-yuan="{0}" data-wan="{1}">{0}</span>').format(text, wan)


def percent(value: Decimal | str | None) -> str:
    """A part of one as a percentage with three decimals."""
    return "–" if value is None else f"{Decimal(value) * 100:.3f} %"


def number(value: Decimal | str) -> str:
    """A number with at most two decimals, and no zeros at its end."""
    found = Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP).normalize() + 0  # no minus before nothing
    return f"{found:f}".replace("-", "−")


def rounded(text: str) -> str:
    """A sentence whose numbers read so; what it was made from keeps them whole."""
    return _LONG.sub(lambda found: number(found[0]), text)


def time(value: int | str | datetime | None) -> Markup:
    """A moment, from seconds since 1970, an instant's text or a datetime; a dash for None."""
    if value is None or value == "":
        return Markup("–")
    moment = _moment(value)
    local, utc = moment.astimezone(SHANGHAI), moment.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        utc.strftime("%Y-%m-%d %H:%M:%S UTC"),
        local.strftime("%Y-%m-%d %H:%M"),
    )


def browser(agent: str) -> str:
    """A browser's name and system out of what it says of itself, or the beginning of that."""
    names = {"Edg/": "Edge", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {
        "Android": "Android",
        "iPhone": "iPhone",
        "Windows": "Windows",
        "Mac OS": "macOS",
        "Linux": "Linux",
    }
    name = next((name for mark, name in names.items() if mark in agent), "")
    system = next((system for mark, system in systems.items() if mark in agent), "")
    return " · ".join(filter(None, (name, system))) or agent[:40] or "–"


def day(value: int | str | datetime | date | None) -> str:
    """A day in Shanghai."""
    if value is None or value == "":
        return "–"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and len(value) == 10:
        return value
    return _moment(value).astimezone(SHANGHAI).date().isoformat()


def size(count: int | str | None) -> str:
    """Bytes as a person says them."""
    number = int(count or 0)
    if number < 1000:
        return f"{number} B"
    if number < 1_000_000:
        return f"{number / 1000:.1f} kB"
    return f"{number / 1_000_000:.1f} MB"


def short(text: str | None, length: int = 10) -> str:
    """The beginning of an id; the whole stands in its title."""
    return text if text is None or len(text) <= length + 2 else text[: length + 2] + "…"  # type: ignore[return-value]


def _moment(value: int | str | datetime | date) -> datetime:
    if isinstance(value, int):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=SHANGHAI)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
