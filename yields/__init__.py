"""What the money earns: the fund's published rates, the trading calendar, enrollment, and the nightly credit.

This is the top room of the house: it may know groups and wallets, and nothing below has ever heard of a fund.
`rates` and `calendar` are pure arithmetic and import neither Django nor any other room, so that anyone can check them.
"""
