"""What a fault is, and where the faults find what they need in the story."""

from dataclasses import dataclass

#: The entries of the story, by kind; `<w>` stands for the group's wallet, `<o>` for the other one.
ENTRY = "(SELECT id FROM ledger_entry WHERE wallet_id = '<w>' AND kind = '{}' ORDER BY sequence LIMIT 1)"
GIFT, SPEND, REFUND = ENTRY.format("contribution"), ENTRY.format("payment"), ENTRY.format("refund")
NOTE = "wallet_id = '<w>' AND kind = 'group_changed'"
RESHARED = ENTRY.format("payment_reshared")
RAIL = "(SELECT id FROM ledger_account WHERE wallet_id = '<w>' AND kind = 'RAIL')"
RICH = "(SELECT id FROM ledger_account WHERE wallet_id = '<w>' AND balance > 0 ORDER BY id LIMIT 1)"
PAID = "wallet_id = '<w>' AND status = 'settled'"
SHARED = "wallet_id = '<w>' AND borne_by = 'group' AND payee_id IS NULL"
AWARDED, PASSED_ON = "wallet_id = '<w>' AND awarded > 0", ENTRY.format("dispute_refund")
COME = "wallet_id = '<w>' AND contribution_id IS NOT NULL"
FAST = "wallet_id = '<o>'"
OPEN, STOPPED = "wallet_id = '<w>' AND status = 'open'", "wallet_id = '<w>' AND status = 'active'"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong, how it is done, and the checks that find it."""

    says: str
    statements: tuple[str, ...]
    finds: tuple[str, ...]
    drops: tuple[str, ...] = ()
