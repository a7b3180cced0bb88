"""What must be so of payments and refunds (see `wallet.ledger.checks`)."""

from wallet.ledger.checks import add_check

#: What each entry of spending gave to the merchant, or took from them (fen).
TAKINGS = """
    SELECT e.id, e.wallet_id, e.kind, e.reference, e.reverses_id, coalesce(sum(p.amount), 0) AS amount
    FROM ledger_entry e
    LEFT JOIN (ledger_posting p JOIN ledger_account a ON a.id = p.account_id AND a.kind = 'MERCHANT')
    ON p.entry_id = e.id AND p.wallet_id = e.wallet_id
    WHERE e.wallet_id = ANY(%(wallets)s) AND e.kind IN ('payment', 'refund') GROUP BY e.id"""

add_check(
    "payment_entry",
    "A settled payment has its one entry, of its amount; a refused one has none; and no entry is without its payment.",
    f"""
    SELECT coalesce(p.wallet_id, e.wallet_id), coalesce(p.id, e.id)::text,
           CASE WHEN p.id IS NULL THEN 'an entry without its payment' ELSE p.status || ' payment of ' || p.amount
           || ', booked ' || coalesce(e.amount::text, 'nothing') END
    FROM (SELECT * FROM spending_payment WHERE wallet_id = ANY(%(wallets)s)) p
    FULL JOIN (SELECT * FROM ({TAKINGS}) t WHERE kind = 'payment') e
    ON e.wallet_id = p.wallet_id AND e.reference = 'payment:' || p.id
    WHERE p.id IS NULL OR e.id IS DISTINCT FROM p.entry_id
    OR e.amount IS DISTINCT FROM CASE p.status WHEN 'settled' THEN p.amount END""",  # noqa: S608
)
add_check(
    "refund_entry",
    "A refund has its one entry, which reverses its payment's, of its amount; and no entry is without its refund.",
    f"""
    SELECT coalesce(r.wallet_id, e.wallet_id), coalesce(r.id, e.id)::text,
           CASE WHEN r.id IS NULL THEN 'an entry without its refund' ELSE 'refund of ' || r.amount || ', booked '
           || coalesce((-e.amount)::text, 'nothing') END
    FROM (SELECT r.*, p.entry_id AS paid FROM spending_refund r JOIN spending_payment p ON p.id = r.payment_id
          WHERE r.wallet_id = ANY(%(wallets)s)) r
    FULL JOIN (SELECT * FROM ({TAKINGS}) t WHERE kind = 'refund') e
    ON e.wallet_id = r.wallet_id AND e.reference = 'refund:' || r.id
    WHERE r.id IS NULL OR e.id IS DISTINCT FROM r.entry_id OR e.reverses_id IS DISTINCT FROM r.paid
    OR e.amount IS DISTINCT FROM -r.amount""",  # noqa: S608
)
add_check(
    "payment_refunded",
    "What a payment says was refunded is what its refunds sum to, and no more than was paid.",
    """
    SELECT p.wallet_id, p.id::text, 'paid ' || p.amount || ', refunded ' || p.refunded || ', refunds '
           || coalesce(r.sum, 0)
    FROM spending_payment p
    LEFT JOIN (SELECT wallet_id, payment_id, sum(amount) FROM spending_refund WHERE wallet_id = ANY(%(wallets)s)
               GROUP BY wallet_id, payment_id) r ON r.payment_id = p.id AND r.wallet_id = p.wallet_id
    WHERE p.wallet_id = ANY(%(wallets)s) AND (p.refunded <> coalesce(r.sum, 0) OR p.refunded > p.amount)""",
)
add_check(
    "code_use",
    "A payment code is used up exactly when it was charged, and once.",
    """
    SELECT c.wallet_id, c.id::text, CASE WHEN c.used_at IS NULL THEN 'not used' ELSE 'used' END || ', charged '
           || count(p.id) || ' times'
    FROM spending_paymentcode c LEFT JOIN spending_payment p ON p.code_id = c.id AND p.wallet_id = c.wallet_id
    WHERE c.wallet_id = ANY(%(wallets)s) GROUP BY c.id
    HAVING count(p.id) <> CASE WHEN c.used_at IS NULL THEN 0 ELSE 1 END""",
)
add_check(
    "trade_lost",
    "A merchant's number leads to its payment.",
    """
    SELECT p.wallet_id, p.id::text, 'number ' || p.out_trade_no || ' leads elsewhere or nowhere'
    FROM spending_payment p
    LEFT JOIN spending_tradenumber t ON t.merchant_id = p.merchant_id AND t.out_trade_no = p.out_trade_no
    WHERE p.wallet_id = ANY(%(wallets)s)
    AND (t.payment_id IS DISTINCT FROM p.id OR t.wallet_id IS DISTINCT FROM p.wallet_id)""",
)
add_check(
    "spending_counter",
    "What a month's counters say was spent is what the payments and transfers that count in it sum to, without what was"
    " given back in it.",
    """
    SELECT coalesce(k.wallet_id, s.wallet_id), coalesce(k.id::text, s.starts_at::text),
           'counted ' || coalesce(k.spent, 0) || ', spent ' || coalesce(s.spent, 0)
    FROM (SELECT * FROM rules_spendingcounter WHERE wallet_id = ANY(%(wallets)s)) k
    FULL JOIN (
        SELECT wallet_id, member_id, starts_at, sum(amount) AS spent
        FROM (SELECT wallet_id, user_id, counted_in AS starts_at, amount FROM spending_payment
              WHERE wallet_id = ANY(%(wallets)s) AND counted_in IS NOT NULL
              UNION ALL
              SELECT r.wallet_id, p.user_id, r.counted_in, -r.amount
              FROM spending_refund r JOIN spending_payment p ON p.id = r.payment_id AND p.wallet_id = r.wallet_id
              WHERE r.wallet_id = ANY(%(wallets)s) AND r.counted_in IS NOT NULL
              UNION ALL
              SELECT wallet_id, user_id, counted_in, amount FROM funding_withdrawal
              WHERE wallet_id = ANY(%(wallets)s) AND counted_in IS NOT NULL) counted
        CROSS JOIN LATERAL (VALUES (NULL::uuid), (user_id)) whose (member_id)
        GROUP BY wallet_id, member_id, starts_at) s
    ON s.wallet_id = k.wallet_id AND s.member_id IS NOT DISTINCT FROM k.member_id AND s.starts_at = k.starts_at
    WHERE coalesce(k.spent, 0) <> coalesce(s.spent, 0)""",
)
add_check(
    "payment_uncounted",
    "A settled payment counts in a month, and a refused one in none.",
    """
    SELECT p.wallet_id, p.id::text, p.status || ' payment counts in ' || coalesce(p.counted_in::text, 'no month')
    FROM spending_payment p JOIN rules_rulebook r ON r.wallet_id = p.wallet_id
    WHERE p.wallet_id = ANY(%(wallets)s)
    AND (p.counted_in IS NULL) <> (p.status = 'refused')""",
)
add_check(
    "approval_misused",
    "An approval was used by one payment of its member, of no more than was approved, before it expired.",
    """
    SELECT a.wallet_id, a.id::text, 'approved up to ' || a.amount_max || ', paid ' || p.amount
    FROM spending_approvedpayment a JOIN spending_payment p ON p.id = a.payment_id AND p.wallet_id = a.wallet_id
    WHERE a.wallet_id = ANY(%(wallets)s)
    AND (p.user_id <> a.user_id OR p.amount > a.amount_max OR p.created_at >= a.expires_at OR p.status <> 'settled'
         OR (a.merchant_id IS NOT NULL AND a.merchant_id <> p.merchant_id))""",
)
add_check(
    "payment_reshared",
    "A payment was shared anew by an entry for each approved proposal to do so, and by no other; and none takes from"
    " anybody more than they had agreed to bear.",
    """
    SELECT coalesce(r.wallet_id, e.wallet_id), coalesce(e.id, r.id)::text,
           CASE WHEN r.id IS NULL THEN 'an entry that nobody has agreed to' WHEN e.id IS NULL
           THEN 'agreed to, and not booked' ELSE 'an entry of another payment than was agreed' END
    FROM (SELECT r.*, p.entry_id AS paid FROM proposals_proposal r
          LEFT JOIN spending_payment p ON p.id = (r.payload ->> 'payment')::uuid AND p.wallet_id = r.wallet_id
          WHERE r.wallet_id = ANY(%(wallets)s) AND r.kind = 'reshare_payment' AND r.status = 'approved') r
    FULL JOIN (SELECT c.* FROM ledger_entry c LEFT JOIN ledger_entry o ON o.id = c.corrects_id
               WHERE c.wallet_id = ANY(%(wallets)s) AND (c.kind = 'payment_reshared' OR o.kind = 'payment')) e
    ON e.wallet_id = r.wallet_id AND e.reference = 'reshare:' || r.id
    WHERE r.id IS NULL OR e.id IS NULL OR e.kind <> 'payment_reshared' OR e.corrects_id IS DISTINCT FROM r.paid
    UNION ALL
    SELECT e.wallet_id, e.id::text, 'of ' || coalesce(a.holder_id::text, a.kind) || ' it takes ' || -p.amount
           || ', agreed was up to ' || coalesce(s.after::text, 'nothing')
    FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id AND p.wallet_id = e.wallet_id AND p.amount < 0
    JOIN ledger_account a ON a.id = p.account_id
    JOIN proposals_proposal r ON r.wallet_id = e.wallet_id AND e.reference = 'reshare:' || r.id
    LEFT JOIN LATERAL jsonb_to_recordset(r.payload -> 'shares') AS s ("user" uuid, after bigint)
    ON s."user" = a.holder_id
    WHERE e.wallet_id = ANY(%(wallets)s) AND e.kind = 'payment_reshared' AND -p.amount > coalesce(s.after, 0)""",
)
