"""What must be so of transfers through rails (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "transfer_lost",
    "Our number at the rail leads to its transfer, so that a notice about it finds it.",
    """
    SELECT t.wallet_id, t.id::text, 'number ' || t.out_no || ' leads elsewhere or nowhere'
    FROM rails_transfer t LEFT JOIN rails_transfernumber n ON n.out_no = t.out_no
    WHERE t.wallet_id = ANY(%(wallets)s)
    AND (n.transfer_id IS DISTINCT FROM t.id OR n.wallet_id IS DISTINCT FROM t.wallet_id)""",
)
