"""
What a server that follows plans is made of: files cleaned at its door, steps of its jobs, and rows for its pages.

Everything here takes folders and files and gives plain data, so that who calls it needs to know neither the store nor
its frames.
"""
