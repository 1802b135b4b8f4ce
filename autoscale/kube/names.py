"""The syntax of Kubernetes names. Each function gives the API server's complaints, none where a name is right."""

import re

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_KEY = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = rf"({_KEY})?"
_ENDS = "and must start and end with an alphanumeric character"
_KEY_TEXT = f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"
_VALUE_TEXT = f"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"
_LABEL_TEXT = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS}"
_SUBDOMAIN_TEXT = (
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {_ENDS}"
)


def label_key_errors(key: str) -> list[str]:
    """What is wrong with a label key (a qualified name): an optional DNS prefix, a slash, a name."""
    *prefixes, name = key.split("/")
    if len(prefixes) > 1:
        text = _pattern_text(_KEY_TEXT, _KEY, "MyName", "my.name", "123-abc")
        return [f"a valid label key {text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    errors = []
    for prefix in prefixes:
        complaints = subdomain_errors(prefix) if prefix else ["must be non-empty"]
        errors += [f"prefix part {complaint}" for complaint in complaints]
    if not name:
        errors.append("name part must be non-empty")
    elif len(name.encode()) > 63:
        errors.append("name part must be no more than 63 bytes")
    if not re.fullmatch(_KEY, name):
        errors.append(f"name part {_pattern_text(_KEY_TEXT, _KEY, 'MyName', 'my.name', '123-abc')}")
    return errors


def label_value_errors(value: str) -> list[str]:
    """What is wrong with a label's value."""
    errors = ["must be no more than 63 bytes"] if len(value.encode()) > 63 else []
    if not re.fullmatch(_VALUE, value):
        errors.append(_pattern_text(_VALUE_TEXT, _VALUE, "MyValue", "my_value", "12345"))
    return errors


def dns_label_errors(name: str) -> list[str]:
    """What is wrong with a DNS label, such as a container's name."""
    errors = ["must be no more than 63 characters"] if len(name.encode()) > 63 else []
    if re.fullmatch(_LABEL, name):
        return errors
    if re.fullmatch(_SUBDOMAIN, name):
        return [*errors, "must not contain dots"]
    return [*errors, _pattern_text(_LABEL_TEXT, _LABEL, "my-name", "123-abc")]


def subdomain_errors(name: str) -> list[str]:
    """What is wrong with a DNS subdomain, such as an object's name."""
    errors = ["must be no more than 253 bytes"] if len(name.encode()) > 253 else []
    if not re.fullmatch(_SUBDOMAIN, name):
        errors.append(_pattern_text(_SUBDOMAIN_TEXT, _SUBDOMAIN, "example.com"))
    return errors


def path_segment_errors(name: str) -> list[str]:
    """What is wrong with a name that becomes a part of a URL's path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{part}'" for part in ("/", "%") if part in name]


def _pattern_text(text: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{text} (e.g. {shown}regex used for validation is '{pattern}')"
