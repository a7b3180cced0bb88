"""The fund's side of what is earned: what we order from the fund company, what it confirms, and whether both agree.

    flows        what the enrolled wallets' money did between two cuts, over all of them in one statement
    companies    the fund company, an outside institution: what every adapter offers, and a sandbox
    services     orders (one a trading day), confirmations, and the reconciliation of a day
    comparing    what differs, by class; pure
    checks       the same orders once more, from the other end

It knows the rest of `yields`, which has never heard of it. A reconciliation and a confirmation move no money of ours.
"""
