"""What a session does to the response: ``Vary`` and the attributes of its cookie."""

from datetime import datetime, timedelta, timezone

import pytest
from session_cookies import attributes_of, make_app
from werkzeug.http import parse_date

from fastflask import Flask, Response, session
from fastflask.sessions import SecureCookieSession, SecureCookieSessionInterface


@pytest.fixture
def app() -> Flask:
    return make_app()


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
