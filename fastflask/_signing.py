"""The signing serializer of the session cookie, kept from one request to the next.

ItsDangerous signs, verifies and compares. What is kept is only what depends on the secret keys
and nothing else: the objects it builds, and the keys it derives. Nothing is kept by cookie.
"""

from __future__ import annotations

import hashlib
import typing as t
from operator import is_

from itsdangerous import TimestampSigner, URLSafeTimedSerializer

if t.TYPE_CHECKING:
    from .app import Flask
    from .sessions import SecureCookieSessionInterface


def _lazy_sha1(string: bytes = b"") -> t.Any:
    """Call SHA-1, looked up only now: a restricted build of Python may not have it, and an
    application that configures another hash shall run there.
    """
    return hashlib.sha1(string)


class _Signer(TimestampSigner):
    """Derives each of its keys once."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self._derived: dict[str | bytes, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        if secret_key is None:
            secret_key = self.secret_keys[-1]
        key = self._derived.get(secret_key)
        if key is None:
            key = self._derived[secret_key] = super().derive_key(secret_key)
        return key


class _Serializer(URLSafeTimedSerializer):
    """Acts like the serializer it is made from, but makes its signer once.

    :param plain: what :meth:`SecureCookieSessionInterface.get_signing_serializer` returned.
    """

    def __init__(self, plain: URLSafeTimedSerializer) -> None:
        self.__dict__.update(vars(plain))
        options = dict(self.signer_kwargs)
        if options.get("digest_method") is _lazy_sha1:
            # PERF: hmac works in C if given the function itself. It is the same hash, and
            # where there is none, the error comes when signing, as it does otherwise.
            options["digest_method"] = getattr(hashlib, "sha1", _lazy_sha1)
        self._signer = _Signer(self.secret_keys, salt=self.salt, **options)

    def make_signer(self, salt: str | bytes | None = None) -> TimestampSigner:
        if salt is None or salt == self.salt:
            return self._signer
        return super().make_signer(salt)  # type: ignore[return-value]


def kept_serializer(
    interface: SecureCookieSessionInterface, app: Flask
) -> URLSafeTimedSerializer | None:
    """Return a serializer like that of ``interface.get_signing_serializer(app)``.

    One is kept in the application's ``__dict__``, so that keys do not outlive it, and replaced
    when anything that enters it is another object. For inputs that could change in place, and
    for types unknown here, the method's own result is returned each time.

    :param interface: a session interface whose ``get_signing_serializer`` is not overridden.
    :param app: the application whose keys sign.
    """
    secret_key = app.secret_key
    if not secret_key:
        return None
    fallbacks = app.config["SECRET_KEY_FALLBACKS"] or ()
    if type(fallbacks) not in (tuple, list):
        return interface.get_signing_serializer(app)

    # All that a serializer is made from. PERF: compared one by one, in a plain tuple; in a loop,
    # or by names, this took twice as long.
    salt = interface.salt
    derivation = interface.key_derivation
    digest = interface.digest_method
    payload = interface.serializer
    json = app.json
    kept = app.__dict__.get("_kept_signing")

    if kept is not None:
        made_from, serializer = kept
        old_key, old_fallbacks, old_salt, old_derivation, old_digest, old_payload, old_json = (
            made_from
        )
        if (
            old_key is secret_key
            and old_salt is salt
            and old_derivation is derivation
            and old_digest is digest
            and old_payload is payload
            and old_json is json
            and len(old_fallbacks) == len(fallbacks)
            and (not fallbacks or all(map(is_, old_fallbacks, fallbacks)))
        ):
            return serializer  # type: ignore[no-any-return]

    made_from = secret_key, tuple(fallbacks), salt, derivation, digest, payload, json
    plain = interface.get_signing_serializer(app)
    if (
        type(plain) is not URLSafeTimedSerializer
        or plain.signer is not TimestampSigner
        or plain.fallback_signers
        or not {type(text) for text in (secret_key, salt, *fallbacks)} <= {str, bytes}
    ):
        return plain
    serializer = _Serializer(plain)
    app.__dict__["_kept_signing"] = made_from, serializer
    return serializer
