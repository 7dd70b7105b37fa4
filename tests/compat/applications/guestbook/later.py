"""What the guest book took up between Flask 1.0 and 2.2, gone since then as well."""

from flask.app import Scaffold
from flask.cli import get_env
from flask.helpers import _endpoint_from_view_func as endpoint_of
from flask.helpers import get_env as get_env_of_helpers
from flask.helpers import safe_join
from flask.scaffold import Scaffold as base_of_both
from flask.signals import signals_available
from guestbook import app

assert base_of_both is Scaffold and isinstance(app, Scaffold)
assert get_env() == get_env_of_helpers() == app.env == app.config["ENV"]
assert signals_available and safe_join("/srv", "a") == "/srv/a"
assert endpoint_of(get_env) == "get_env"
