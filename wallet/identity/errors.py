"""What this room says no with. Wrong codes, and too many of them, allauth answers in its own form (`login`)."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class DeviceNotFound(Refusal):
    """There is no such device, or it is somebody else's, which the caller must not learn."""

    code = "device_not_found"
    status = 404
    title = _("Device not found")
    detail = _("You have no such device.")
