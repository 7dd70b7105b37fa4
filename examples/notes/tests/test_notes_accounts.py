"""Accounts, sessions and the form token."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import cachelib.simple
import pytest
from flask import Flask
from notes import throttle
from notes.extensions import db
from notes.formats import csv_cell
from notes.models import User
from notes.security import safe_path
from notes_visitor import PASSWORD, Visitor


def test_register_logs_in_and_greets(visitor: Visitor) -> None:
    response = visitor.register("Anna.K")
    assert (response.status_code, response.location) == (302, "/")
    page = visitor.get("/").text
    assert "Welcome, Anna.K" in page
    assert "Your notes" in page
    assert "Welcome, Anna.K" not in visitor.get("/").text


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"username": "al"}, "3 to 32 characters"),
        ({"username": "an na"}, "start with a letter"),
        ({"username": "a" * 33}, "3 to 32 characters"),
        ({"password": "short", "repeat": "short"}, "10 to 200 characters"),
        ({"password": "x" * 201, "repeat": "x" * 201}, "10 to 200 characters"),
        ({"repeat": "another long one"}, "differ"),
    ],
)
def test_register_names_what_is_wrong(visitor: Visitor, form: dict[str, str], message: str) -> None:
    good = {"username": "anna", "password": PASSWORD, "repeat": PASSWORD}
    response = visitor.post("/auth/register", good | form)
    assert response.status_code == 422
    assert message in response.text
    assert 'aria-invalid="true"' in response.text
    assert PASSWORD not in response.text


def test_register_refuses_a_name_in_use_whatever_its_case(anna: Visitor, app: Flask) -> None:
    response = Visitor(app).register("ANNA")
    assert response.status_code == 422
    assert "taken" in response.text


def test_password_is_stored_as_a_hash(app: Flask, anna: Visitor) -> None:
    with app.app_context():
        stored = db.session.scalars(db.select(User.password_hash)).one()
    assert stored.startswith("pbkdf2:sha256:1$")
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    "attempt",
    [("anna", "wrong password"), ("nobody", PASSWORD), ("", ""), ("an\0na", PASSWORD)],
)
def test_login_fails_alike_for_name_and_password(
    app: Flask, anna: Visitor, attempt: tuple[str, str]
) -> None:
    response = Visitor(app).log_in(*attempt)
    assert response.status_code == 422
    assert "do not match" in response.text


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clocks, to a number of seconds after the beginning of a quarter of an hour."""

    def set_clocks(seconds: float) -> None:
        moment = throttle.SECONDS * 2_000_000 + seconds
        for module in (throttle, cachelib.simple):
            monkeypatch.setattr(module, "time", lambda: moment)

    set_clocks(0)
    return set_clocks


def from_address(address: str) -> dict[str, Any]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


def test_guessing_has_to_wait(app: Flask, anna: Visitor, at: Callable[[float], None]) -> None:
    guesser = Visitor(app)
    for _ in range(3):
        assert guesser.log_in("Anna", "a wrong password").status_code == 422
    at(899)
    response = guesser.log_in("anna")
    assert response.status_code == 429
    assert "Too many attempts" in response.text
    assert Visitor(app).log_in("anna", **from_address("192.0.2.7")).status_code == 302
    at(900)
    assert guesser.log_in("anna").status_code == 302


@pytest.mark.usefixtures("at")
def test_guessing_for_many_names_has_to_wait_too(app: Flask, anna: Visitor) -> None:
    for number in range(30):
        address = from_address(f"2001:db8::{number:x}")
        # A success with a name of one's own does not help.
        if number == 20:
            assert Visitor(app).log_in("anna", **address).status_code == 302
        assert Visitor(app).log_in(f"user{number}", "monday 2026", **address).status_code == 422
    assert Visitor(app).log_in("anna", **from_address("2001:db8::ffff")).status_code == 429
    assert Visitor(app).log_in("anna", **from_address("2001:db8:0:1::1")).status_code == 302


@pytest.mark.usefixtures("at")
def test_guessing_on_the_account_page_has_to_wait_too(anna: Visitor) -> None:
    form = {"current": "a guess", "password": "better than that", "repeat": "better than that"}
    for _ in range(3):
        assert anna.post("/account/password", form).status_code == 422
    response = anna.post("/account/password", form | {"current": PASSWORD})
    assert response.status_code == 429
    assert "Too many attempts" in response.text


def test_success_forgives_earlier_failures(app: Flask, anna: Visitor) -> None:
    for _ in range(3):
        for _ in range(2):
            assert Visitor(app).log_in("anna", "a wrong password").status_code == 422
        assert Visitor(app).log_in("anna").status_code == 302


def test_login_starts_a_new_session(app: Flask, anna: Visitor) -> None:
    visitor = Visitor(app)
    with visitor.client.session_transaction() as session:
        session["planted"] = True
    before = visitor.client.get_cookie("notes_session")
    token = visitor.token
    visitor.log_in("anna")
    assert visitor.client.get_cookie("notes_session").value != before.value
    with visitor.client.session_transaction() as session:
        assert session.permanent
        assert "planted" not in session
    assert visitor.client.post("/notes/new", data={"csrf_token": token}).status_code == 400


def test_login_leads_back_to_the_page_wanted(app: Flask, anna: Visitor) -> None:
    visitor = Visitor(app)
    response = visitor.get("/account/?a=1")
    assert response.status_code == 302
    page = visitor.get(response.location)
    assert "Log in to see that page" in page.text
    response = visitor.post(response.location, {"username": "anna", "password": PASSWORD})
    assert response.location == "/account/?a=1"


@pytest.mark.parametrize(
    "target",
    ["http://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "evil", "javascript:x"],
)
def test_login_never_leads_to_another_site(app: Flask, anna: Visitor, target: str) -> None:
    assert safe_path(target) is None
    response = Visitor(app).log_in("anna", query_string={"next": target})
    assert response.location == "/"


def test_logout_ends_the_session(anna: Visitor) -> None:
    assert anna.get("/auth/logout").status_code == 405
    anna.log_out()
    assert "Log in" in anna.get("/").text
    assert anna.get("/account/").status_code == 302


def test_cookie_is_kept_from_scripts_and_other_sites(app: Flask) -> None:
    response = Visitor(app).register("anna")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("notes_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_forged_cookie_is_nobody(app: Flask, anna: Visitor) -> None:
    cookie = anna.client.get_cookie("notes_session")
    assert cookie is not None
    visitor = Visitor(app)
    visitor.client.set_cookie("notes_session", cookie.value[:-4] + "xxxx")
    response = visitor.get("/")
    assert response.status_code == 200
    assert "Create an account" in response.text


def test_form_without_token_is_refused(anna: Visitor) -> None:
    for data in ({"title": "t"}, {"title": "t", "csrf_token": "guess"}, {"csrf_token": "é"}):
        response = anna.client.post("/notes/new", data=data)
        assert response.status_code == 400
        assert "expired" in response.text
    assert "Nothing here yet" in anna.get("/").text


def test_form_token_of_another_session_is_refused(anna: Visitor, otto: Visitor) -> None:
    response = anna.client.post("/notes/new", data={"title": "t", "csrf_token": otto.token})
    assert response.status_code == 400


def test_page_carries_the_form_token(visitor: Visitor) -> None:
    page = visitor.get("/auth/login").text
    [token] = re.findall(r'name="csrf_token" value="([^"]+)"', page)
    form = {"username": "anna", "password": PASSWORD, "repeat": PASSWORD, "csrf_token": token}
    assert visitor.client.post("/auth/register", data=form).status_code == 302


def test_new_password_ends_other_sessions(app: Flask, anna: Visitor) -> None:
    other = Visitor(app)
    other.log_in("anna")
    form = {"current": PASSWORD, "password": "better than that", "repeat": "better than that"}

    wrong = anna.post("/account/password", form | {"current": "not mine"})
    assert wrong.status_code == 422
    assert "not your password" in wrong.text
    assert other.get("/account/").status_code == 200

    assert anna._new_session("/account/password", form).status_code == 302
    assert anna.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert Visitor(app).log_in("anna").status_code == 422
    assert Visitor(app).log_in("anna", "better than that").status_code == 302


def test_tokens_are_shown_once_and_revoked_by_their_owner(anna: Visitor, otto: Visitor) -> None:
    token = anna.make_token()
    [revoke] = re.findall(r"/account/tokens/\d+/revoke", anna.get("/account/").text)
    assert token not in anna.get("/account/").text
    assert "a script" in anna.get("/account/").text
    assert otto.post(revoke).status_code == 404

    bearer = {"Authorization": f"Bearer {token}"}
    assert otto.client.get("/api/notes", headers=bearer).status_code == 200
    assert anna.post(revoke).status_code == 302
    assert otto.client.get("/api/notes", headers=bearer).status_code == 401


def test_pages_forbid_foreign_content_and_caching(anna: Visitor, visitor: Visitor) -> None:
    response = anna.get("/")
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in visitor.get("/").headers


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "  =", "＝"])
def test_csv_cell_is_never_a_formula(start: str) -> None:
    assert csv_cell(f"{start}1+1") == f"'{start}1+1"
    assert csv_cell(f"1{start}1") == f"1{start}1"
