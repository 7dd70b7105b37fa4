"""Session cookies that someone made who does not have the key, or has had it once."""

from __future__ import annotations

import base64
import hashlib
import random
import time
import typing as t
import zlib

from itsdangerous import TimestampSigner, URLSafeTimedSerializer

KEY, OLD_KEY, LOST_KEY, WRONG_KEY = "the key", "the key before", "one more before", "a wrong key"
SALT = "cookie-session"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#: Not letters of a cookie's value, and some that look like them.
_ODD = '.=+/ \t"\\,\0\r\n%\xff\u20ac~'


def sign(
    value: t.Any, key: str = KEY, salt: str = SALT, age: int = 0, digest: t.Any = hashlib.sha1
) -> str:
    """Return a cookie's value, signed as long ago as ``age`` says, in seconds."""
    serializer = URLSafeTimedSerializer(
        key,
        salt=salt,
        signer=_signer(age),
        signer_kwargs={"key_derivation": "hmac", "digest_method": digest},
    )
    return t.cast(str, serializer.dumps(value))


def sign_text(payload: str, key: str = KEY) -> str:
    """Sign what need not be the payload of a session."""
    signer = _signer(0)(key, salt=SALT, key_derivation="hmac", digest_method=hashlib.sha1)
    return signer.sign(payload).decode()


def _signer(age: int) -> type[TimestampSigner]:
    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) - age

    return Signer


def pack(data: bytes) -> str:
    """Return a payload that is compressed."""
    return "." + base64.urlsafe_b64encode(zlib.compress(data)).rstrip(b"=").decode()


MONTH = 31 * 24 * 3600
GOOD = [
    sign({"user": 1}),
    sign({"user": 2, "_permanent": True}),
    sign({"user": 3, "text": "long " * 200}),
    sign({"user": 4}, OLD_KEY),
    sign({}),
]
BOMB = pack(b"[" * 20_000_000)
REFUSED = [
    sign({"user": 5}, WRONG_KEY),
    sign({"user": 5}, LOST_KEY),
    sign({"user": 5}, ""),
    sign({"user": 5}, KEY.upper()),
    sign({"user": 5}, KEY + " "),
    sign({"user": 5}, salt="cookie-session2"),
    sign({"user": 5}, salt=""),
    sign({"user": 5}, salt="itsdangerous"),
    sign({"user": 5}, digest=hashlib.sha256),
    sign({"user": 5}, digest=hashlib.md5),
    sign({"user": 5}, age=MONTH + 60),
    sign({"user": 5}, OLD_KEY, age=MONTH + 60),
    # From the future.
    sign({"user": 5}, age=-3600),
    BOMB,
    sign_text(BOMB, WRONG_KEY),
    BOMB + GOOD[0][GOOD[0].index(".") :],
    "x" * 1_000_000,
    "." * 100_000,
    GOOD[0] + "." * 10_000,
    GOOD[0] * 1_000,
    "",
    ".",
    "..",
    "...",
    "e30..",
]


def forge(rnd: random.Random) -> str:
    """Return a value that was a good one, or nearly."""
    value = rnd.choice(GOOD)
    chance = rnd.random()
    if chance < 0.25:
        where = rnd.randrange(len(value))
        return value[:where] + chr(ord(value[where]) ^ (1 << rnd.randrange(8))) + value[where + 1 :]
    if chance < 0.40:
        where = rnd.randrange(len(value))
        return value[:where] + rnd.choice(_LETTERS) + value[where + 1 :]
    if chance < 0.45:
        where = rnd.randrange(len(value) + 1)
        return value[:where] + rnd.choice(_LETTERS + _ODD) + value[where:]
    if chance < 0.50:
        where = rnd.randrange(len(value))
        return value[:where] + value[where + rnd.choice((1, 1, 2, 5)) :]
    if chance < 0.60:
        return value[: rnd.randrange(len(value))]
    if chance < 0.85:
        return splice(rnd, value)
    if chance < 0.90:
        return rnd.choice(REFUSED[:13])
    if chance < 0.95:
        return "".join(rnd.choices(_LETTERS + ".", k=rnd.choice((1, 3, 27, 60, 90))))
    return value.swapcase() if chance < 0.97 else value[::-1] if chance < 0.98 else value


def splice(rnd: random.Random, value: str) -> str:
    """Put a payload, a time and a signature together that do not belong to each other."""
    sources = [rnd.choice((*GOOD, *REFUSED[:13])).rsplit(".", 2) for _ in range(3)]
    parts = [source[number] for number, source in enumerate(sources)]
    chance = rnd.random()
    if chance < 0.1:
        rnd.shuffle(parts)
    elif chance < 0.2:
        parts.insert(rnd.randrange(4), rnd.choice(parts))
    elif chance < 0.3:
        del parts[rnd.randrange(3)]
    elif chance < 0.4:
        parts[0] = pack(b'{"user": 5}')
    elif chance < 0.5:
        parts[1] = base64.urlsafe_b64encode(rnd.randbytes(rnd.randrange(10))).decode().strip("=")
    return ".".join(parts)
