"""Session objects, and interfaces that open and save them."""

import weakref
from collections.abc import MutableMapping

import pytest
from session_cookies import make_app

from fastflask import Flask
from fastflask.sessions import NullSession, SecureCookieSession, SessionInterface, SessionMixin


@pytest.fixture
def app() -> Flask:
    return make_app()


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
