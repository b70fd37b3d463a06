"""Amounts as people write them, and in cents."""

import re


def read(text):
    """The cents of "12.34 EUR". Throws ValueError."""
    found = re.fullmatch(r"(\d+)\.(\d\d) EUR", text)
    if not found:
        raise ValueError(f"{text!r} is not an amount such as '12.34 EUR'")
    return int(found[1]) * 100 + int(found[2])


def show(cents):
    return f"{cents // 100}.{cents % 100:02} EUR"
