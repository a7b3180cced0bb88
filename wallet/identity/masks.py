"""What may be shown of a person to somebody who has not been told more: pure functions, no database.

A mask never reveals the length of what it hides, so that 张* may be 张伟 or 张三丰.
"""

STARS = "****"


def mask_phone(phone: str) -> str:
    """Keep the country code with the first digits, and the last four: +86138****5678."""
    return phone[:-8] + STARS + phone[-4:] if len(phone) > 8 else STARS + phone[-2:]


def mask_name(name: str) -> str:
    """Keep the first character: 张*."""
    return name[:1] + "*"
