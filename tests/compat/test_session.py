"""Sessions and the interfaces that open and save them."""

import gc
import hashlib
import weakref
from collections.abc import MutableMapping
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from itsdangerous import BadPayload, TimestampSigner, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.http import parse_date

import fastflask
from fastflask import Flask, Response, session
from fastflask.json.provider import DefaultJSONProvider
from fastflask.sessions import (
    NullSession,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionInterface,
    SessionMixin,
    session_json_serializer,
)


@pytest.fixture
def app():
    app = Flask(__name__)
    app.secret_key = "key"
    app.testing = True

    @app.route("/set", methods=["POST"])
    def set_items():
        session.update(fastflask.request.form)
        return ""

    @app.route("/get")
    def get_items():
        return dict(session)

    @app.route("/clear")
    def clear():
        session.clear()
        return ""

    @app.route("/untouched")
    def untouched():
        return ""

    return app


@pytest.fixture
def client(app):
    return app.test_client()


def cookie_of(response):
    return response.headers["Set-Cookie"].split(";")[0].partition("=")[2]


def attributes_of(response):
    return response.headers["Set-Cookie"].split("; ")[1:]


def read(app, cookie):
    """What a request with this cookie finds in its session."""
    with app.test_request_context(headers={"Cookie": f"session={cookie}"}):
        return dict(session)


def open_directly(app, cookie):
    request = app.request_class({"HTTP_COOKIE": f"session={cookie}"})
    return app.session_interface.open_session(app, request)


def sign(app, content, **changes):
    interface = SecureCookieSessionInterface()
    vars(interface).update(changes)
    return interface.get_signing_serializer(app).dumps(content)


# The session objects


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.__setitem__("b", 1),
        lambda s: s.__delitem__("a"),
        lambda s: s.pop("a"),
        lambda s: s.popitem(),
        lambda s: s.clear(),
        lambda s: s.update(b=1),
        lambda s: s.setdefault("b", 1),
        lambda s: s.__ior__({"b": 1}),
        lambda s: setattr(s, "permanent", True),
    ],
)
def test_change_marks_modified(change):
    s = SecureCookieSession({"a": 1})
    assert not s.modified
    change(s)
    assert s.modified


def test_reading_does_not_mark_modified():
    s = SecureCookieSession({"a": [1]})
    s["a"].append(2)
    assert s.get("a") == [1, 2]
    s.setdefault("a", 0)
    s.pop("missing", None)
    assert not s.modified
    assert not s.accessed
    assert not s.new


def test_session_is_a_mapping_and_a_dict():
    s = SecureCookieSession()
    assert isinstance(s, MutableMapping) and isinstance(s, dict) and isinstance(s, SessionMixin)
    s.other = 1
    assert weakref.ref(s)() is s


def test_permanent_is_an_item():
    s = SecureCookieSession()
    assert s.permanent is False
    s.permanent = 1
    assert s["_permanent"] is True
    assert s.permanent is True


def test_mixin_defaults():
    class Session(dict, SessionMixin):
        pass

    s = Session()
    assert s.modified and not s.new and not s.accessed
    s.permanent = False
    assert s == {"_permanent": False}


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.__setitem__("b", 1),
        lambda s: s.__delitem__("a"),
        lambda s: s.pop("a", None),
        lambda s: s.popitem(),
        lambda s: s.clear(),
        lambda s: s.update(),
        lambda s: s.setdefault("b"),
        lambda s: setattr(s, "permanent", False),
    ],
)
def test_null_session_refuses_changes(change):
    text = (
        "The session is unavailable because no secret "
        "key was set.  Set the secret_key on the "
        "application to something unique and secret."
    )
    with pytest.raises(RuntimeError) as error:
        change(NullSession())
    assert str(error.value) == text


# Interfaces


def test_interface_methods_to_write():
    interface = SessionInterface()
    with pytest.raises(NotImplementedError):
        interface.open_session(None, None)
    with pytest.raises(NotImplementedError):
        interface.save_session(None, None, None)
    assert interface.pickle_based is False


def test_null_session_class_decides_about_saving(app):
    interface = SessionInterface()
    assert interface.is_null_session(interface.make_null_session(app))
    assert not interface.is_null_session(SecureCookieSession())

    class Nothing(NullSession):
        pass

    interface.null_session_class = Nothing
    assert type(interface.make_null_session(app)) is Nothing
    assert not interface.is_null_session(NullSession())


def test_cookie_settings_come_from_config(app):
    interface = SessionInterface()
    assert interface.get_cookie_name(app) == "session"
    assert interface.get_cookie_domain(app) is None
    assert interface.get_cookie_path(app) == "/"
    assert interface.get_cookie_httponly(app) is True
    assert interface.get_cookie_secure(app) is False
    assert interface.get_cookie_samesite(app) is None
    assert interface.get_cookie_partitioned(app) is False
    app.config["APPLICATION_ROOT"] = "/root"
    assert interface.get_cookie_path(app) == "/root"
    app.config["SESSION_COOKIE_PATH"] = "/path"
    assert interface.get_cookie_path(app) == "/path"
    app.config["SERVER_NAME"] = "example.org"
    assert interface.get_cookie_domain(app) is None


def test_custom_interface(app, client):
    opened, saved = [], []

    class Mine(dict, SessionMixin):
        pass

    class Interface(SessionInterface):
        def open_session(self, app, request):
            opened.append(request.path)
            return Mine(n=len(opened))

        def save_session(self, app, session, response):
            saved.append((dict(session), response.status_code))

    app.session_interface = Interface()
    assert client.get("/get").json == {"n": 1}
    client.get("/missing")
    assert opened == ["/get", "/missing"]
    assert saved == [({"n": 1}, 200), ({"n": 2}, 404)]


def test_custom_interface_that_opens_nothing(app, client):
    class Interface(SessionInterface):
        def open_session(self, app, request):
            return None

        def save_session(self, app, session, response):
            raise AssertionError("a null session is not saved")

    app.session_interface = Interface()
    assert client.get("/get").json == {}
    with pytest.raises(RuntimeError, match="session is unavailable"):
        client.post("/set", data={"a": "1"})


# The signed cookie


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


def test_keys_end_with_the_app():
    app = Flask("short lived")
    app.secret_key = "key"
    read(app, sign(app, {"a": 1}))
    gc.collect()
    gc.disable()
    try:
        ref = weakref.ref(app)
        del app
        assert ref() is None
    finally:
        gc.enable()


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


# The response


def test_vary_if_accessed(app, client):
    assert "Vary" not in client.get("/untouched").headers
    assert client.get("/get").headers["Vary"] == "Cookie"
    assert client.post("/set", data={"a": "1"}).headers["Vary"] == "Cookie"
    assert client.get("/clear").headers["Vary"] == "Cookie"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Accept-Encoding", "Accept-Encoding, Cookie"),
        ("Accept-Encoding, cookie", "Accept-Encoding, cookie"),
        ("cookie", "cookie"),
        ("Cookie", "Cookie"),
        ("*", "*, Cookie"),
        ("", "Cookie"),
    ],
)
def test_vary_keeps_what_is_there(app, before, after):
    response = Response(headers={"Vary": before})
    used = SecureCookieSession()
    used.accessed = True
    app.session_interface.save_session(app, used, response)
    assert response.headers.getlist("Vary") == [after]


def test_vary_of_a_response_class_is_used(app):
    added = []

    class Mine(Response):
        @property
        def vary(self):
            return added_set

    class added_set:
        add = staticmethod(added.append)

    used = SecureCookieSession({"a": 1})
    used.accessed = used.modified = True
    app.session_interface.save_session(app, used, Mine())
    assert added == ["Cookie", "Cookie"]


def test_cookie_attributes_by_default(client):
    response = client.post("/set", data={"a": "1"})
    assert attributes_of(response) == ["HttpOnly", "Path=/"]


def test_cookie_attributes_configured(app, client):
    app.config.update(
        SESSION_COOKIE_NAME="sid",
        SESSION_COOKIE_DOMAIN=".example.org",
        SESSION_COOKIE_PATH="/app",
        SESSION_COOKIE_HTTPONLY=False,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="lax",
        SESSION_COOKIE_PARTITIONED=True,
    )
    base = "https://www.example.org/app/"
    response = client.post("/set", data={"a": "1"}, base_url=base)
    expected = ["Domain=example.org", "Secure", "Path=/app", "SameSite=Lax", "Partitioned"]
    assert response.headers["Set-Cookie"].startswith("sid=")
    assert attributes_of(response) == expected
    response = client.get("/clear", base_url=base)
    assert response.headers["Set-Cookie"].startswith("sid=;")
    assert set(expected) < set(attributes_of(response))
    assert "Max-Age=0" in attributes_of(response)


def test_cookie_samesite_is_checked(app, client):
    app.config["SESSION_COOKIE_SAMESITE"] = "invalid"
    with pytest.raises(ValueError):
        client.post("/set", data={"a": "1"})


def test_cookie_partitioned_forces_secure(app, client):
    app.config["SESSION_COOKIE_PARTITIONED"] = True
    assert "Secure" in attributes_of(client.post("/set", data={"a": "1"}))


def test_cookie_methods_overridden(app, client):
    class Interface(SecureCookieSessionInterface):
        def get_cookie_name(self, app):
            return "own"

        def get_cookie_path(self, app):
            return "/own"

        def get_expiration_time(self, app, session):
            return datetime(2030, 1, 1, tzinfo=timezone.utc)

        def should_set_cookie(self, app, session):
            return True

    app.session_interface = Interface()
    response = Response()
    app.session_interface.save_session(app, SecureCookieSession({"a": 1}), response)
    assert response.headers["Set-Cookie"].startswith("own=")
    assert attributes_of(response) == [
        "Expires=Tue, 01 Jan 2030 00:00:00 GMT",
        "HttpOnly",
        "Path=/own",
    ]


def test_permanent_session_expires(app, client):
    app.permanent_session_lifetime = timedelta(days=2)
    response = client.post("/set", data={"_permanent": "1"})
    [expires] = [a for a in attributes_of(response) if a.startswith("Expires=")]
    left = parse_date(expires.partition("=")[2]) - datetime.now(timezone.utc)
    assert timedelta(days=2, seconds=-10) < left <= timedelta(days=2)


@pytest.mark.parametrize(
    ("permanent", "refresh", "sent"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_unmodified_session_is_sent_again(app, client, permanent, refresh, sent):
    app.config["SESSION_REFRESH_EACH_REQUEST"] = refresh
    client.post("/set", data={"_permanent": "1"} if permanent else {"a": "1"})
    assert ("Set-Cookie" in client.get("/untouched").headers) is sent


def test_empty_session_is_not_sent(app, client):
    assert "Set-Cookie" not in client.get("/get").headers


def test_session_is_saved_after_the_after_request_functions(app, client):
    @app.after_request
    def late(response):
        session["late"] = 1
        return response

    client.get("/untouched")
    assert client.get("/get").json == {"late": 1}


def test_open_session_may_match_the_url(app, client):
    endpoints = []

    class Interface(SecureCookieSessionInterface):
        def open_session(self, app, request):
            from fastflask.globals import request_ctx

            request_ctx.match_request()
            endpoints.append(request.endpoint)
            return super().open_session(app, request)

    app.session_interface = Interface()
    assert client.get("/get").json == {}
    assert endpoints == ["get_items"]


def test_saving_on_what_is_no_response_fails_as_in_flask(app: Flask) -> None:
    app.add_url_rule("/text", view_func=lambda: str(session.update(n=1)))
    app.after_request(lambda response: "text")
    app.testing = True
    with pytest.raises(AttributeError, match="'str' object has no attribute 'vary'"):
        app.test_client().get("/text")
