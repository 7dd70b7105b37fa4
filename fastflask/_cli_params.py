"""Types and checks for the values of command line options."""

from __future__ import annotations

import typing as t

import click
from werkzeug.utils import import_string


class CertParamType(click.ParamType):  # type: ignore[type-arg]
    """Type of ``--cert``: an existing file, the word ``adhoc``, or the import name of an
    :class:`ssl.SSLContext`.

    .. versionadded:: 0.1
    """

    name = "path"

    def __init__(self) -> None:
        self.path_type = click.Path(exists=True, dir_okay=False, resolve_path=True)

    def convert(
        self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> t.Any:
        try:
            import ssl
        except ImportError:
            raise click.BadParameter(
                'Using "--cert" requires Python to be compiled with SSL support.', ctx, param
            ) from None

        try:
            return self.path_type(value, param, ctx)
        except click.BadParameter:
            word = click.STRING(value, param, ctx).lower()
            if word == "adhoc":
                return self._check_adhoc(word, param, ctx)
            context = import_string(word, silent=True)
            if isinstance(context, ssl.SSLContext):
                return context
            # Most likely a mistyped path, so that is the complaint to show.
            raise

    @staticmethod
    def _check_adhoc(word: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            import cryptography  # noqa: F401 # pyright: ignore[reportMissingImports]
        except ImportError:
            raise click.BadParameter(
                "Using ad-hoc certificates requires the cryptography library.", ctx, param
            ) from None
        return word


def _validate_key(ctx: click.Context, param: click.Parameter, value: t.Any) -> t.Any:
    """Check ``--key`` against ``--cert`` and make one ``(cert, key)`` value of two files.

    :param ctx: the context, in which ``--cert`` was converted before.
    :param value: the path of the key file, if one was given.
    :raises click.BadParameter: for a key without use, or a certificate file without key.
    """
    cert = ctx.params.get("cert")
    adhoc = cert == "adhoc"
    # Apart from "adhoc", CertParamType gives the path of a file or an SSLContext.
    in_file = isinstance(cert, (str, bytes)) and not adhoc

    if value is None:
        if in_file:
            raise click.BadParameter('Required when using "--cert".', ctx, param)
        return None

    if in_file:
        ctx.params["cert"] = (cert, value)
        return value

    if not cert:
        problem = '"--cert" must also be specified.'
    elif adhoc:
        problem = 'When "--cert" is "adhoc", "--key" is not used.'
    else:
        problem = 'When "--cert" is an SSLContext object, "--key" is not used.'
    raise click.BadParameter(problem, ctx, param)


class SeparatedPathType(click.Path):
    """Type of an option that takes several paths in one text, separated as in ``PATH``.

    Each of them is converted and checked as :class:`click.Path` does it.

    .. versionadded:: 0.1
    """

    def convert(
        self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> t.Any:
        convert_one = super().convert
        return [convert_one(path, param, ctx) for path in self.split_envvar_value(value)]
