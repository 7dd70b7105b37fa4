"""The types for users' annotations."""

from __future__ import annotations

import typing as t

import pytest
from werkzeug.wrappers import Response as BaseResponse

from fastflask import typing as ft

ALIASES = [
    "AfterRequestCallable",
    "AppOrBlueprintKey",
    "BeforeFirstRequestCallable",
    "BeforeRequestCallable",
    "ErrorHandlerCallable",
    "HeaderValue",
    "HeadersValue",
    "ResponseClass",
    "ResponseReturnValue",
    "ResponseValue",
    "RouteCallable",
    "ShellContextProcessorCallable",
    "TeardownCallable",
    "TemplateContextProcessorCallable",
    "TemplateFilterCallable",
    "TemplateGlobalCallable",
    "TemplateTestCallable",
    "URLDefaultCallable",
    "URLValuePreprocessorCallable",
]

#: Those that also take coroutine functions.
WITH_ASYNC = [
    "AfterRequestCallable",
    "BeforeFirstRequestCallable",
    "BeforeRequestCallable",
    "ErrorHandlerCallable",
    "RouteCallable",
    "TeardownCallable",
    "TemplateContextProcessorCallable",
]


@pytest.mark.parametrize("name", ALIASES)
def test_alias_can_be_combined_at_run_time(name):
    alias = getattr(ft, name)
    assert t.Union[alias, None] is not None  # noqa: UP007
    assert t.Callable[[alias], t.Any] is not None


@pytest.mark.parametrize("name", WITH_ASYNC)
def test_alias_takes_plain_and_coroutine_functions(name):
    plain, coroutine = t.get_args(getattr(ft, name))
    parameters, result = t.get_args(plain)
    async_parameters, awaitable = t.get_args(coroutine)
    assert async_parameters == parameters
    assert t.get_origin(awaitable).__name__ == "Awaitable"
    assert t.get_args(awaitable) == (result,)


def test_after_request_alias_is_generic_in_the_response():
    plain, _ = t.get_args(ft.AfterRequestCallable[BaseResponse])
    assert t.get_args(plain) == ([BaseResponse], BaseResponse)


def test_annotations_of_a_view_resolve():
    def view() -> ft.ResponseReturnValue:
        return "x"

    def headers() -> ft.HeadersValue:
        return {}

    names = {"Response": BaseResponse, "Headers": dict, "WSGIApplication": t.Callable}
    assert tuple[ft.ResponseValue, int] in t.get_args(ft.ResponseReturnValue)
    assert t.get_type_hints(view, {**globals(), **names})["return"] is not None
    assert t.get_type_hints(headers, {**globals(), **names})["return"] is not None


def test_package_is_marked_as_typed():
    import pathlib

    import fastflask

    assert pathlib.Path(fastflask.__file__).with_name("py.typed").exists()
