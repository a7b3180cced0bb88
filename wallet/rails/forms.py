"""What operators fill in: why our books and a rail's statement differ."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from wallet.rails.models import EXPLANATION_MAX, Difference


class ExplanationForm(forms.ModelForm[Difference]):
    """How an operator explains a difference."""

    why = forms.CharField(label=_("explanation"), max_length=EXPLANATION_MAX, widget=widgets.UnfoldAdminTextareaWidget)

    class Meta:
        model = Difference
        fields: list[str] = []
