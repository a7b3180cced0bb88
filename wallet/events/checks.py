"""What must be so of the event stream (see `wallet.ledger.checks`)."""

from wallet.events.kinds import list_kinds
from wallet.ledger.checks import add_check

add_check(
    "event_unreadable",
    "Every event is of a kind that is defined, and one that comes with an entry tells of it.",
    """
    SELECT v.wallet_id, v.id::text, 'event ' || v.sequence || ' of kind ' || v.kind
           || CASE WHEN v.kind = ANY(%(kinds)s) THEN ' should come with an entry, or without' ELSE ' is not defined' END
    FROM ledger_event v
    WHERE v.wallet_id = ANY(%(wallets)s)
    AND (v.kind <> ALL(%(kinds)s) OR (v.kind = ANY(%(posting_kinds)s)) <> jsonb_exists(v.data, 'entry'))""",
    lambda: {
        "kinds": [kind.name for kind in list_kinds()],
        "posting_kinds": [kind.name for kind in list_kinds() if kind.posts],
    },
)
