"""Landbridge plans freight that regions on two sides of a border move best together."""

__version__ = "0.1.0"
