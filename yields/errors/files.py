"""Why an operator's file is not read, or nothing of it is entered."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class FileTooLarge(Refusal):
    """A file is larger than any that is meant."""

    code = "file_too_large"
    status = 413
    title = _("File too large")
    detail = _("The file has more than %(most)s bytes.")


class FileNotText(Refusal):
    """A file is not a text in UTF-8 or GB 18030."""

    code = "file_not_text"
    title = _("File not readable")
    detail = _("The file is no text in UTF-8 or GB 18030.")


class ColumnsMissing(Refusal):
    """The first row of a file does not name a day and its two figures."""

    code = "columns_missing"
    title = _("Columns missing")
    detail = _("Row 1 must name the columns date, yield_per_10k and annualized_7d, or 日期, 每万份收益 and 七日年化.")


class FileEmpty(Refusal):
    """A file has no rows."""

    code = "file_empty"
    title = _("File empty")
    detail = _("The file has no rows.")


class RowsTooMany(Refusal):
    """A file has more rows than can be looked through."""

    code = "rows_too_many"
    title = _("Too many rows")
    detail = _("The file has more than %(most)s rows.")


class RateUnreadable(Refusal):
    """A row of an imported file is not a day's figures."""

    code = "rate_unreadable"
    title = _("File not readable")
    detail = _("Row %(row)s is not a day with its two figures.")


class RateTwice(Refusal):
    """A file has a day twice."""

    code = "rate_twice"
    title = _("A day twice")
    detail = _("The file has %(date)s twice.")


class RowsRefused(Refusal):
    """Some rows of a file cannot be entered, so none is."""

    code = "rows_refused"
    title = _("Nothing was entered")
    detail = _("Nothing was entered. Row %(row)s: %(why)s (%(count)s rows in all cannot be entered.)")
