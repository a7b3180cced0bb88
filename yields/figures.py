"""A fund's figures as files have them: CSV with our columns or the fund's own, read row by row.

Nothing is guessed: a row that is not a day with a rate of four decimals and an annualised figure of three is refused by
its number. A file has at most `FILE_BYTES_MAX` and `ROWS_MAX`.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from yields.errors import ColumnsMissing, FileEmpty, FileNotText, FileTooLarge, RateUnreadable, RowsTooMany

FILE_BYTES_MAX = 100_000
ROWS_MAX = 1_000
RATE_STEP, ANNUALIZED_STEP = Decimal("0.0001"), Decimal("0.001")
FIGURE_MAX = 1_000
#: What the three columns are called: by us, by funds, and in the published data of Tianchi.
NAMES = {
    "day": {"date", "日期", "净值日期", "收益日期", "mfd_date"},
    "rate": {"yield_per_10k", "每万份收益", "万份收益", "每万份基金净收益", "每万份基金已实现收益", "mfd_daily_yield"},
    "annualized": {"annualized_7d", "七日年化", "7日年化", "七日年化收益率", "7日年化收益率", "mfd_7daily_yield"},
}
#: A unit behind a column's name: （元）, (%), %.
UNIT = re.compile(r"[（(][^）)]*[）)]|[%\s\ufeff]")


@dataclass(frozen=True, slots=True)
class Row:
    """A day's figures, and the row of the file they stand in."""

    number: int
    day: date
    rate: Decimal
    annualized: Decimal


def decode(content: bytes) -> str:
    """Read a file's text.

    :raises FileTooLarge: when it has too many bytes.
    :raises FileNotText: when it is neither UTF-8 nor GB 18030.
    """
    if len(content) > FILE_BYTES_MAX:
        raise FileTooLarge(most=FILE_BYTES_MAX)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise FileNotText


def read_rows(lines: Iterable[str]) -> list[Row]:
    """Read all rows of a CSV.

    :raises ColumnsMissing: when the first row does not name the three columns.
    :raises RateUnreadable: when a row is not a day's figures.
    :raises RowsTooMany: when there are too many.
    :raises FileEmpty: when there are none.
    """
    reader = csv.reader(lines)
    try:
        places = _find_columns(next(reader, []))
        rows = list(_read(reader, places))
    except csv.Error as error:
        raise RateUnreadable(row=reader.line_num) from error
    if not rows:
        raise FileEmpty
    return rows


def _find_columns(head: list[str]) -> tuple[int, int, int]:
    names = [UNIT.sub("", name).lower() for name in head]
    places = [next((place for place, name in enumerate(names) if name in known), None) for known in NAMES.values()]
    day, rate, annualized = places
    if day is None or rate is None or annualized is None:
        raise ColumnsMissing
    return day, rate, annualized


def _read(reader: Iterator[list[str]], places: tuple[int, int, int]) -> Iterator[Row]:
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if number > ROWS_MAX + 1:
            raise RowsTooMany(most=ROWS_MAX)
        try:
            day, rate, annualized = (cells[place].strip() for place in places)
            figures = _read_figure(rate, RATE_STEP), _read_figure(annualized.removesuffix("%"), ANNUALIZED_STEP)
            yield Row(number, date.fromisoformat(day.replace("/", "-")), *figures)
        except (IndexError, ValueError, ArithmeticError) as error:
            raise RateUnreadable(row=number) from error


def _read_figure(text: str, step: Decimal) -> Decimal:
    """Read a figure that has no more decimals than it may; NaN and what is out of all measure is none."""
    figure = Decimal(text)
    if not figure.is_finite() or abs(figure) >= FIGURE_MAX or figure != figure.quantize(step):
        raise ValueError(text)
    return figure
