"""Phone numbers: E.164 inside, whatever people type outside. A number without a country code is a Chinese one."""

import phonenumbers

HOME_REGION = "CN"


def parse_phone(text: str) -> str | None:
    """Write a typed number in E.164, or None where no such number can be dialled."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
