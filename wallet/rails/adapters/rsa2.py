"""RSA2, as Alipay's open platform signs: SHA256withRSA (PKCS #1 v1.5) in base64, over parameters sorted by name."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key


def read_private_key(pem: bytes) -> RSAPrivateKey:
    """:raises ValueError: when it is none."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


def read_public_key(pem: bytes) -> RSAPublicKey:
    """:raises ValueError: when it is none."""
    key = load_pem_public_key(pem)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA key")
    return key


def content_of(parameters: Mapping[str, str], *, without: tuple[str, ...] = ("sign",)) -> bytes:
    """Write what is signed: `a=1&b=2`, sorted by name, empty values left out, nothing escaped."""
    kept = sorted((name, value) for name, value in parameters.items() if value and name not in without)
    return "&".join(f"{name}={value}" for name, value in kept).encode()


def sign(key: RSAPrivateKey, content: bytes) -> str:
    """Sign, in base64."""
    return base64.b64encode(key.sign(content, PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, content: bytes, signature: str) -> bool:
    """Say whether the signature (base64) is right."""
    try:
        key.verify(base64.b64decode(signature, validate=True), content, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
