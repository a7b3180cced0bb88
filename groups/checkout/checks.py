"""What must be so of orders (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

add_check(
    "order_paid_twice",
    "A payment for an order is the one that the order knows, of its amount, and the order is not open any more.",
    """
    SELECT p.wallet_id, p.id::text, p.amount || ' for an order of ' || o.amount || ', ' || o.status
           || ', paid by ' || coalesce(nullif(o.trade_no, ''), 'nothing')
    FROM spending_payment p
    JOIN checkout_order o ON o.merchant_id = p.merchant_id
    AND 'order.' || replace(o.id::text, '-', '') = left(p.out_trade_no, 38)
    WHERE p.wallet_id = ANY(%(wallets)s) AND p.status = 'settled'
    AND (o.trade_no <> p.out_trade_no OR o.amount <> p.amount OR o.status = 'open')""",
)
