"""Below /api/v1/."""

from datetime import date

from django.urls import path, register_converter

from yields import views


class DayConverter:
    """A day in a path; what is none is not found."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")

urlpatterns = [
    path("groups/<uuid:group_id>/enrollment", views.GroupEnrollment.as_view(), name="enrollment"),
    path("groups/<uuid:group_id>/yield", views.GroupYield.as_view(), name="yield"),
    path("groups/<uuid:group_id>/yield/chart", views.YieldChart.as_view(), name="yield_chart"),
    path("groups/<uuid:group_id>/yield/days", views.YieldDays.as_view(), name="yield_days"),
    path("groups/<uuid:group_id>/yield/days/<day:day>", views.OneYieldDay.as_view(), name="yield_day"),
    path("funds/<slug:code>", views.OneFund.as_view(), name="fund"),
    path("funds/<slug:code>/days", views.FundDays.as_view(), name="fund_days"),
]
