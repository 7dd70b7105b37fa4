"""A guest book, begun on Flask 0.12 and kept as it was: its author knows of no later release."""

import os

from flask import (
    Markup,
    escape,
    flash,
    g,
    get_flashed_messages,
    jsonify,
    redirect,
    render_template_string,
    request,
    send_file,
    session,
    signals_available,
    url_for,
)
from flask.signals import request_started

from .admin import admin
from .coding import Entry
from .core import GuestBook
from .files import files
from .reports import reports
from .store import Store

PAGE = """<title>{{ title }}</title>
{% for message in get_flashed_messages() %}<i>{{ message }}</i>
{% endfor %}{% for entry in entries %}<p>{{ entry|signed }}</p>
{% endfor %}"""

app = GuestBook(__name__)
app.secret_key = "development key"
app.config.from_json("settings.json")
app.session_cookie_name = "guestbook"
app.send_file_max_age_default = 60
app.templates_auto_reload = False
app.use_x_sendfile = False
# Errors are answered, also while testing, and nothing is kept of them.
app.config.update(PROPAGATE_EXCEPTIONS=False, PRESERVE_CONTEXT_ON_EXCEPTION=False)

store = Store(app)
app.register_blueprint(admin, url_prefix="/admin")
app.register_blueprint(files, url_prefix="/files")
app.register_blueprint(reports, url_prefix="/reports")

started = []


@app.before_first_request
def create_tables():
    store.create()
    started.append("application")


if signals_available:

    @request_started.connect_via(app)
    def count(sender):
        g.requests = getattr(g, "requests", 0) + 1


@app.before_request
def remember_guest():
    g.guest = session.get("guest", "nobody")


@app.template_filter("signed")
def signed(entry):
    return Markup("%s, <b>%s</b>") % (entry.text, entry.guest)


def divided(error):
    return "nothing is divided by zero", 500


app._register_error_handler(None, ZeroDivisionError, divided)


@app.route("/")
def index():
    title = escape("%s's <book>" % g.guest)
    return render_template_string(PAGE, title=title, entries=store.entries())


@app.route("/sign", methods=["POST"])
def sign():
    session["guest"] = request.form["guest"]
    store.add(Entry(request.form["text"], request.form["guest"]))
    flash("Thank you, %s" % request.form["guest"])
    return redirect(url_for("index"))


@app.route("/entries.json")
def entries():
    return jsonify(entries=store.entries(), requests=g.requests, guest=g.guest)


@app.route("/entries.json", methods=["POST"])
def import_entries():
    # The decoder of the application makes entries of what it reads.
    for entry in request.get_json():
        store.add(entry)
    return jsonify(imported=len(store.entries()))


@app.route("/logo")
def logo():
    path = os.path.join(app.root_path, "files", "logo.txt")
    return send_file(
        filename_or_fp=path,
        as_attachment=True,
        attachment_filename="flower.txt",
        cache_timeout=5,
        add_etags=False,
    )


@app.route("/divide")
def divide():
    return str(1 // 0)


@app.route("/started")
def has_started():
    return jsonify(started=started, got_first_request=app.got_first_request)


@app.cli.command("guests")
def guests():
    """Say how many have signed."""
    store.create()
    print("%d guests" % len(store.entries()))


__all__ = ["app", "get_flashed_messages", "store"]
