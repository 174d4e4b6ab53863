"""The world's days: thirteen weeks of Asia/Shanghai, their working days, shifts and breaks.

One holiday (25 to 27 September) and one make-up day (Sunday 20 September), whose shifts belong to the lots of week 13.
Weeks before the window are −9 … −1; there is no week 0. Times are UTC+8 throughout, which China keeps all year.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

__all__ = [
    "AS_OF",
    "HOLIDAYS",
    "LAST",
    "MAKE_UP",
    "OPENING",
    "SEGMENTS",
    "SHANGHAI",
    "START",
    "WEEKS",
    "delivery_day",
    "invoice_day",
    "is_working",
    "lot_days",
    "midnight",
    "monday",
    "planned_hours",
    "week_of",
    "working_days",
]

SHANGHAI = timezone(timedelta(hours=8))
START, LAST = date(2026, 6, 29), date(2026, 9, 27)
AS_OF = datetime(2026, 9, 28, tzinfo=SHANGHAI)
WEEKS = range(1, 14)
OPENING = range(-9, 0)
SEGMENTS = ((8.0, 12.0), (12.75, 16.0), (16.0, 20.0), (20.75, 24.0))
"""Hours of two shifts of eight hours, less a break of 45 minutes each: 14.5 planned hours a machine and day."""

MAKE_UP = date(2026, 9, 20)
HOLIDAYS = tuple(date(2026, 9, day) for day in (25, 26, 27))


def is_working(day: date) -> bool:
    """Whether machines are planned to run that day."""
    return day == MAKE_UP or (day.weekday() < 6 and day not in HOLIDAYS)


def working_days(first: date, last: date) -> list[date]:
    """The working days of a period, both ends included."""
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return [day for day in days if is_working(day)]


def monday(week: int) -> date:
    """The Monday of a week of the window (1 … 13) or before it (−9 … −1)."""
    return START + timedelta(weeks=week - 1 if week > 0 else week)


def week_of(day: date) -> int:
    """The week that a day lies in."""
    weeks = (day - START).days // 7
    return weeks + 1 if weeks >= 0 else weeks


def delivery_day(week: int) -> date:
    """Saturday; in week 13 the Thursday before the holiday."""
    return monday(week) + timedelta(days=3 if week == 13 else 5)


def invoice_day(delivered: date) -> date:
    """The Monday after a delivery; what leaves on the last working day is invoiced the same day."""
    if delivered == delivery_day(13):
        return delivered
    return delivered + timedelta(days=7 - delivered.weekday())


def lot_days(week: int) -> list[date]:
    """The days on which a week's lots are made; the make-up day is the first of week 13."""
    first = MAKE_UP if week == 13 else monday(week)
    last = delivery_day(week)
    return [day for day in working_days(first, last) if week == 13 or day != MAKE_UP]


def midnight(day: date) -> int:
    """Milliseconds since 1970 of a day's first moment in Shanghai."""
    return int(datetime.combine(day, time(), SHANGHAI).astimezone(UTC).timestamp()) * 1000


def planned_hours(days: int) -> float:
    """Planned hours of one machine in so many working days."""
    return days * sum(end - begin for begin, end in SEGMENTS)
