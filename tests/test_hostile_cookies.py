"""Session cookies that must not be accepted, and that an access to a session shows.

Flask is asked the same. ``make cookies`` tries 1,000,000 forged ones, see ``COOKIE_TRIES``.
"""

from __future__ import annotations

import datetime
import os
import random
import types
import typing as t

import flask
import pytest
from hostile.cookies import (
    BOMB,
    GOOD,
    KEY,
    LOST_KEY,
    MONTH,
    OLD_KEY,
    REFUSED,
    WRONG_KEY,
    forge,
    pack,
    sign,
    sign_text,
)
from hostile.inputs import ENVIRON, ask

import fastflask

TRIES = int(os.environ.get("COOKIE_TRIES", "15000"))


def build(module: t.Any, key: str | None = KEY, fallbacks: t.Any = (OLD_KEY,)) -> t.Any:
    app = module.Flask("cookies")
    app.config["SECRET_KEY"] = key
    app.config["SECRET_KEY_FALLBACKS"] = list(fallbacks)

    @app.get("/")
    def view() -> t.Any:
        return repr(sorted(module.session.items()))

    @app.get("/write")
    def write() -> str:
        module.session["written"] = True
        return repr(sorted(module.session.items()))

    return app


def opened(app: t.Any, value: str) -> t.Any:
    """Return the content of a session as it is opened from a cookie."""
    request = types.SimpleNamespace(cookies={"session": value})
    session = app.session_interface.open_session(app, request)
    assert not session.modified
    return dict(session)


def test_forged_cookies_are_refused_as_in_flask() -> None:
    old, new = build(flask), build(fastflask)
    rnd = random.Random(1)
    accepted = 0
    for number in range(TRIES):
        value = forge(rnd)
        expected, actual = opened(old, value), opened(new, value)
        assert actual == expected, value
        accepted += bool(actual)
        if number % 50 == 0:
            # The whole way now and then; opening is what takes them.
            environ = {**ENVIRON, "HTTP_COOKIE": f"session={value.encode().decode('latin-1')}"}
            assert ask(new, environ)[::2] == ask(old, environ)[::2]
    # Those that were not changed, and those changed in a bit that base64 has no use for.
    assert 0.005 * TRIES < accepted < 0.15 * TRIES


def test_every_bit_of_a_cookie_counts() -> None:
    old, new = build(flask), build(fastflask)
    for value in GOOD[:2]:
        for where, letter in enumerate(value):
            for bit in range(8):
                forged = value[:where] + chr(ord(letter) ^ (1 << bit)) + value[where + 1 :]
                assert opened(new, forged) == opened(old, forged)
                if where < len(value) - 1:
                    assert opened(new, forged) == {}


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_cookie_that_is_refused(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    value = REFUSED[number]

    def decompress(data: bytes) -> t.NoReturn:
        raise AssertionError("nothing is unpacked whose signature was not verified")

    monkeypatch.setattr("itsdangerous.url_safe.zlib.decompress", decompress)
    new = build(fastflask)
    assert opened(new, value) == {}
    for path in ("/", "/write"):
        for environ in (
            {**ENVIRON, "PATH_INFO": path, "HTTP_COOKIE": f"session={value}"},
            {**ENVIRON, "PATH_INFO": path, "HTTP_COOKIE": f'a=1; session="{value}"; session=x'},
        ):
            status, headers, text = ask(new, environ)
            assert status == "200 OK"
            assert text == ("[]" if path == "/" else "[('written', True)]")
            assert dict(headers)["Vary"] == "Cookie"


PAYLOADS = {
    "bomb": BOMB,
    "broken compression": ".eJxx",
    "empty compression": ".",
    "broken base64": "a",
    "no JSON": "e30x",
    "a list": "WzEsMl0",
    "a list of pairs": "W1sxLDJdXQ",
    "a number": "MQ",
    "null": "bnVsbA",
    "text": "ImFiIg",
    "not UTF-8": "_w",
    "deep": pack(b"[" * 100_000),
    "unknown tag": "eyIgeiI6MX0",
    "broken tag": "eyIgdSI6Im5vIn0",
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_signed_payload_that_is_no_session(payload: str) -> None:
    """Only who has the key can make one. What Flask makes of it, we do."""
    value = sign_text(payload)
    outcomes = []
    for app in (build(flask), build(fastflask)):
        try:
            outcomes.append(opened(app, value))
        except Exception as error:
            outcomes.append(type(error))
    assert outcomes[0] == outcomes[1]


def test_keys_are_those_of_the_moment() -> None:
    app, other = build(fastflask), build(fastflask, WRONG_KEY, ())
    mine, old, lost = (sign({"n": 1}, key) for key in (KEY, OLD_KEY, LOST_KEY))
    wrong = sign({"n": 1}, WRONG_KEY)
    for _ in range(2):
        assert [opened(app, value) for value in (mine, old, lost, wrong)] == [{"n": 1}] * 2 + [
            {}
        ] * 2
        assert [opened(other, value) for value in (mine, old, lost, wrong)] == [{}] * 3 + [{"n": 1}]
        # Another key, one taken away in place, an equal one that is another object.
        app.config["SECRET_KEY_FALLBACKS"].remove(OLD_KEY)
        assert [opened(app, value) for value in (mine, old)] == [{"n": 1}, {}]
        app.config["SECRET_KEY_FALLBACKS"] = None
        app.secret_key = LOST_KEY
        assert [opened(app, value) for value in (mine, old, lost)] == [{}, {}, {"n": 1}]
        app.config["SECRET_KEY"] = "".join(list(KEY))
        app.config["SECRET_KEY_FALLBACKS"] = [OLD_KEY]
    # The stock one is shared by all applications.
    app.session_interface = type(app.session_interface)()
    assert opened(app, mine) == {"n": 1}
    app.session_interface.salt = "another"
    assert opened(app, mine) == {}
    assert opened(build(fastflask), mine) == {"n": 1}
    assert opened(app, sign({"n": 1}, salt="another")) == {"n": 1}
    app.session_interface = type(app.session_interface)()
    assert opened(app, mine) == {"n": 1}
    app.permanent_session_lifetime = datetime.timedelta(seconds=100)
    assert opened(app, sign({"n": 1}, age=200)) == {}
    assert opened(app, sign({"n": 1}, age=50)) == {"n": 1}


def test_cookies_are_signed_with_the_current_key() -> None:
    app = build(fastflask, KEY, (OLD_KEY, LOST_KEY))
    client = app.test_client()
    client.set_cookie("session", sign({"n": 1}, LOST_KEY))
    assert client.get("/write").text == "[('n', 1), ('written', True)]"
    cookie = client.get_cookie("session")
    assert cookie is not None
    for key, content in ((KEY, {"n": 1, "written": True}), (OLD_KEY, {}), (LOST_KEY, {})):
        assert opened(build(fastflask, key, ()), cookie.value) == content
    assert opened(build(flask, KEY, ()), cookie.value) == {"n": 1, "written": True}


def test_without_a_key_nothing_is_read_or_written() -> None:
    for key in (None, ""):
        app = build(fastflask, key, (OLD_KEY, KEY))
        app.config["PROPAGATE_EXCEPTIONS"] = True
        for value in (*GOOD, sign({"n": 1}, "")):
            environ = {**ENVIRON, "HTTP_COOKIE": f"session={value}"}
            status, headers, text = ask(app, environ)
            assert (status, text) == ("200 OK", "[]")
            assert not {"Vary", "Set-Cookie"} & set(dict(headers))
            assert ask(app, {**environ, "PATH_INFO": "/write"}) == ("raised", RuntimeError)


def test_age_counts_to_the_second() -> None:
    for age in (MONTH - 60, MONTH - 2, MONTH + 2, MONTH + 60, 10**9, -60, 0):
        value = sign({"n": 1}, age=age)
        expected = {"n": 1} if 0 <= age < MONTH else {}
        assert opened(build(fastflask), value) == opened(build(flask), value) == expected


HEADERS = (
    *(
        "session={}",
        "session = {}",
        " session={};",
        "a=1;session={};b=2",
        'session="{}"',
        "SESSION={}",
    ),
    *("session", "session=", "=session={}", "session={}; session=", "session=; session={}"),
    *(
        "session={}; session={}x",
        "session={}x; session={}",
        "xsession={}",
        "session2={}",
        "a=session={}",
    ),
    *(
        'a="; session={}"',
        'a="\\"; session={}',
        "a=\0; session={}",
        "\xff=1; session={}",
        "$Version=1; session={}",
    ),
    *(
        "session={}, session=x",
        "session={}\\073x",
        'session="{}\\"',
        "session={} ",
        "session=\t{}",
        "s\xebssion={}",
    ),
    *(";" * 1_000 + "session={}", "a=b;" * 5_000 + "session={}", "session={};" * 500),
)


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header[:24])
def test_headers_of_cookies_are_read_as_in_flask(header: str) -> None:
    for value in (GOOD[0], REFUSED[0]):
        environ = {**ENVIRON, "HTTP_COOKIE": header.replace("{}", value)}
        for path in ("/", "/write"):
            expected, actual = (
                ask(build(module), {**environ, "PATH_INFO": path}) for module in (flask, fastflask)
            )
            assert actual[2] == expected[2]
            assert dict(actual[1])["Vary"] == dict(expected[1])["Vary"] == "Cookie"


ACCESSES: dict[str, t.Callable[[t.Any], object]] = {
    "in": lambda m: "a" in m.session,
    "not in": lambda m: "a" not in m.session,
    "len": lambda m: len(m.session),
    "bool": lambda m: bool(m.session),
    "not": lambda m: not m.session,
    "iter": lambda m: list(m.session),
    "reversed": lambda m: list(reversed(m.session)),
    "get": lambda m: m.session.get("a"),
    "item": lambda m: m.session.get("a") and m.session["a"],
    "keys": lambda m: m.session.keys(),
    "values": lambda m: m.session.values(),
    "items": lambda m: m.session.items(),
    "copy": lambda m: m.session.copy(),
    "equal": lambda m: m.session == {},
    "unequal": lambda m: m.session != {},
    "or": lambda m: m.session | {},
    "repr": lambda m: repr(m.session),
    "str": lambda m: str(m.session),
    "dict": lambda m: dict(m.session),
    "unpacked": lambda m: {**m.session},
    "accessed": lambda m: m.session.accessed,
    "modified": lambda m: m.session.modified,
    "new": lambda m: m.session.new,
    "permanent": lambda m: m.session.permanent,
    "absent": lambda m: getattr(m.session, "absent", None),
    "method": lambda m: m.session.get,
    "object": lambda m: m.session._get_current_object(),
    "instance": lambda m: isinstance(m.session, dict),
    "class": lambda m: m.session.__class__,
    "dir": lambda m: dir(m.session),
    "context": lambda m: m.globals.request_ctx.session,
    "variable": lambda m: m.globals._cv_request.get().session,
    "vars": lambda m: vars(m.session),
    "pop": lambda m: m.session.pop("absent", None),
    "set": lambda m: m.session.__setitem__("b", 1),
    "setdefault": lambda m: m.session.setdefault("b", 1),
    "update": lambda m: m.session.update(b=1),
    "update in place": lambda m: m.session.__ior__({"b": 1}),
    "clear": lambda m: m.session.clear(),
    "flash": lambda m: m.flash("x"),
    "flashed": lambda m: m.get_flashed_messages(),
    "template": lambda m: m.render_template_string("{{ session.a }}"),
    "template loop": lambda m: m.render_template_string("{% for a in session %}{% endfor %}"),
    "template test": lambda m: m.render_template_string("{% if session %}{% endif %}"),
    "template flashed": lambda m: m.render_template_string("{{ get_flashed_messages() }}"),
    "shared": lambda m: (lambda context: context.session)(m.globals.request_ctx.copy()),
}
NO_ACCESSES: dict[str, t.Callable[[t.Any], object]] = {
    "nothing": lambda m: None,
    "cookies": lambda m: m.request.cookies,
    "template": lambda m: m.render_template_string("{{ 1 }}"),
    "proxy": lambda m: m.session,
    "type": lambda m: type(m.session),
}
STAGES = ("view", "before", "after", "handler", "processor")
CARRIED = {"none": None, "good": GOOD[0], "forged": REFUSED[0], "other": ""}


def vary_of(module: t.Any, access: t.Callable[[t.Any], object], stage: str, value: t.Any) -> t.Any:
    app = build(module)
    reached = []

    def reach(*arguments: t.Any) -> t.Any:
        reached.append(1)
        access(module)
        return arguments[0] if stage == "after" else None

    def view() -> str:
        if stage == "handler":
            raise KeyError
        return "x"

    def handle(error: Exception) -> str:
        reach()
        return "handled"

    app.view_functions["view"] = reach if stage == "view" else view
    if stage == "view":
        app.view_functions["view"] = lambda: reach() or "x"
    elif stage == "before":
        app.before_request(reach)
    elif stage == "after":
        app.after_request(reach)
    elif stage == "handler":
        app.register_error_handler(KeyError, handle)
    else:
        app.context_processor(lambda: reach() or {})
        app.view_functions["view"] = lambda: module.render_template_string("x")

    environ = dict(ENVIRON)
    if value is not None:
        environ["HTTP_COOKIE"] = f"session={value}" if value else "a=1"
    status, headers, _ = ask(app, environ)
    assert status == "200 OK" and reached
    return dict(headers).get("Vary")


@pytest.mark.parametrize("name", ACCESSES)
def test_every_access_makes_the_answer_vary_by_cookie(name: str) -> None:
    for stage in STAGES[: -1 if "template" in name else None]:
        for value in CARRIED.values():
            expected, actual = (
                vary_of(module, ACCESSES[name], stage, value) for module in (flask, fastflask)
            )
            assert actual == expected == "Cookie", (stage, value)


@pytest.mark.parametrize("name", NO_ACCESSES)
def test_no_access_leaves_the_answer_alone(name: str) -> None:
    for stage in STAGES[:-1]:
        for value in CARRIED.values():
            for module in (flask, fastflask):
                assert vary_of(module, NO_ACCESSES[name], stage, value) is None, (stage, value)
