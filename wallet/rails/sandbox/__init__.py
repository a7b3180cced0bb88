"""The sandbox bank: an outside institution to collect from and pay out to, with a book of its own.

It stands in this repository, but it is not of this house. It runs as a process of its own (`python -m
wallet.rails.sandbox --port P --data DIR`), imports no Django and no room of ours, and keeps its book in its own
SQLite file: a bank that shared our database could never be late, lose an answer, or disagree with us, and then nobody
would have proved that our books survive one that does. (The rule that PostgreSQL is the only database is for *our*
money.)

`cards` holds the test cards that decide how it behaves, `book` what it has booked, `signing` and `notices` how it
signs and sends its notices, `app` the HTTP interface. Time is always passed in, so that a test or a replay over many
months drives the same bank within one process.
"""
