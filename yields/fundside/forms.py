"""What operators fill in: why a fund's day does not agree."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from wallet.rails.models import EXPLANATION_MAX
from yields.fundside.models import FundDifference


class ExplanationForm(forms.ModelForm[FundDifference]):
    """How an operator explains a difference."""

    why = forms.CharField(label=_("explanation"), max_length=EXPLANATION_MAX, widget=widgets.UnfoldAdminTextareaWidget)

    class Meta:
        model = FundDifference
        fields: list[str] = []
