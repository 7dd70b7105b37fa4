"""Explanations shown in debug mode."""

from __future__ import annotations

import logging

import pytest
from jinja2 import DictLoader, FileSystemLoader, TemplateNotFound
from werkzeug.exceptions import BadRequestKeyError
from werkzeug.routing import RequestRedirect

from fastflask import Blueprint, Flask, render_template, request
from fastflask.debughelpers import (
    DebugFilesKeyError,
    FormDataRoutingRedirect,
    UnexpectedUnicodeError,
    _dump_loader_info,
    attach_enctype_error_multidict,
    explain_template_loading_attempts,
)


@pytest.fixture
def app():
    app = Flask("shop")
    app.testing = True
    app.debug = True
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def test_unexpected_unicode_error_bases():
    assert issubclass(UnexpectedUnicodeError, AssertionError)
    assert issubclass(UnexpectedUnicodeError, UnicodeError)


# Files that were not sent


@pytest.fixture
def upload(app):
    @app.post("/upload")
    def upload():
        return request.files["photo"].filename

    return app


def test_missing_file_with_form_field_of_that_name(upload, client):
    with pytest.raises(DebugFilesKeyError) as caught:
        client.post("/upload", data={"photo": ["a.png", "b.png"]})
    assert isinstance(caught.value, (KeyError, AssertionError))
    assert str(caught.value) == (
        "You tried to access the file 'photo' in the request.files dictionary but it does not"
        " exist. The mimetype for the request is 'application/x-www-form-urlencoded' instead of"
        " 'multipart/form-data' which means that no file contents were transmitted. To fix this"
        ' error you should provide enctype="multipart/form-data" in your form.\n\nThe browser'
        " instead transmitted some file names. This was submitted: 'a.png', 'b.png'"
    )
    assert caught.value.__suppress_context__
    innermost = caught.traceback[-1]
    assert "werkzeug" in str(innermost.path)


def test_missing_file_without_form_field(upload, client):
    with pytest.raises(BadRequestKeyError):
        client.post("/upload", data={"other": "x"})


def test_missing_file_outside_debug_mode(upload, client):
    upload.debug = False
    assert client.post("/upload", data={"photo": "a.png"}).status_code == 400


def test_error_text_without_names(app):
    with app.test_request_context("/", method="POST", data={}):
        error = DebugFilesKeyError(request, "photo")
    assert str(error).endswith('"multipart/form-data" in your form.')


def test_attached_class_stays_what_it_was(app):
    with app.test_request_context("/", method="POST", data={"photo": "a.png"}):
        files = request.files
        before = type(files)
        attach_enctype_error_multidict(request._get_current_object())
        assert type(files) is not before
        assert isinstance(files, before)
        assert (type(files).__name__, type(files).__module__) == (
            before.__name__,
            before.__module__,
        )
        assert files.get("missing") is None


# Redirects that lose the form


@pytest.fixture
def slashed(app):
    app.add_url_rule("/list/", "list", methods=["GET", "POST"], view_func=lambda: "list")
    return app


def test_redirect_that_keeps_the_body_is_sent(slashed, client):
    assert client.post("/list", data={"x": "y"}).status_code == 308


def test_redirect_that_drops_the_body_is_an_error(slashed, client, monkeypatch):
    monkeypatch.setattr(RequestRedirect, "code", 301)
    assert client.get("/list").status_code == 301
    with pytest.raises(FormDataRoutingRedirect):
        client.post("/list", data={"x": "y"})
    slashed.debug = False
    assert client.post("/list", data={"x": "y"}).status_code == 301


def test_redirect_for_trailing_slash_explained(slashed):
    with slashed.test_request_context("/list?a=b", method="POST"):
        text = str(FormDataRoutingRedirect(request))
    assert text == (
        "A request was sent to 'http://localhost/list?a=b', but routing issued a redirect to the"
        " canonical URL 'http://localhost/list/?a=b'. The URL was defined with a trailing slash."
        " Flask will redirect to the URL with a trailing slash if it was accessed without one."
        " Send requests to the canonical URL, or use 307 or 308 for routing redirects. Otherwise,"
        " browsers will drop form data.\n\nThis exception is only raised in debug mode."
    )


def test_redirect_elsewhere_does_not_speak_of_slashes(app):
    with app.test_request_context("/old"):
        request.routing_exception = RequestRedirect("http://localhost/new")
        text = str(FormDataRoutingRedirect(request))
    assert "trailing slash" not in text
    assert "canonical URL 'http://localhost/new'. Send requests" in text


def test_redirect_without_redirect_is_a_mistake(app):
    with app.test_request_context("/missing"):
        with pytest.raises(AssertionError):
            FormDataRoutingRedirect(request)


# Where templates were looked for


def explained(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "shop"]


def test_loader_settings(tmp_path):
    loader = FileSystemLoader([tmp_path, "more"], encoding="latin-1", followlinks=True)
    loader._private = "x"
    loader.mixed = [1, "a"]
    assert list(_dump_loader_info(loader)) == [
        "class: jinja2.loaders.FileSystemLoader",
        "encoding: 'latin-1'",
        "followlinks: True",
        "searchpath:",
        f"  - {tmp_path}",
        "  - more",
    ]


def test_template_found_once(app, caplog):
    caplog.set_level(logging.INFO, "shop")
    explain_template_loading_attempts(
        app, "a.html", [(DictLoader({}), app, None), (DictLoader({}), app, ("text", None, None))]
    )
    assert explained(caplog) == [
        "Locating template 'a.html':\n"
        "    1: trying loader of application 'shop'\n"
        "       class: jinja2.loaders.DictLoader\n"
        "       -> no match\n"
        "    2: trying loader of application 'shop'\n"
        "       class: jinja2.loaders.DictLoader\n"
        "       -> found ('<string>')"
    ]


def test_template_found_twice(app, caplog):
    caplog.set_level(logging.INFO, "shop")
    blueprint = Blueprint("admin", "shop.admin")
    answer = ("text", "/a.html", None)
    explain_template_loading_attempts(
        app,
        "a.html",
        [(DictLoader({}), blueprint, answer), (DictLoader({}), "someone", answer)],
    )
    lines = explained(caplog)[0].splitlines()
    assert lines[1] == "    1: trying loader of blueprint 'admin' (shop.admin)"
    assert lines[3] == "       -> found ('/a.html')"
    assert lines[4] == "    2: trying loader of 'someone'"
    assert lines[-1] == "Warning: multiple loaders returned a match for the template."


def test_template_missing_from_blueprint_view(app, client, caplog):
    caplog.set_level(logging.INFO, "shop")
    app.config["EXPLAIN_TEMPLATE_LOADING"] = True
    blueprint = Blueprint("admin", "shop.admin", root_path=app.root_path)
    blueprint.add_url_rule("/admin", "index", lambda: render_template("nowhere.html"))
    app.register_blueprint(blueprint)

    with pytest.raises(TemplateNotFound):
        client.get("/admin")
    assert explained(caplog)[0].splitlines()[-4:] == [
        "Error: the template could not be found.",
        "  The template was looked up from an endpoint that belongs to the blueprint 'admin'.",
        "  Maybe you did not place a template in the right folder?",
        "  See https://flask.palletsprojects.com/blueprints/#templates",
    ]
