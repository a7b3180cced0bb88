"""A family's fourteen months, for replaying real rates (`manage.py replay`) and for the demo (`manage.py demo`).

`family` says what happens on which day, and nothing else; `player` makes it happen, through the same services that
serve the app, on a clock of its own. Nothing is inserted; everybody's money comes from a bank and goes back to one.
"""
