"""Jinja for an application: where templates come from and what they can see."""

from __future__ import annotations

import contextlib
import typing as t
from collections import ChainMap

from jinja2 import BaseLoader, Template, TemplateNotFound
from jinja2 import Environment as BaseEnvironment
from jinja2.runtime import Context, new_context

from .globals import _cv_app, _cv_request, current_app, request
from .helpers import stream_with_context
from .signals import before_render_template, template_rendered

if t.TYPE_CHECKING:
    from blinker import NamedSignal

    from .app import Flask
    from .sansio.app import App
    from .sansio.scaffold import Scaffold


def _default_template_ctx_processor() -> dict[str, t.Any]:
    """Return what every template can use without being given it: ``g`` and ``request``.

    These are the objects behind the proxies. The session has to stay a proxy:
    to fetch it is to mark it accessed, whether the template uses it or not.
    """
    names: dict[str, t.Any] = {}
    if (app_context := _cv_app.get(None)) is not None:
        names["g"] = app_context.g
    if (request_context := _cv_request.get(None)) is not None:
        names["request"] = request_context.request
    return names


class _Template(Template):
    """Jinja's template, with what all templates see laid flat once for each rendering.

    PERF: Jinja reads its chain of dictionaries key by key, twice: a quarter of a small page.
    """

    def new_context(
        self,
        vars: dict[str, t.Any] | None = None,
        shared: bool = False,
        locals: t.Mapping[str, t.Any] | None = None,
    ) -> Context:
        names = self.globals
        if type(names) is ChainMap:
            flat: dict[str, t.Any] = {}
            for mapping in reversed(names.maps):
                flat.update(mapping)
            names = flat
        return new_context(self.environment, self.name, self.blocks, vars, shared, names, locals)


_Template.__name__ = "Template"  # as its repr has it


class Environment(BaseEnvironment):
    """Jinja's environment, with the loader of an application.

    :param app: kept as :attr:`app`.
    :param options: passed to Jinja. Without a ``loader``, the application's
        :meth:`~fastflask.Flask.create_global_jinja_loader` makes one.

    .. versionadded:: 0.1
    """

    template_class = _Template

    def __init__(self, app: App, **options: t.Any) -> None:
        if "loader" not in options:
            options["loader"] = app.create_global_jinja_loader()
        # Not by super(): a second base class beside this one is not set up by it.
        BaseEnvironment.__init__(self, **options)
        self.app = app


class DispatchingJinjaLoader(BaseLoader):
    """Looks for templates with the application's loader, then with those of the blueprints.

    The first match counts. With ``EXPLAIN_TEMPLATE_LOADING`` each search is
    written to the log.

    :param app: the application.

    .. versionadded:: 0.1
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def get_source(
        self, environment: BaseEnvironment, template: str
    ) -> tuple[str, str | None, t.Callable[[], bool] | None]:
        """Return source, file name and up-to-date check of a template.

        :param environment: the environment that asks.
        :param template: the template's name.
        :raises jinja2.TemplateNotFound: if no loader has it.
        """
        explain = self.app.config["EXPLAIN_TEMPLATE_LOADING"]
        find = self._get_source_explained if explain else self._get_source_fast
        return find(environment, template)

    def _get_source_fast(
        self, environment: BaseEnvironment, template: str
    ) -> tuple[str, str | None, t.Callable[[], bool] | None]:
        for _, loader in self._iter_loaders(template):
            with contextlib.suppress(TemplateNotFound):
                return loader.get_source(environment, template)
        raise TemplateNotFound(template)

    def _get_source_explained(
        self, environment: BaseEnvironment, template: str
    ) -> tuple[str, str | None, t.Callable[[], bool] | None]:
        """Ask every loader, also after a match, and log what each one said."""
        from .debughelpers import explain_template_loading_attempts

        attempts = []
        for owner, loader in self._iter_loaders(template):
            source = None
            with contextlib.suppress(TemplateNotFound):
                source = loader.get_source(environment, template)
            attempts.append((loader, owner, source))

        explain_template_loading_attempts(self.app, template, attempts)
        for _, _, source in attempts:
            if source is not None:
                return source
        raise TemplateNotFound(template)

    def _iter_loaders(self, template: str) -> t.Iterator[tuple[Scaffold, BaseLoader]]:
        """Yield the loaders to ask for a template, each with whom it belongs to."""
        return self._owned_loaders()

    def _owned_loaders(self) -> t.Iterator[tuple[Scaffold, BaseLoader]]:
        owners: list[Scaffold] = [self.app, *self.app.iter_blueprints()]
        for owner in owners:
            if (loader := owner.jinja_loader) is not None:
                yield owner, loader

    def list_templates(self) -> list[str]:
        """Return the names that the loaders know, each once and in no order."""
        names: set[str] = set()
        for _, loader in self._owned_loaders():
            names.update(loader.list_templates())
        return list(names)


def _announce(
    signal: NamedSignal, app: Flask, template: Template, context: dict[str, t.Any]
) -> None:
    """Send one of the two template signals."""
    signal.send(app, _async_wrapper=app.ensure_sync, template=template, context=context)


def _render(app: Flask, template: Template, context: dict[str, t.Any]) -> str:
    """Render a template with the application's additions to its context."""
    app.update_template_context(context)

    if before_render_template.receivers:
        _announce(before_render_template, app, template, context)

    text = template.render(context)

    if template_rendered.receivers:
        _announce(template_rendered, app, template, context)

    return text


def _stream(app: Flask, template: Template, context: dict[str, t.Any]) -> t.Iterator[str]:
    """Do as :func:`_render` does, piece by piece and only as far as it is read.

    The context is complete at once. In a request, the pieces are made within
    its contexts, even if that is after its end.
    """
    app.update_template_context(context)

    if before_render_template.receivers:
        _announce(before_render_template, app, template, context)

    def pieces() -> t.Iterator[str]:
        yield from template.generate(context)

        if template_rendered.receivers:
            _announce(template_rendered, app, template, context)

    if request:
        return stream_with_context(pieces())
    return pieces()


def _current_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


def render_template(
    template_name_or_list: str | Template | list[str | Template],
    **context: t.Any,
) -> str:
    """Render a template of the current application.

    :param template_name_or_list: its name. Of several, the first that exists
        is taken. A template object is used as it is.
    :param context: what the template can use.
    :raises jinja2.TemplateNotFound: if there is none of that name.

    .. versionadded:: 0.1
    """
    app = _current_app()
    return _render(app, app.jinja_env.get_or_select_template(template_name_or_list), context)


def render_template_string(source: str, **context: t.Any) -> str:
    """Render a template that is given as text; it is escaped as HTML.

    :param source: the template.
    :param context: what the template can use.

    .. versionadded:: 0.1
    """
    app = _current_app()
    return _render(app, app.jinja_env.from_string(source), context)


def stream_template(
    template_name_or_list: str | Template | list[str | Template],
    **context: t.Any,
) -> t.Iterator[str]:
    """Render a template of the current application bit by bit.

    A view can return the iterator: the client then receives the beginning
    while the rest is still being made.

    :param template_name_or_list: as for :func:`render_template`.
    :param context: what the template can use.
    :raises jinja2.TemplateNotFound: if there is none of that name.

    .. versionadded:: 0.1
    """
    app = _current_app()
    return _stream(app, app.jinja_env.get_or_select_template(template_name_or_list), context)


def stream_template_string(source: str, **context: t.Any) -> t.Iterator[str]:
    """Render a template that is given as text bit by bit.

    :param source: the template.
    :param context: what the template can use.

    .. versionadded:: 0.1
    """
    app = _current_app()
    return _stream(app, app.jinja_env.from_string(source), context)
