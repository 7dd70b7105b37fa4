"""The signed cookie: what it holds, its keys and its age."""

import hashlib
import weakref
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from itsdangerous import BadPayload, TimestampSigner, URLSafeTimedSerializer
from markupsafe import Markup
from session_cookies import cookie_of, make_app, open_directly, read, sign

from fastflask import Flask, Response, session
from fastflask.json.provider import DefaultJSONProvider
from fastflask.sessions import (
    SecureCookieSession,
    SecureCookieSessionInterface,
    session_json_serializer,
)


@pytest.fixture
def app() -> Flask:
    return make_app()


def test_items_survive(client):
    client.post("/set", data={"a": "1"})
    client.post("/set", data={"b": "é"})
    assert client.get("/get").json == {"a": "1", "b": "é"}
    client.get("/clear")
    assert client.get_cookie("session") is None
    assert client.get("/get").json == {}


def test_types_survive(app):
    items = {
        "tuple": (1, (2,)),
        "bytes": b"\xff",
        "markup": Markup("<b>"),
        "uuid": UUID(int=3),
        "time": datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
        "tag": {" t": [1]},
        "plain": [1, 1.5, None, True, {"k": "v"}],
    }
    got = read(app, sign(app, items))
    assert got == items
    assert type(got["markup"]) is Markup


def test_without_secret_key(app, client):
    app.secret_key = None
    response = client.get("/get")
    assert response.json == {}
    assert "Vary" not in response.headers
    with pytest.raises(RuntimeError, match="no secret key"):
        client.post("/set", data={"a": "1"})
    assert app.session_interface.get_signing_serializer(app) is None


def test_secret_key_set_and_taken_between_requests(app, client):
    client.post("/set", data={"a": "1"})
    app.secret_key = None
    assert client.get("/get").json == {}
    app.secret_key = "key"
    assert client.get("/get").json == {"a": "1"}


@pytest.mark.parametrize("name", [None, 5, b"session", ("session",)])
def test_name_of_the_cookie_that_is_no_text(app, client, name):
    """No cookie has such a name, so nothing is read."""
    app.config["SESSION_COOKIE_NAME"] = name
    client.set_cookie("session", "x")
    assert client.get("/get").json == {}


def test_unreadable_cookie_is_an_empty_session(app):
    good = sign(app, {"a": 1})
    assert read(app, good) == {"a": 1}
    payload, stamp, signature = good.split(".")
    other_key = Flask("other")
    other_key.secret_key = "other"
    bad = [
        "x",
        ".",
        "..",
        good[:-1],
        good[:-4] + "AAAA",
        payload,
        f"{payload}.{stamp}",
        f"{payload}x.{stamp}.{signature}",
        f".{payload}.{stamp}.{signature}",
        "é" + good,
        sign(other_key, {"a": 1}),
        sign(app, {"a": 1}, salt="other"),
        sign(app, {"a": 1}, digest_method=hashlib.sha256),
        sign(app, {"a": 1}, key_derivation="concat"),
    ]
    for cookie in bad:
        assert read(app, cookie) == {}, cookie


def test_signed_content_that_is_no_session_is_an_error(app):
    """Only the holder of the key can make it, so it is a fault and not an attack."""
    serializer = app.session_interface.get_signing_serializer(app)
    signer = serializer.make_signer()
    for payload in (b"!", b".AAAA", b"bm90IGpzb24"):
        with pytest.raises(BadPayload):
            open_directly(app, signer.sign(payload).decode())
    with pytest.raises(TypeError):
        open_directly(app, serializer.dumps([1]))


def test_age_limit_is_read_per_request(app, monkeypatch):
    now = 1_700_000_000
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now)
    cookie = sign(app, {"a": 1})
    app.permanent_session_lifetime = timedelta(seconds=10)
    now += 10
    assert read(app, cookie) == {"a": 1}
    now += 1
    assert read(app, cookie) == {}
    app.config["PERMANENT_SESSION_LIFETIME"] = 60
    assert read(app, cookie) == {"a": 1}
    now -= 12
    assert read(app, cookie) == {}


def test_fallback_keys_verify_but_do_not_sign(app):
    old = sign(app, {"a": 1})
    app.secret_key = "new"
    assert read(app, old) == {}
    app.config["SECRET_KEY_FALLBACKS"] = ["older", "key"]
    assert read(app, old) == {"a": 1}
    client = app.test_client()
    client.set_cookie("session", old)
    renewed = cookie_of(client.post("/set", data={"b": "2"}))
    app.config["SECRET_KEY_FALLBACKS"] = None
    assert read(app, old) == {}
    assert read(app, renewed) == {"a": 1, "b": "2"}


def test_fallback_list_changed_in_place(app):
    old = sign(app, {"a": 1})
    app.secret_key = "new"
    fallbacks = app.config["SECRET_KEY_FALLBACKS"] = ["other"]
    assert read(app, old) == {}
    fallbacks.append("key")
    assert read(app, old) == {"a": 1}
    fallbacks.clear()
    assert read(app, old) == {}


def test_fallbacks_of_another_type_are_read_each_time(app):
    old = sign(app, {"a": 1})
    app.secret_key = "new"
    assert read(app, sign(app, {"b": 1})) == {"b": 1}
    app.config["SECRET_KEY_FALLBACKS"] = iter(["key"])
    assert read(app, old) == {"a": 1}
    assert read(app, old) == {}


def test_key_that_changes_in_place_is_not_kept(app):
    other = Flask("other")
    other.secret_key = b"old"
    old = sign(other, {"a": 1})
    fallback = bytearray(b"old")
    app.config["SECRET_KEY_FALLBACKS"] = [fallback]
    assert read(app, old) == {"a": 1}
    fallback[:] = b"xxx"
    assert read(app, old) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("salt", "other"),
        ("key_derivation", "django-concat"),
        ("digest_method", staticmethod(hashlib.sha256)),
        ("serializer", __import__("json")),
    ],
)
def test_attribute_of_the_interface_changed_later(app, monkeypatch, name, value):
    cookie = sign(app, {"a": 1})
    assert read(app, cookie) == {"a": 1}
    monkeypatch.setattr(SecureCookieSessionInterface, name, value)
    changed = sign(app, {"b": 1})
    assert read(app, changed) == {"b": 1}
    if name != "serializer":
        assert read(app, cookie) == {}
    monkeypatch.undo()
    assert read(app, cookie) == {"a": 1}


def test_unknown_key_derivation_raises_each_time(app):
    cookie = sign(app, {"a": 1})
    app.session_interface = SecureCookieSessionInterface()
    app.session_interface.key_derivation = "unknown"
    for _ in range(2):
        with pytest.raises(TypeError, match="Unknown key derivation"):
            open_directly(app, cookie)


def test_apps_sharing_an_interface_have_their_own_keys(app):
    other = Flask("other")
    other.secret_key = "other"
    assert app.session_interface is other.session_interface
    mine, theirs = sign(app, {"a": 1}), sign(other, {"b": 1})
    for _ in range(2):
        assert read(app, mine) == {"a": 1}
        assert read(other, theirs) == {"b": 1}
        assert read(app, theirs) == read(other, mine) == {}


@pytest.mark.usefixtures("no_collector")
def test_keys_end_with_the_app():
    app = Flask("short lived")
    app.secret_key = "key"
    read(app, sign(app, {"a": 1}))
    ref = weakref.ref(app)
    del app
    assert ref() is None


def test_signing_serializer_is_new_each_time(app):
    app.config["SECRET_KEY_FALLBACKS"] = ["old"]
    interface = app.session_interface
    one, two = interface.get_signing_serializer(app), interface.get_signing_serializer(app)
    assert one is not two
    assert type(one) is URLSafeTimedSerializer
    assert one.secret_keys == [b"old", b"key"]
    assert one.salt == b"cookie-session"
    assert one.serializer is session_json_serializer
    assert one.signer is TimestampSigner
    assert one.signer_kwargs == {
        "key_derivation": "hmac",
        "digest_method": interface.digest_method,
    }
    cookie = one.dumps({"a": 1})
    one.secret_keys.clear()
    one.salt = b"other"
    assert read(app, cookie) == {"a": 1}


def test_signing_serializer_overridden(app, monkeypatch):
    calls = []

    class Interface(SecureCookieSessionInterface):
        def get_signing_serializer(self, app):
            calls.append(app)
            return URLSafeTimedSerializer("own")

    app.session_interface = Interface()
    cookie = URLSafeTimedSerializer("own").dumps({"a": 1})
    assert read(app, cookie) == {"a": 1}
    assert calls == [app]

    app.session_interface = stock = SecureCookieSessionInterface()
    assert read(app, cookie) == {}
    stock.get_signing_serializer = lambda app: URLSafeTimedSerializer("own")
    assert read(app, cookie) == {"a": 1}
    del stock.get_signing_serializer
    assert read(app, cookie) == {}
    monkeypatch.setattr(
        SecureCookieSessionInterface,
        "get_signing_serializer",
        lambda self, app: URLSafeTimedSerializer("own"),
    )
    assert read(app, cookie) == {"a": 1}


def test_kept_serializer_makes_the_same_cookie(app, monkeypatch):
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: 1_700_000_000)
    for derivation in ("hmac", "concat", "django-concat", "none"):
        app.session_interface = interface = SecureCookieSessionInterface()
        interface.key_derivation = derivation
        for _ in range(2):
            response = Response()
            interface.save_session(app, SecureCookieSession({"a": 1}), response)
            assert "Set-Cookie" not in response.headers
            changed = SecureCookieSession({"a": 1})
            changed.modified = True
            interface.save_session(app, changed, response)
            assert cookie_of(response) == interface.get_signing_serializer(app).dumps({"a": 1})


def test_provider_replaced_later_writes_the_cookie(app):
    class Bytes(DefaultJSONProvider):
        def dumps(self, obj, **kwargs):
            return super().dumps(obj, **kwargs).encode()

    with app.app_context():
        text = sign(app, {"a": 1})
        assert isinstance(text, str)
    assert read(app, text) == {"a": 1}
    app.json = Bytes(app)
    with app.app_context():
        assert isinstance(sign(app, {"a": 1}), bytes)
        response = Response()
        changed = SecureCookieSession({"a": 1})
        changed.modified = True
        with pytest.raises(TypeError):
            app.session_interface.save_session(app, changed, response)


def test_session_class(app):
    class Mine(SecureCookieSession):
        pass

    app.session_interface = SecureCookieSessionInterface()
    app.session_interface.session_class = Mine
    for cookie in ("", "broken", sign(app, {"a": 1})):
        with app.test_request_context(headers={"Cookie": f"session={cookie}"}):
            assert type(session._get_current_object()) is Mine
