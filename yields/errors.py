"""What the rooms of yield refuse: to members, to operators, and to a run that must not go on."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import NotFound, Refusal


class FundNotFound(NotFound):
    """There is no such fund."""

    code = "fund_not_found"


class NotEnrolled(NotFound):
    """The group's balance does not earn at present."""

    code = "not_enrolled"
    title = _("Yield is off")
    detail = _("This group's balance is not in a fund.")


class YieldDayNotFound(NotFound):
    """Nothing was computed for that day: the group was not enrolled, or the day is still to come."""

    code = "yield_day_not_found"


class AlreadyEnrolled(Refusal):
    """The group is in a fund already, or in this one on other terms."""

    code = "already_enrolled"
    status = 409
    title = _("Yield is on already")
    detail = _("This group's balance is in the fund %(fund)s. Switch yield off first.")


class FundNotOffered(Refusal):
    """A sandbox fund pays play money; only sandboxes may enroll in it."""

    code = "fund_not_offered"
    title = _("Fund not offered")
    detail = _("This fund is not offered to your group.")


class QuestionnaireNotAccepted(Refusal):
    """The owner has not confirmed the result of the risk questionnaire."""

    code = "questionnaire_not_accepted"
    title = _("Questionnaire not confirmed")
    detail = _("Confirm the result of the risk questionnaire first.")


class RateAlreadyPublished(Refusal):
    """The day's figures are published; they never change."""

    code = "rate_already_published"
    status = 409
    title = _("Published already")
    detail = _("The figures of %(date)s are published and never change.")


class RateNotEntered(Refusal):
    """Nobody has entered the day's figures."""

    code = "rate_not_entered"
    title = _("Nothing entered")
    detail = _("Nobody has entered the figures of %(date)s.")


class RateNeedsAnother(Refusal):
    """Who entered the figures cannot publish them."""

    code = "rate_needs_another"
    status = 403
    title = _("Another person must publish")
    detail = _("You entered these figures yourself; another operator publishes them.")


class RateMismatch(Refusal):
    """The annualised figure does not follow from the seven days, so one of the figures is mistyped."""

    code = "rate_mismatch"
    title = _("Figures do not agree")
    detail = _("Of %(date)s the annualised figure is entered as %(entered)s; the last seven days give %(computed)s.")


class RateOutOfOrder(Refusal):
    """Days are published one after the other, so that seven days can always be checked."""

    code = "rate_out_of_order"
    status = 409
    title = _("A day is missing")
    detail = _("Publish %(missing)s before %(date)s.")


class RateUnreadable(Refusal):
    """A row of an imported file is not a day's figures."""

    code = "rate_unreadable"
    title = _("File not readable")
    detail = _("Row %(row)s is not a day with its two figures.")


class RateMissing(Refusal):
    """The fund has not published the day; its run waits."""

    code = "rate_missing"
    status = 409
    title = _("Rate missing")
    detail = _("The fund %(fund)s has published nothing for %(date)s. The day waits.")


class RateNegative(Refusal):
    """The fund lost money on the day; no run takes from people by itself, an operator decides."""

    code = "rate_negative"
    status = 409
    title = _("Rate negative")
    detail = _("The fund %(fund)s published a negative rate for %(date)s. The day waits for an operator.")


class CalendarMissing(Refusal):
    """The day lies past the last year whose closures are loaded; a guessed holiday would be paid out."""

    code = "calendar_missing"
    status = 409
    title = _("Calendar missing")
    detail = _("The trading days around %(date)s are not loaded. The day waits for an operator.")


class DayNotOver(Refusal):
    """The day is not over in Shanghai."""

    code = "day_not_over"
    status = 409
    title = _("Day not over")
    detail = _("%(date)s is not over yet.")


class DayOutOfOrder(Refusal):
    """A day is credited only after the day before it."""

    code = "day_out_of_order"
    status = 409
    title = _("The day before first")
    detail = _("%(date)s cannot be credited before %(missing)s.")


class PreviousDayMissing(Refusal):
    """This wallet has not been credited for the day before."""

    code = "previous_day_missing"
    detail = _("The day before has not been credited to this wallet.")


class WalletClosed(Refusal):
    """Money would be credited to a wallet that is closed."""

    code = "wallet_closed"
    detail = _("This wallet is closed and still earns.")


# --- calendar years --------------------------------------------------------------------------------------------------
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


# --- corrections -----------------------------------------------------------------------------------------------------
class RateNotPublished(Refusal):
    """There is nothing to correct: the day's figures are not published."""

    code = "rate_not_published"
    title = _("Not published")
    detail = _("The figures of %(date)s are not published; what is only entered can simply be entered again.")


class DayNotCredited(Refusal):
    """The day is still to be credited, so nothing that was credited can be corrected."""

    code = "day_not_credited"
    status = 409
    title = _("Not credited yet")
    detail = _("%(date)s has not been credited yet.")


class CorrectionNegative(Refusal):
    """A correction never takes more from people than the day gave them."""

    code = "correction_negative"
    title = _("Rate negative")
    detail = _("A correction cannot make a day's rate negative.")


class CorrectionChangesNothing(Refusal):
    """The figures are those that stand."""

    code = "correction_changes_nothing"
    title = _("Nothing to correct")
    detail = _("These are the figures of %(date)s as they stand.")


class CorrectionUnderWay(Refusal):
    """The correction before it is still being carried out."""

    code = "correction_under_way"
    status = 409
    title = _("A correction is under way")
    detail = _("Correction %(number)s of %(date)s is still being carried out.")


class CorrectionNotEntered(Refusal):
    """The correction is not waiting: it is published or withdrawn."""

    code = "correction_not_entered"
    status = 409
    title = _("Not waiting")
    detail = _("This correction is not waiting to be published.")


class CorrectionNeedsAnother(Refusal):
    """Who entered the correction cannot publish it."""

    code = "correction_needs_another"
    status = 403
    title = _("Another person must publish")
    detail = _("You entered this correction yourself; another operator publishes it.")


class StakeNotCovered(Refusal):
    """A member's stake no longer holds what the correction takes back; people decide, and no stake goes below zero."""

    code = "stake_not_covered"
    detail = _("The correction takes back %(amount)s more than a member's stake still holds.")
    fen = ("amount",)


class BaseDiffers(Refusal):
    """The base worked out again is not the base that was credited."""

    code = "base_differs"
    detail = _("The base was %(credited)s and is now worked out as %(derived)s.")
    fen = ("credited", "derived")


# --- files -----------------------------------------------------------------------------------------------------------
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
