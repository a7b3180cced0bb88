"""The limits of the product, as docs/limits.md lists them: how much, how many, how long. The settings take them all.

None of them differs between machines; what an environment may say otherwise is in the settings. Amounts are integer
fen, and every limit carries its unit in its name.
"""

from datetime import time

# --- amounts ---------------------------------------------------------------------------------------------------------
AMOUNT_MAX_FEN = 100_000_000_00
CONTRIBUTION_MAX_FEN = 5_000_00
CONTRIBUTION_DAY_MAX_FEN = 20_000_00

# --- groups and people -----------------------------------------------------------------------------------------------
GROUPS_PER_USER_MAX = 10
MEMBERS_PER_GROUP_MAX = 100
INVITATIONS_OPEN_MAX = 20
INVITATION_LIFE_HOURS = 72
PROPOSALS_OPEN_MAX = 5
TRANSFERS_WAITING_MAX = 5
CATEGORY_BLOCKS_MAX = 100
SOURCES_PER_USER_MAX = 10
PAYEES_PER_GROUP_MAX = 20
ENDING_NOTICE_DAYS = 3
SUCCESSION_INACTIVE_DAYS = 180
SUCCESSION_NOTICE_DAYS = 30

# --- money out -------------------------------------------------------------------------------------------------------
PAYOUT_ARRIVES_HOURS = 24
#: What may go out fast of fund money, an owner and day in Shanghai; and at what time there an ordinary payout goes out.
FAST_CASH_OUT_DAY_MAX_FEN = 10_000_00
ORDINARY_PAYOUT_AT = time(10)

# --- payments and merchants ------------------------------------------------------------------------------------------
PAYMENT_CODE_LIFE_SECONDS = 60
APPROVED_PAYMENT_LIFE_MINUTES = 15
MERCHANT_SIGNATURE_TOLERANCE_SECONDS = 300
#: The pauses between attempts to tell a merchant, three days in all.
WEBHOOK_PAUSES_SECONDS = [15, 60, 300, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600, 24 * 3_600]
WEBHOOK_TIMEOUT_SECONDS = 5
WEBHOOKS_AT_ONCE_MAX = 2
WEBHOOK_TASK_SECONDS = 5
#: Whose day decides whether an order that was paid can still be cancelled.
MERCHANT_TIME_ZONE = "Asia/Shanghai"

# --- disputes and legal holds ----------------------------------------------------------------------------------------
DISPUTE_WINDOW_DAYS = 30
DISPUTE_LIFE_DAYS = 14
LEGAL_HOLD_DAYS_MAX = 366

# --- auto-transfers --------------------------------------------------------------------------------------------------
AUTO_TRANSFER_MAX_FEN = 50_000_00
AUTO_TRANSFERS_PER_GROUP_MAX = 50
AUTO_TRANSFERS_PER_MEMBER_MAX = 10
#: How far from today an order may begin or end.
AUTO_TRANSFER_YEARS_BACK_MAX = 1
AUTO_TRANSFER_YEARS_AHEAD_MAX = 50
#: How many hours after its first try a run that did not succeed is tried again. After the last one it is missed.
AUTO_TRANSFER_RETRY_HOURS = (1, 6, 24, 72)
#: After an outage: how late a run is still on time, and how many at most are caught up with.
AUTO_TRANSFER_LATE_MINUTES = 60
AUTO_TRANSFER_CATCH_UP_MAX = 3
#: How many due orders a worker takes at a time, and how long they are its own before others may take them.
AUTO_TRANSFER_BATCH = 500
AUTO_TRANSFER_LEASE_SECONDS = 120

# --- yield -----------------------------------------------------------------------------------------------------------
#: How many days one chart of yield shows.
YIELD_CHART_DAYS_MAX = 366
#: How long a process may go on with the trading days that it knows, before it looks whether a year was confirmed.
CALENDAR_KEPT_SECONDS = 60

# --- payment PINs ----------------------------------------------------------------------------------------------------
PIN_TRIES_MAX = 3
PIN_LOCK_HOURS = 3
PIN_RESET_CODE_LIFE_SECONDS = 300
PIN_RESET_TRIES_MAX = 5
#: How long after a reset, and how much a proof lets out then.
PIN_LOWERED_HOURS = 24
PIN_LOWERED_AMOUNT_MAX_FEN = 500_00
PIN_PROOF_LIFE_SECONDS = 120
PIN_PROOFS_PER_DEVICE_MAX = 10

# --- rails -----------------------------------------------------------------------------------------------------------
RAIL_CONNECT_TIMEOUT_SECONDS = 2
RAIL_READ_TIMEOUT_SECONDS = 5
#: How long after each step the rail is asked again, unless it has told us meanwhile. The last one repeats.
RAIL_STEPS_SECONDS = [10, 15, 30, 60, 300, 900, 3600]
#: After how long without an answer a collection counts as failed. A payout never does: only the rail's word ends it.
RAIL_GIVE_UP_HOURS = 72
#: How many days back a day that was not reconciled is made up for.
RECONCILE_DAYS_BACK = 7

# --- the API and its sockets -----------------------------------------------------------------------------------------
ANSWER_KEPT_DAYS = 30
PAGE_LIMIT_MAX = 100
PAGE_LIMIT_DEFAULT = 30
SOCKET_HEARTBEAT_SECONDS = 25
SOCKET_WATCH_SECONDS = 1
SOCKET_SEND_TIMEOUT_SECONDS = 10
SOCKET_GROUPS_MAX = 20
SOCKET_PAGE = 100
