"""What operators fill in or hand over: a file of rates, a correction, a year of closed weekdays.

A file is read here, bounded; whether its rows may be entered is for the services.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from wallet.refusals import Refusal
from yields.figures import FILE_BYTES_MAX, decode
from yields.models import CalendarYear, Fund, RateCorrection
from yields.models.corrections import REASON_MAX
from yields.services import read_closures


def read_text(file: "UploadedFile[Any]") -> str:
    """Read the text of a file that was handed over, or say what is wrong with it.

    :raises ValidationError: when it is too large or no text.
    """
    try:
        return decode(file.read(FILE_BYTES_MAX + 1))
    except Refusal as refusal:
        raise forms.ValidationError(refusal.describe()) from refusal


class RatesForm(forms.Form):
    """A file of a fund's days. Once it has been looked at, its text comes back with the answer."""

    fund = forms.ModelChoiceField(
        label=_("fund"), queryset=Fund.objects.filter(is_sandbox=False), widget=widgets.UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text=_("With the columns date, yield_per_10k and annualized_7d, or the fund's own."),
    )
    text = forms.CharField(required=False, widget=forms.HiddenInput, max_length=FILE_BYTES_MAX, strip=False)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        return read_text(file) if file else ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        cleaned["text"] = cleaned.get("file") or cleaned.get("text", "")
        if not cleaned["text"] and "file" not in self.errors:
            self.add_error("file", _("Choose a file."))
        return cleaned


class CorrectionForm(forms.ModelForm[RateCorrection]):
    """Which day of which fund is corrected, to what, and why."""

    fund = forms.ModelChoiceField(label=_("fund"), queryset=Fund.objects.all(), widget=widgets.UnfoldAdminSelectWidget)
    date = forms.DateField(label=_("day"), widget=widgets.UnfoldAdminSingleDateWidget)
    reason = forms.CharField(label=_("reason"), max_length=REASON_MAX, widget=widgets.UnfoldAdminTextareaWidget)

    class Meta:
        model = RateCorrection
        fields = ["yield_per_10k", "annualized_7d"]


class YearForm(forms.ModelForm[CalendarYear]):
    """A year's closed weekdays, typed or from a file."""

    year = forms.IntegerField(
        label=_("year"),
        validators=[MinValueValidator(2013), MaxValueValidator(9999)],
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )
    days = forms.CharField(
        label=_("closed weekdays"),
        required=False,
        max_length=5_000,
        widget=widgets.UnfoldAdminTextareaWidget,
        help_text=_("One day a line, as 2027-01-01; what follows a comma is not read."),
    )
    file = forms.FileField(
        label=_("CSV file"),
        required=False,
        widget=widgets.UnfoldAdminFileFieldWidget,
        help_text=_("Instead of typing them. The first column is the day."),
    )

    class Meta:
        model = CalendarYear
        fields: Sequence[str] = []

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        return read_text(file) if file else ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            cleaned["closures"] = self._read(cleaned["file"] or cleaned["days"])
        return cleaned

    def _read(self, text: str) -> list[date]:
        try:
            return read_closures(text.splitlines())
        except Refusal as refusal:
            raise forms.ValidationError(refusal.describe()) from refusal
