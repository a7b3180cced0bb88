"""What is refused to operators who enter and confirm a year of trading days."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class YearNotEntered(Refusal):
    """Nobody has entered the year's closed weekdays."""

    code = "year_not_entered"
    title = _("Nothing entered")
    detail = _("Nobody has entered the closed weekdays of %(year)s.")


class YearConfirmed(Refusal):
    """The year is confirmed; it never changes."""

    code = "year_confirmed"
    status = 409
    title = _("Confirmed already")
    detail = _("The trading days of %(year)s are confirmed and never change.")


class YearNeedsAnother(Refusal):
    """Who entered the year cannot confirm it."""

    code = "year_needs_another"
    status = 403
    title = _("Another person must confirm")
    detail = _("You entered this year yourself; another operator confirms it.")


class YearNotNext(Refusal):
    """Years are loaded one after the other, so that the calendar has no hole."""

    code = "year_not_next"
    status = 409
    title = _("Not the next year")
    detail = _("The next year to load is %(expected)s, not %(year)s.")


class ClosureUnreadable(Refusal):
    """A row of a list of closures does not begin with a day."""

    code = "closure_unreadable"
    title = _("File not readable")
    detail = _("Row %(row)s does not begin with a day such as 2027-01-01.")


class ClosureOdd(Refusal):
    """A day cannot stand in the year's list: it is a weekend, of another year, or there twice."""

    code = "closure_odd"
    title = _("Not a closed weekday")
    detail = _("%(date)s is not a weekday of %(year)s, or is there twice.")


class ClosureMissing(Refusal):
    """The list lacks a holiday on which the exchange is closed in every year: it is not whole."""

    code = "closure_missing"
    title = _("The list is not whole")
    detail = _("The exchange is closed on %(date)s in every year, and the list does not have it.")


class ClosuresImplausible(Refusal):
    """So many closed weekdays no year has."""

    code = "closures_implausible"
    title = _("Not plausible")
    detail = _("%(count)s closed weekdays cannot be right: a year has %(least)s to %(most)s.")
