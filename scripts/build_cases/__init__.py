"""Build the three built-in cases from facts, repeatably: ``python -m scripts.build_cases``."""
