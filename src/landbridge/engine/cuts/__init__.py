"""Families of valid inequalities: each module finds those a point violates and adds them to a master."""
