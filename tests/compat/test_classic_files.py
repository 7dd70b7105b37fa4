"""Arguments of the functions that send files, by the names of earlier releases of Flask."""

from __future__ import annotations

import inspect
import typing as t
import warnings
from datetime import datetime
from pathlib import Path

import pytest
from werkzeug.exceptions import NotFound

import fastflask
from fastflask import Flask


@pytest.fixture(autouse=True)
def request_for_a_file(app: Flask) -> t.Iterator[None]:
    with app.test_request_context():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "report.txt"
    found.write_text("content")
    return found


def send(*args: t.Any, **kwargs: t.Any) -> t.Any:
    response = fastflask.send_file(*args, **kwargs)
    response.direct_passthrough = False
    return response


@pytest.mark.usefixtures("quiet")
def test_old_arguments(path: Path) -> None:
    response = send(
        filename_or_fp=path,
        as_attachment=True,
        attachment_filename="name.txt",
        cache_timeout=60,
        add_etags=False,
    )
    assert response.get_data() == b"content"
    assert response.headers["Content-Disposition"] == "attachment; filename=name.txt"
    assert response.cache_control.max_age == 60
    assert "ETag" not in response.headers
    response.close()


@pytest.mark.usefixtures("quiet")
def test_old_arguments_below_a_directory(path: Path) -> None:
    response = fastflask.send_from_directory(
        path.parent,
        filename=path.name,  # type: ignore[call-arg]
        as_attachment=True,
        attachment_filename="name.txt",
        cache_timeout=60,
        add_etags=False,
    )
    assert response.headers["Content-Disposition"] == "attachment; filename=name.txt"
    assert response.cache_control.max_age == 60
    response.close()

    with pytest.raises(NotFound):
        fastflask.send_from_directory(path.parent, filename="../x")  # type: ignore[call-arg]


def test_old_arguments_warn_once(path: Path) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            fastflask.send_file(path, cache_timeout=1).close()  # type: ignore[call-arg]

    assert [(w.category, w.filename) for w in caught] == [(DeprecationWarning, __file__)]
    assert "send_file(cache_timeout=…)" in str(caught[0].message)
    assert "'max_age'" in str(caught[0].message)


def test_old_argument_is_unknown_where_warnings_are_errors(path: Path) -> None:
    with pytest.raises(TypeError) as caught:
        fastflask.send_file(path, cache_timeout=1)  # type: ignore[call-arg]

    assert isinstance(caught.value, DeprecationWarning)


@pytest.mark.parametrize(
    ("function", "kwargs", "text"),
    [
        (fastflask.send_file, {"colour": 1}, "unexpected keyword argument 'colour'"),
        (fastflask.send_file, {"colour": 1, "cache_timeout": 1}, "argument 'colour'"),
        (fastflask.send_file, {"max_age": 1, "cache_timeout": 2}, "argument 'cache_timeout'"),
        (fastflask.send_file, {"filename_or_fp": "x"}, "multiple values.*path_or_file"),
        (fastflask.send_from_directory, {}, "missing 1 required positional argument: 'path'"),
        (fastflask.send_from_directory, {"path": "report.txt", "filename": "x"}, "'filename'"),
    ],
)
@pytest.mark.usefixtures("quiet")
def test_wrong_arguments(path: Path, function: t.Any, kwargs: dict[str, t.Any], text: str) -> None:
    place = path if function is fastflask.send_file else path.parent

    with pytest.raises(TypeError, match=text):
        function(place, **kwargs)


def test_error_of_another_kind_is_left_alone(path: Path) -> None:
    with pytest.raises(TypeError) as caught:
        fastflask.send_file(path, download_name=5)  # type: ignore[arg-type]

    assert not isinstance(caught.value, DeprecationWarning)


def test_signatures_are_todays() -> None:
    assert list(inspect.signature(fastflask.send_file).parameters) == [
        "path_or_file",
        "mimetype",
        "as_attachment",
        "download_name",
        "conditional",
        "etag",
        "last_modified",
        "max_age",
    ]
    found = inspect.signature(fastflask.send_from_directory).parameters
    assert list(found) == ["directory", "path", "kwargs"]
    assert fastflask.send_file.__name__ == "send_file"
    assert fastflask.send_file.__module__ == "fastflask.helpers"


def test_todays_arguments(path: Path) -> None:
    when = datetime(2020, 1, 2)
    response = send(path, "text/x", True, "name.txt", False, "tag", when, 60)
    assert response.mimetype == "text/x"
    assert response.get_etag() == ("tag", False)
    response.close()
