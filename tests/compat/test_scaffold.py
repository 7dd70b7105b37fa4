"""What applications and blueprints share."""

from __future__ import annotations

import os
import sys
import types
import typing as t
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader

from fastflask import Blueprint, Flask
from fastflask.sansio.scaffold import (
    Scaffold,
    _endpoint_from_view_func,
    _find_package_path,
    find_package,
    setupmethod,
)

REGISTRIES = (
    "before_request_funcs",
    "after_request_funcs",
    "teardown_request_funcs",
    "template_context_processors",
    "url_value_preprocessors",
    "url_default_functions",
)


@pytest.fixture(params=["app", "blueprint"])
def scaffold(request: pytest.FixtureRequest, tmp_path: Path) -> t.Any:
    if request.param == "app":
        return Flask("box", root_path=str(tmp_path), static_folder=None)
    return Blueprint("box", "box", root_path=str(tmp_path))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Callable[[str], Path]:
    """Make an importable module or package below a new folder; its names start with ``ffpkg``."""

    def make(path: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
        return file

    yield make
    for name in [name for name in sys.modules if name.startswith("ffpkg")]:
        del sys.modules[name]


def test_setupmethod_keeps_name_and_text_and_asks_first() -> None:
    class Part(Scaffold):
        late: list[str] = []

        def _check_setup_finished(self, f_name: str) -> None:
            self.late.append(f_name)

        @setupmethod
        def tune(self, a: int, *, b: int = 0) -> int:
            """Tunes."""
            return a + b

    part = Part("part", root_path="/")
    assert part.tune(1, b=2) == 3
    assert part.late == ["tune"]
    assert Part.tune.__name__ == "tune"
    assert Part.tune.__doc__ == "Tunes."


def test_bare_scaffold_cannot_be_set_up() -> None:
    with pytest.raises(NotImplementedError):
        Scaffold("x", root_path="/").before_request(lambda: None)


def test_endpoint_from_view_func() -> None:
    assert _endpoint_from_view_func(os.getcwd) == "getcwd"
    with pytest.raises(AssertionError, match="expected view func if endpoint is not provided"):
        _endpoint_from_view_func(None)  # type: ignore[arg-type]


def test_repr_names_class_and_name(scaffold: t.Any) -> None:
    assert repr(scaffold) == f"<{type(scaffold).__name__} 'box'>"


@pytest.mark.parametrize("registry", REGISTRIES)
def test_registry_is_ordinary_dict_of_lists(scaffold: t.Any, registry: str) -> None:
    funcs = getattr(scaffold, registry)
    assert isinstance(funcs, dict)
    assert funcs["unknown"] == []


@pytest.mark.parametrize(
    ("method", "registry"),
    [
        ("before_request", "before_request_funcs"),
        ("after_request", "after_request_funcs"),
        ("teardown_request", "teardown_request_funcs"),
        ("context_processor", "template_context_processors"),
        ("url_value_preprocessor", "url_value_preprocessors"),
        ("url_defaults", "url_default_functions"),
    ],
)
def test_hook_is_appended_and_returned(scaffold: t.Any, method: str, registry: str) -> None:
    def first(*args: object) -> None: ...
    def second(*args: object) -> None: ...

    assert getattr(scaffold, method)(first) is first
    assert getattr(scaffold, method)(second) is second
    assert getattr(scaffold, registry)[None][-2:] == [first, second]


def test_hook_on_replaced_registry(scaffold: t.Any) -> None:
    scaffold.before_request_funcs = {}
    hook = scaffold.before_request(lambda: None)
    assert scaffold.before_request_funcs == {None: [hook]}


def test_static_folder_is_below_root(scaffold: t.Any, tmp_path: Path) -> None:
    assert (scaffold.static_folder, scaffold.has_static_folder) == (None, False)
    assert scaffold.static_url_path is None

    scaffold.static_folder = Path("assets") / "web"
    assert scaffold.static_folder == str(tmp_path / "assets" / "web")
    assert scaffold.has_static_folder
    assert scaffold.static_url_path == "/web"


@pytest.mark.parametrize("given", ["assets", "assets/", "assets//", "assets\\"])
def test_static_folder_loses_trailing_slashes(scaffold: t.Any, given: str) -> None:
    scaffold.static_folder = given
    assert scaffold._static_folder == "assets"


def test_static_folder_absolute(scaffold: t.Any, tmp_path: Path) -> None:
    other = tmp_path.parent / "other"
    scaffold.static_folder = other
    assert scaffold.static_folder == str(other)


@pytest.mark.parametrize(
    ("given", "expected"), [("/files/", "/files"), ("/", ""), ("", ""), (None, "/assets")]
)
def test_static_url_path_given(scaffold: t.Any, given: str | None, expected: str) -> None:
    scaffold.static_folder = "assets"
    scaffold.static_url_path = given
    assert scaffold.static_url_path == expected


def test_jinja_loader_needs_a_folder(tmp_path: Path) -> None:
    assert Blueprint("b", "b", root_path=str(tmp_path)).jinja_loader is None
    loader = Blueprint("b", "b", root_path=str(tmp_path), template_folder="html").jinja_loader
    assert isinstance(loader, FileSystemLoader)
    assert loader.searchpath == [str(tmp_path / "html")]


def test_root_path_is_that_of_the_module() -> None:
    assert Blueprint("b", __name__).root_path == str(Path(__file__).parent)


def test_endpoint_decorator_sets_view(scaffold: t.Any) -> None:
    @scaffold.endpoint("there")
    def view() -> str:
        return ""

    assert scaffold.view_functions == {"there": view}


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch"])
def test_method_shortcut_refuses_methods(scaffold: t.Any, method: str) -> None:
    with pytest.raises(TypeError, match="Use the 'route' decorator"):
        getattr(scaffold, method)("/", methods=["GET"])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_method_shortcut_routes_that_method_only(app: Flask, method: str) -> None:
    @getattr(app, method.lower())("/x", endpoint="there")
    def view() -> str:
        return method

    (rule,) = app.url_map.iter_rules("there")
    extra = {"OPTIONS", "HEAD"} if method == "GET" else {"OPTIONS"}
    assert rule.methods == {method} | extra
    assert app.test_client().open("/x", method=method).text == method


def test_route_goes_through_overridden_add_url_rule() -> None:
    calls = []

    class Recording(Flask):
        def add_url_rule(self, rule: str, *args: t.Any, **options: t.Any) -> None:
            calls.append((rule, args[0] if args else None, options))
            super().add_url_rule(rule, *args, **options)

    app = Recording("rec", root_path="/", static_folder=None)
    app.route("/a", endpoint="e", defaults={"x": 1})(lambda x: "")
    assert calls == [("/a", "e", {"defaults": {"x": 1}})]


def test_route_decorator_used_twice_names_only_the_first(app: Flask) -> None:
    def second() -> str:
        return "2"

    decorate = app.route("/twice", endpoint="first")
    decorate(lambda: "1")
    decorate(second)
    assert app.view_functions["second"] is second


# Where packages live


def test_find_package_of_module_and_package(
    package: t.Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("here/ffpkg_module.py")
    package("here/ffpkg_package/__init__.py")
    package("here/ffpkg_package/inner.py")
    monkeypatch.syspath_prepend(tmp_path / "here")

    for name in ("ffpkg_module", "ffpkg_package", "ffpkg_package.inner"):
        assert _find_package_path(name) == str(tmp_path / "here")
        assert find_package(name) == (None, str(tmp_path / "here"))


@pytest.mark.parametrize("name", ["__main__", "ffpkg_absent", "ffpkg_absent.inner", ""])
def test_find_package_of_unknown_name_is_working_directory(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Under ``python -m pytest`` the real one can be found.
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    monkeypatch.chdir(tmp_path)
    assert _find_package_path(name) == os.getcwd()


def test_find_package_of_namespace_takes_the_right_portion(
    package: t.Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("one", "two"):
        package(f"{part}/ffpkg_ns/{part}/__init__.py")
        monkeypatch.syspath_prepend(tmp_path / part)

    assert find_package("ffpkg_ns.one") == (None, str(tmp_path / "one"))
    assert find_package("ffpkg_ns.two") == (None, str(tmp_path / "two"))


@pytest.mark.parametrize(
    ("layout", "prefix"),
    [
        ("env/lib/python3.12/site-packages", "env"),
        ("env/Lib/site-packages", "env"),
        ("env/LIB/python3.12/Site-Packages", "env"),
        ("env/odd/site-packages", "env/odd"),
        ("env/lib/python3.12/elsewhere", None),
    ],
)
def test_find_package_knows_installed_layouts(
    package: t.Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    layout: str,
    prefix: str | None,
) -> None:
    package(f"{layout}/ffpkg_installed.py")
    monkeypatch.syspath_prepend(tmp_path / layout)
    expected = None if prefix is None else str(tmp_path / prefix)
    assert find_package("ffpkg_installed") == (expected, str(tmp_path / layout))


def test_find_package_below_the_interpreter(
    package: t.Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("python/share/ffpkg_system.py")
    monkeypatch.syspath_prepend(tmp_path / "python" / "share")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "python"))
    expected = (str(tmp_path / "python"), str(tmp_path / "python" / "share"))
    assert find_package("ffpkg_system") == expected
