"""Putting together the URLs of one rule.

Literal texts and defaults are quoted and joined once, when a rule is first used for this. The
compiled twin is ``_cython/routing_builder.pxi``.
"""

from __future__ import annotations

import typing as t
from copy import copy
from types import MethodType
from urllib.parse import quote

from werkzeug.routing import BaseConverter, IntegerConverter, Rule, ValidationError

from .routing_quoting import PATH_SAFE, in_path, quote_path, quote_query

_text_to_url = BaseConverter.to_url
_number_to_url = IntegerConverter.to_url
_encode_query_vars = Rule._encode_query_vars
_compile_builder = t.cast("t.Callable[..., t.Any]", Rule._compile_builder)


class RuleBuilder:
    """Builds the URLs of one rule.

    :param rule: the rule, bound to a map.
    :param trace: the rule's pieces, for each whether it is a variable, and its text or name.
    :param defaults: the rule's defaults, at the time it was bound.

    .. versionadded:: 0.1
    """

    __slots__ = (
        "_rule", "_defaults", "_domain", "_path", "_needed", "_known", "_fixed", "_count", "_plain",
        "_arguments",
    )  # fmt: skip

    def __init__(
        self,
        rule: Rule,
        trace: t.Sequence[tuple[bool, str]],
        defaults: t.Mapping[str, t.Any] | None,
    ) -> None:
        defaults = dict(defaults or ())
        at = next(index for index, (_, text) in enumerate(trace) if text == "|")
        self._rule = rule
        self._defaults = defaults
        self._domain = _Pieces(rule, trace[:at], defaults)
        self._path = _Pieces(rule, trace[at + 1 :], defaults)
        self._needed = [name for _, name in (*self._domain.variables, *self._path.variables)]
        self._known = frozenset([*self._needed, *map(str, defaults)])
        #: The domain, if it has no variable.
        self._fixed = self._domain.texts[0]
        #: How many values there are if all of them, and nothing else, is put into the path.
        self._count = -1
        if not self._domain.variables and rule.arguments == {*self._needed} and not defaults:
            if len(self._path.texts) > 1 or not self._needed:
                self._count = len(self._needed)
        #: The rule's set of arguments, of which that is true as long as there are so many.
        self._arguments = rule.arguments
        #: What is built without values, if nothing needs one.
        self._plain = None if self._needed else (self._domain.texts[0], self._path.texts[0])

    def build(self, values: t.Mapping[str, t.Any], append_unknown: bool) -> tuple[str, str]:
        """Return the domain part and the path, with the query if there is one.

        :param values: values for the variables, and for the query.
        :param append_unknown: make a query of the values that are no variables.

        Errors of the converters pass through.
        """
        query = ""
        for name in self._needed:
            if name not in values:
                return self._complain(values, append_unknown)
        known = self._known
        extra = {name: value for name, value in values.items() if name not in known}
        for name in extra:
            if not isinstance(name, str) or name == ".self":
                return self._complain(values, append_unknown)
        if append_unknown and extra:
            query = _query(self._rule, extra)

        if self._plain is not None:
            return (self._plain[0], f"{self._plain[1]}?{query}") if query else self._plain

        domain = self._domain.fill(self._rule._converters, values)
        path = self._path.fill(self._rule._converters, values)
        assert domain is not None and path is not None
        if query:
            path += ["?", query]
        # A converter that returns no text is found out, unless there is nothing to join.
        return (
            domain[0] if len(domain) == 1 else "".join(domain),
            path[0] if len(path) == 1 and not append_unknown else "".join(path),
        )

    def _complain(self, values: t.Mapping[str, t.Any], append_unknown: bool) -> tuple[str, str]:
        # A call of the function that Werkzeug makes of the rule, which refuses its arguments.
        rule = copy(self._rule)
        rule.defaults = self._defaults
        return t.cast("tuple[str, str]", _compile_builder(rule, append_unknown)(rule, **values))


def _query(rule: Rule, values: dict[str, t.Any]) -> str:
    """Return the query for these values."""
    own = type(rule)._encode_query_vars is not _encode_query_vars
    if own or "_encode_query_vars" in rule.__dict__ or rule.map.sort_parameters:
        return rule._encode_query_vars(values)

    texts = []
    for name, value in values.items():
        if type(value) is int:
            value = str(value)
        elif type(value) is str:
            value = quote_query(value)
        else:
            return rule._encode_query_vars(values)
        if type(name) is not str:
            return rule._encode_query_vars(values)
        texts.append(f"{quote_query(name)}={value}")
    return "&".join(texts)


class _Pieces:
    """Pieces of a URL, ready for use: literal texts quoted and joined, defaults filled in."""

    __slots__ = ("texts", "variables")

    def __init__(
        self,
        rule: Rule,
        trace: t.Sequence[tuple[bool, str]],
        defaults: t.Mapping[str, t.Any],
    ) -> None:
        self.texts: list[str] = []
        #: Which of the texts are to be replaced, and by the value of which variable.
        self.variables: list[tuple[int, str]] = []
        literal = False

        for variable, text in trace:
            if variable and text not in defaults:
                self.variables.append((len(self.texts), text))
                self.texts.append("")
                literal = False
                continue
            if variable:
                text = rule._converters[text].to_url(defaults[text])
            else:
                text = quote(text, safe=PATH_SAFE)
            if literal:
                self.texts[-1] += text
            else:
                self.texts.append(text)
            literal = True

        if not self.texts:
            self.texts.append("")

    def fill(self, converters: dict[str, t.Any], values: t.Mapping[str, t.Any]) -> list[str] | None:
        """Return the texts with the values in their places, or ``None`` if one is missing."""
        texts = self.texts.copy()
        for index, name in self.variables:
            if name not in values:
                return None
            converter, value = converters[name], values[name]
            to_url = converter.to_url
            # PERF: stock converters are spared a call, and most texts another one.
            method = to_url.__func__ if type(to_url) is MethodType else None
            if method is _text_to_url and type(value) is str:
                texts[index] = value.translate(in_path) if value.isascii() else quote_path(value)
            elif (
                method is _number_to_url
                and type(value) is int
                and converter.num_convert is int
                and not converter.fixed_digits
            ):
                texts[index] = str(value)
            else:
                # Nobody is asked for a text if another value is missing.
                for _, other in self.variables:
                    if other not in values:
                        return None
                texts[index] = to_url(value)
        return texts


def build_rule(
    self: t.Any, values: t.Mapping[str, t.Any], append_unknown: bool = True
) -> tuple[str, str] | None:
    """Return the domain part and the path for these values, or ``None`` if they are not valid.

    :param values: values for the variables, and for the query.
    :param append_unknown: make a query of the values that are no variables.
    """
    builder = self._builder
    if builder is None:
        return Rule.build(self, values, append_unknown)
    try:
        return t.cast("tuple[str, str]", builder.build(values, append_unknown))
    except ValidationError:
        return None
