"""Parcels: their numbers, their one table, and the ranges of numbers a post has handed over."""
