"""How fast it is: `make bench` (docs/performance.md explains the figures).

Every figure is a ratio: the thing and what it is measured against run in turns, in rounds, in one run on one machine
and one PostgreSQL with fsync on, because absolute times drift. A bench prints its table and writes
`build/bench/<name>.json`. What it writes into the books must stand `check_books` afterwards.
"""
