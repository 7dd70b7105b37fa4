"""JSON by the classes and settings of earlier releases of Flask.

Loaded once a program uses one of them. Until then the default provider knows nothing of this;
from then on its methods are those below.
"""

from __future__ import annotations

import json
import typing as t
from functools import wraps

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from .globals import _cv_request
from .json import dumps as _dumps_of_app
from .json.provider import DefaultJSONProvider, _default

if t.TYPE_CHECKING:
    from werkzeug.sansio.response import Response

    from .sansio.app import App


class JSONEncoder(json.JSONEncoder):
    """Writes JSON, with the types that :class:`~fastflask.json.provider.DefaultJSONProvider` adds.

    A subclass adds more of them by overriding :meth:`default`.
    """

    def default(self, o: t.Any) -> t.Any:
        """Turn an object that JSON lacks into one that it has.

        :param o: the object.
        :raises TypeError: for one of an unknown type.
        """
        return _default(o)


class JSONDecoder(json.JSONDecoder):
    """Reads JSON."""


# Some programs put a method of their own in its place.
_stock_default = JSONEncoder.default


def htmlsafe_dumps(obj: t.Any, **kwargs: t.Any) -> Markup:
    """Write JSON that is safe in a ``<script>`` element, and in attributes in single quotes.

    :param obj: what to serialize.
    :param kwargs: options of :func:`fastflask.json.dumps`.
    """
    return htmlsafe_json_dumps(obj, dumps=_dumps_of_app, **kwargs)


def htmlsafe_dump(obj: t.Any, fp: t.IO[str], **kwargs: t.Any) -> None:
    """Write what :func:`htmlsafe_dumps` returns to a file.

    :param obj: what to serialize.
    :param fp: a file opened for text.
    :param kwargs: options of :func:`fastflask.json.dumps`.
    """
    fp.write(htmlsafe_dumps(obj, **kwargs))


def coder_of(owner: t.Any, name: str) -> t.Any:
    """Return the class that an application or blueprint sets for JSON, or ``None``.

    :param owner: the application or blueprint, or its class.
    :param name: ``json_encoder`` or ``json_decoder``.
    """
    cls = owner

    # An application may come as a weak proxy, whose ``__class__`` is that of the application.
    if not isinstance(owner, type):
        if name in owner.__dict__:
            return owner.__dict__[name]

        cls = owner.__class__

    found = next(vars(base)[name] for base in cls.__mro__ if name in vars(base))
    # Where nothing is set, it is the descriptor.
    return None if hasattr(type(found), "__set__") else found


def default_coder(owner: type, name: str) -> t.Any:
    """Return what the attribute is if it was not set.

    :param owner: class of the application or blueprint.
    :param name: ``json_encoder`` or ``json_decoder``.
    """
    from .blueprints import Blueprint

    if issubclass(owner, Blueprint):
        return None

    return JSONEncoder if name == "json_encoder" else JSONDecoder


def _find_coder(app: App | None, name: str) -> t.Any:
    """Return the class to use now: the blueprint's, or else the application's, or ``None``."""
    if app is None:  # the provider's class does without the base's constructor
        return None

    context = _cv_request.get(None)

    if context is not None and context.app == app:
        blueprint = app.blueprints.get(context.request.blueprint)  # type: ignore[arg-type]
        found = None if blueprint is None else coder_of(blueprint, name)

        if found is not None:
            return found

    found = coder_of(app, name)

    if found is None and name == "json_encoder" and JSONEncoder.default is not _stock_default:
        return JSONEncoder

    return found


def _settings(provider: DefaultJSONProvider, *pairs: tuple[str, str]) -> dict[str, t.Any]:
    """Return those of an application's settings that are there.

    :param provider: the application's provider.
    :param pairs: settings, and what they are called today.
    """
    app = getattr(provider, "_app", None)
    if app is None:
        return {}
    config = app.config
    found = ((name, config.get(key)) for key, name in pairs)
    return {name: value for name, value in found if value is not None}


_dumps = DefaultJSONProvider.dumps
_loads = DefaultJSONProvider.loads
_response = DefaultJSONProvider.response


@wraps(_dumps)
def dumps(self: DefaultJSONProvider, obj: t.Any, **kwargs: t.Any) -> str:
    given = ("JSON_AS_ASCII", "ensure_ascii"), ("JSON_SORT_KEYS", "sort_keys")
    options = {**_settings(self, *given), **kwargs}

    if "cls" not in options:
        cls = _find_coder(getattr(self, "_app", None), "json_encoder")

        if cls is not None:
            options["cls"] = cls

            # The provider's function would take the place of the class's method.
            if cls.default is not json.JSONEncoder.default:
                options.setdefault("ensure_ascii", self.ensure_ascii)
                options.setdefault("sort_keys", self.sort_keys)
                return json.dumps(obj, **options)

    return _dumps(self, obj, **options)


@wraps(_loads)
def loads(self: DefaultJSONProvider, s: str | bytes, **kwargs: t.Any) -> t.Any:
    cls = _find_coder(getattr(self, "_app", None), "json_decoder")

    if cls is not None:
        kwargs.setdefault("cls", cls)

    return _loads(self, s, **kwargs)


@wraps(_response)
def response(self: DefaultJSONProvider, *args: t.Any, **kwargs: t.Any) -> Response:
    given = ("JSONIFY_MIMETYPE", "mimetype"), ("JSONIFY_PRETTYPRINT_REGULAR", "pretty")
    found = _settings(self, *given)

    if not found:
        return _response(self, *args, **kwargs)

    compact = not found["pretty"] if "pretty" in found else self.compact

    if compact is None:
        compact = not self._app.debug

    obj = self._prepare_response_obj(args, kwargs)
    text = self.dumps(obj, **({"separators": (",", ":")} if compact else {"indent": 2}))
    return self._app.response_class(f"{text}\n", mimetype=found.get("mimetype", self.mimetype))


def _install() -> None:
    cls: t.Any = DefaultJSONProvider
    cls.dumps, cls.loads, cls.response = dumps, loads, response


_install()
