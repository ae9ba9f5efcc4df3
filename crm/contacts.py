"""Phone numbers and e-mail addresses as people type them, in the form we store."""

import re

import phonenumbers

_REGION = "ID"
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_EMAIL_LENGTH = 254  # RFC 5321, 4.5.3.1.3


class BadPhone(ValueError):
    """The text is no phone number that could be called."""


class BadEmail(ValueError):
    """The text is no e-mail address."""


def phone_e164(text: str) -> str:
    """Turn "0812-3456-7890" into "+6281234567890"; a number without a country is Indonesian.

    Raises BadPhone.
    """
    try:
        parsed = phonenumbers.parse(text.strip(), _REGION)
    except phonenumbers.NumberParseException as error:
        raise BadPhone(str(error)) from error
    # "Possible" checks the length only: demo shops use reserved ranges that are not "valid".
    if not phonenumbers.is_possible_number(parsed) or parsed.extension:
        raise BadPhone(f"not a possible phone number: {text!r}")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def plain_email(text: str) -> str:
    """Trim and lower-case an address. Raises BadEmail."""
    email = text.strip().lower()
    if len(email) > _EMAIL_LENGTH or not _EMAIL.fullmatch(email):
        raise BadEmail(f"not an e-mail address: {text!r}")
    return email


def plain_contact(text: str) -> str:
    """Write a phone number or an e-mail address as we store it; other words stay as they are."""
    for plain in (plain_email, phone_e164):
        try:
            return plain(text)
        except (BadEmail, BadPhone):
            continue
    return text.strip()


def masked_phone(phone: str) -> str:
    """Show only the country and the last four digits: "+62•••••••7890"."""
    head, tail = phone[:3], phone[-4:]
    return f"{head}{'•' * max(len(phone) - 7, 3)}{tail}"


def masked_email(email: str) -> str:
    """Show only the first letter and the domain: "s•••@example.com"."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"
