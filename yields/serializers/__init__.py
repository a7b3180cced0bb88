"""Funds, enrollments and yield on the wire. What a fund pays is 收益, never anything that a bank would promise.

funds        funds and their days, and the notice that must stand beside every figure of theirs
enrollment   that a group's balance earns, and on which terms
days         what a group earned, and what does not earn yet
explanation  a day worked out step by step, with its corrections
chart        many days, drawn
"""

from yields.serializers.chart import ChartQuery, ChartSerializer
from yields.serializers.days import YieldDayPage, YieldDaySerializer, YieldSummarySerializer
from yields.serializers.enrollment import EnrollmentInput, EnrollmentSerializer
from yields.serializers.explanation import YieldExplanationSerializer
from yields.serializers.funds import FundDayPage, FundDaySerializer, FundSerializer

__all__ = [
    "ChartQuery",
    "ChartSerializer",
    "EnrollmentInput",
    "EnrollmentSerializer",
    "FundDayPage",
    "FundDaySerializer",
    "FundSerializer",
    "YieldDayPage",
    "YieldDaySerializer",
    "YieldExplanationSerializer",
    "YieldSummarySerializer",
]
