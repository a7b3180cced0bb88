"""What operators fill in: why the books differ."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from wallet.rails.explainable import EXPLANATION_MAX, Explainable


class ExplanationForm(forms.ModelForm[Explainable]):
    """How an operator explains a difference, whichever table it is in: the page knows."""

    why = forms.CharField(label=_("explanation"), max_length=EXPLANATION_MAX, widget=widgets.UnfoldAdminTextareaWidget)
