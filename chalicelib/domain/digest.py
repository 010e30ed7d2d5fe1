"""The digest by which texts, keys and tokens are compared."""

import hashlib


def digest(*parts: str | bytes) -> str:
    """Return the SHA-256 of the parts and their lengths, in hexadecimal; a lone surrogate counts as its bytes."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
