"""What the rooms of yield refuse: to members, to operators, and to a run that must not go on.

enrollment   the owner switches yield on or off
reading      a member looks at what was earned
rates        an operator enters or publishes a day's figures
files        a file is not read, or nothing of it is entered
corrections  an operator corrects a published day, or it cannot be carried out
years        an operator enters or confirms a year of trading days
runs         a day is not credited, to anybody or to one wallet
"""

from yields.errors.corrections import (
    BaseDiffers,
    CorrectionChangesNothing,
    CorrectionNeedsAnother,
    CorrectionNegative,
    CorrectionNotEntered,
    CorrectionUnderWay,
    DayNotCredited,
    RateNotPublished,
    StakeNotCovered,
)
from yields.errors.enrollment import (
    AlreadyEnrolled,
    FundNotFound,
    FundNotOffered,
    NotEnrolled,
    QuestionnaireNotAccepted,
)
from yields.errors.files import (
    ColumnsMissing,
    FileEmpty,
    FileNotText,
    FileTooLarge,
    RateTwice,
    RateUnreadable,
    RowsRefused,
    RowsTooMany,
)
from yields.errors.rates import RateAlreadyPublished, RateMismatch, RateNeedsAnother, RateNotEntered, RateOutOfOrder
from yields.errors.reading import ChartTooLong, YieldDayNotFound
from yields.errors.runs import (
    CalendarMissing,
    DayNotOver,
    DayOutOfOrder,
    PreviousDayMissing,
    RateMissing,
    RateNegative,
    WalletClosed,
)
from yields.errors.years import (
    ClosureMissing,
    ClosureOdd,
    ClosuresImplausible,
    ClosureUnreadable,
    YearConfirmed,
    YearNeedsAnother,
    YearNotEntered,
    YearNotNext,
)

__all__ = [
    "AlreadyEnrolled",
    "BaseDiffers",
    "CalendarMissing",
    "ChartTooLong",
    "ClosureMissing",
    "ClosureOdd",
    "ClosureUnreadable",
    "ClosuresImplausible",
    "ColumnsMissing",
    "CorrectionChangesNothing",
    "CorrectionNeedsAnother",
    "CorrectionNegative",
    "CorrectionNotEntered",
    "CorrectionUnderWay",
    "DayNotCredited",
    "DayNotOver",
    "DayOutOfOrder",
    "FileEmpty",
    "FileNotText",
    "FileTooLarge",
    "FundNotFound",
    "FundNotOffered",
    "NotEnrolled",
    "PreviousDayMissing",
    "QuestionnaireNotAccepted",
    "RateAlreadyPublished",
    "RateMismatch",
    "RateMissing",
    "RateNeedsAnother",
    "RateNegative",
    "RateNotEntered",
    "RateNotPublished",
    "RateOutOfOrder",
    "RateTwice",
    "RateUnreadable",
    "RowsRefused",
    "RowsTooMany",
    "StakeNotCovered",
    "WalletClosed",
    "YearConfirmed",
    "YearNeedsAnother",
    "YearNotEntered",
    "YearNotNext",
    "YieldDayNotFound",
]
