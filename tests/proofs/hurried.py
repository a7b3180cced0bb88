"""The house's settings with shorter waits, for proofs whose processes live by the real clock."""

from wallet.config.settings import *  # noqa: F403

AUTO_TRANSFER_LEASE_SECONDS = 5
AUTO_TRANSFER_BATCH = 20
RAIL_STEPS_SECONDS = [2, 2, 2, 2, 5]
