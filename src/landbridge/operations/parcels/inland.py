"""
Russian inland numbers of 14 digits: an inference, not a standard we have read.

One public example is known to us, and its last digit fits ``(10 - (3 * odd + even) mod 10) mod 10`` with the sums of
the digits at odd and even places from the left. One example can fit by chance (one in ten), so a number that does not
fit is reported, never refused.
"""

from __future__ import annotations

INFERENCE = "inland-number-inferred"
"""Code of every statement about such a number."""


def looks_like_inland(text: str) -> bool:
    """Tell whether a text has the shape of a Russian inland number: 14 digits."""
    return len(text) == 14 and text.isascii() and text.isdigit()


def inferred_check_digit(stem: str) -> int:
    """Last digit that the inferred rule gives to the first 13 digits."""
    odd = sum(int(digit) for digit in stem[0::2])
    even = sum(int(digit) for digit in stem[1::2])
    return (10 - (3 * odd + even) % 10) % 10


def say_inland(text: str) -> str:
    """Say in words what the inferred rule makes of a number, with what it rests on."""
    fits = int(text[-1]) == inferred_check_digit(text[:-1])
    verdict = "fits" if fits else "does not fit"
    return f"14 digits, as Russian inland numbers have; the last {verdict} a rule inferred from one example"
