"""What must be so of standing orders (see `wallet.ledger.checks`)."""
