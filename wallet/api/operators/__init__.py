"""What the operators' pages have in common. The admin is a door like the API; here is how it looks.

    pages   LookUp, the page of a table that is read here and written elsewhere; a count that does not read everything
    links   from one thing to all others of the same group, person or merchant, told by the rooms that have them
    shown   money, links, labels: how values are written for people
    cards   the figures of the first page, told by the rooms that have them

A page of this kind offers no adding, changing or deleting to anybody, superusers included: its rows are written by
services, and where the books are concerned the database would refuse as well. No page asks the database once per row.
"""
