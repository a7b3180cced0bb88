"""What the door of the websocket says no with, before there is a socket: an HTTP answer with a problem document."""

from django.utils.translation import gettext_lazy as _

from wallet.refusals import Refusal


class SocketUnauthenticated(Refusal):
    """The handshake carries no valid token and no valid ticket: unknown, expired, used or revoked."""

    code = "socket_unauthenticated"
    status = 401
    title = _("Log in first")
    detail = _("A websocket needs a valid token or an unused ticket.")


class OriginRefused(Refusal):
    """A browser says that the page opening the socket is from somewhere that may not."""

    code = "origin_refused"
    status = 403
    title = _("Not allowed")
    detail = _("Pages of this origin may not open a websocket here.")


class QueryRefused(Refusal):
    """The address has a query. A secret in an address ends up in logs, so nothing is read from it."""

    code = "query_refused"
    status = 400
    title = _("Invalid request")
    detail = _("The websocket's address has no query. A token never stands in an address.")


class SubprotocolRefused(Refusal):
    """Subprotocols are offered, but none that is spoken here."""

    code = "subprotocol_refused"
    status = 400
    title = _("Invalid request")
    detail = _("The websocket speaks the subprotocol %(subprotocol)s.")


class SocketUnavailable(Refusal):
    """The database is away, so nobody can be let in."""

    code = "socket_unavailable"
    status = 503
    title = _("Busy")
    detail = _("Nobody can be let in at the moment. Try again shortly.")
    retry_after_seconds = 1
