"""Filling the configuration of an application."""

from __future__ import annotations

import errno
import json
import sys
import types

import pytest

from fastflask import Config, Flask
from fastflask.config import ConfigAttribute


@pytest.fixture
def config(tmp_path):
    return Config(tmp_path)


def test_config_is_a_dict_with_defaults_and_a_root(tmp_path):
    config = Config(tmp_path, {"A": 1})
    assert isinstance(config, dict)
    assert config == {"A": 1}
    assert config.root_path == tmp_path


def test_repr_names_the_class_and_shows_the_items(tmp_path):
    class Settings(Config):
        pass

    assert repr(Config(tmp_path, {"A": 1})) == "<Config {'A': 1}>"
    assert repr(Settings(tmp_path)) == "<Settings {}>"


def test_attribute_reads_and_writes_the_config():
    app = Flask(__name__)
    app.secret_key = "s"
    assert app.config["SECRET_KEY"] == "s"
    app.config["TESTING"] = True
    assert app.testing is True


def test_attribute_converts_what_it_reads():
    class App(Flask):
        port = ConfigAttribute("PORT", get_converter=int)
        mode = ConfigAttribute("MODE")

    app = App(__name__)
    app.config["PORT"] = "80"
    assert app.port == 80
    app.port = "81"
    assert app.config["PORT"] == "81"
    with pytest.raises(KeyError):
        app.mode


def test_attribute_on_the_class_is_the_descriptor():
    assert isinstance(Flask.testing, ConfigAttribute)
    assert Flask.testing.__name__ == "TESTING"


def test_from_object_takes_upper_case_attributes(config):
    class Base:
        INHERITED = 1

    class Settings(Base):
        OWN = 2
        lower = 3
        Mixed = 4

    config.from_object(Settings)
    assert config == {"INHERITED": 1, "OWN": 2}


def test_from_object_evaluates_properties_of_instances_only(config):
    class Settings:
        @property
        def URI(self):
            return "db://"

    config.from_object(Settings)
    assert isinstance(config["URI"], property)
    config.from_object(Settings())
    assert config["URI"] == "db://"


def test_from_object_imports_by_name(config, monkeypatch):
    module = types.ModuleType("settings_by_name")
    module.A = 1
    module.Inner = type("Inner", (), {"B": 2})
    monkeypatch.setitem(sys.modules, "settings_by_name", module)
    config.from_object("settings_by_name")
    config.from_object("settings_by_name.Inner")
    assert config == {"A": 1, "B": 2}
    with pytest.raises(ImportError):
        config.from_object("no_such_module_of_settings")


def test_from_object_finds_nothing_in_a_dict(config):
    config.from_object({"A": 1})
    assert config == {}


def test_from_pyfile_runs_the_file(config, tmp_path):
    (tmp_path / "settings.cfg").write_text("lower = 2\nDOUBLE = lower * 2\nFILE = __file__\n")
    assert config.from_pyfile("settings.cfg") is True
    assert config == {"DOUBLE": 4, "FILE": str(tmp_path / "settings.cfg")}


def test_from_pyfile_reads_the_declared_encoding(config, tmp_path):
    (tmp_path / "a.py").write_bytes(
        "# -*- coding: iso-8859-2 -*-\nNAME = 'ř'\n".encode("iso-8859-2")
    )
    config.from_pyfile(tmp_path / "a.py")
    assert config["NAME"] == "ř"


def test_from_pyfile_reports_a_missing_file(config, tmp_path):
    with pytest.raises(OSError) as caught:
        config.from_pyfile("missing.cfg")
    assert caught.value.errno == errno.ENOENT
    assert caught.value.strerror == (
        "Unable to load configuration file (No such file or directory)"
    )
    assert str(tmp_path / "missing.cfg") in str(caught.value)


@pytest.mark.parametrize("name", ["missing", "folder", "file/below"])
def test_from_pyfile_silently_passes_over_what_is_no_file(config, tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        config.from_pyfile(name)
    assert config.from_pyfile(name, silent=True) is False


def test_from_pyfile_is_not_silent_about_other_errors(config, tmp_path):
    (tmp_path / "bad.py").write_text("A = (\n")
    (tmp_path / "denied.py").write_text("raise PermissionError(13, 'no')\n")
    with pytest.raises(SyntaxError):
        config.from_pyfile("bad.py", silent=True)
    with pytest.raises(PermissionError, match=r"Unable to load configuration file \(no\)"):
        config.from_pyfile("denied.py", silent=True)


def test_from_envvar_loads_the_file_named(config, tmp_path, monkeypatch):
    (tmp_path / "a.cfg").write_text("A = 1")
    monkeypatch.setenv("APP_SETTINGS", "a.cfg")
    assert config.from_envvar("APP_SETTINGS") is True
    assert config == {"A": 1}
    monkeypatch.setenv("APP_SETTINGS", "missing.cfg")
    assert config.from_envvar("APP_SETTINGS", silent=True) is False
    with pytest.raises(FileNotFoundError):
        config.from_envvar("APP_SETTINGS")


@pytest.mark.parametrize("value", [None, ""])
def test_from_envvar_without_a_value(config, monkeypatch, value):
    monkeypatch.delenv("APP_SETTINGS", raising=False)
    if value is not None:
        monkeypatch.setenv("APP_SETTINGS", value)
    assert config.from_envvar("APP_SETTINGS", silent=True) is False
    with pytest.raises(RuntimeError) as caught:
        config.from_envvar("APP_SETTINGS")
    assert str(caught.value) == (
        "The environment variable 'APP_SETTINGS' is not set and as such configuration could"
        " not be loaded. Set this variable and make it point to a configuration file"
    )


def test_from_prefixed_env_parses_values(config, monkeypatch):
    for name, value in {
        "PFX_TEXT": "plain",
        "PFX_FLAG": "true",
        "PFX_NUMBER": "1.5",
        "PFX_LIST": "[1, 2]",
        "PFX_lower": "1",
        "PFXOTHER": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert config.from_prefixed_env("PFX") is True
    assert config == {"TEXT": "plain", "FLAG": True, "NUMBER": 1.5, "LIST": [1, 2], "lower": 1}


def test_from_prefixed_env_keeps_the_text_its_loader_rejects(config, monkeypatch):
    def loads(text):
        if text == "bad":
            raise LookupError(text)
        return f"<{text}>"

    monkeypatch.setenv("PFX_A", "good")
    monkeypatch.setenv("PFX_B", "bad")
    config.from_prefixed_env("PFX", loads=loads)
    assert config == {"A": "<good>", "B": "bad"}


def test_from_prefixed_env_fills_nested_dicts(config, monkeypatch):
    config["DB"] = {"host": "h", "port": 1}
    monkeypatch.setenv("PFX_DB__port", "2")
    monkeypatch.setenv("PFX_DB__opts__timeout", "3")
    monkeypatch.setenv("PFX_NEW__a", "x")
    config.from_prefixed_env("PFX")
    assert config == {
        "DB": {"host": "h", "port": 2, "opts": {"timeout": 3}},
        "NEW": {"a": "x"},
    }


def test_from_prefixed_env_goes_by_sorted_names(config, monkeypatch):
    # A dict set whole comes before its items, whatever the order of the environment.
    monkeypatch.setenv("PFX_D__b", "2")
    monkeypatch.setenv("PFX_D", '{"a": 1, "b": 1}')
    config.from_prefixed_env("PFX")
    assert config == {"D": {"a": 1, "b": 2}}


def test_from_prefixed_env_cannot_go_below_a_number(config, monkeypatch):
    monkeypatch.setenv("PFX_A", "1")
    monkeypatch.setenv("PFX_A__B__C", "1")
    with pytest.raises(TypeError):
        config.from_prefixed_env("PFX")


def test_from_prefixed_env_uses_flask_by_default(config, monkeypatch):
    monkeypatch.setenv("FLASK_ONLY_HERE", "7")
    config.from_prefixed_env()
    assert config["ONLY_HERE"] == 7


def test_from_file_hands_text_or_bytes_to_the_loader(config, tmp_path):
    (tmp_path / "c.json").write_text('{"A": 1, "b": 2}')
    assert config.from_file("c.json", load=json.load) is True
    assert config == {"A": 1}
    config.from_file("c.json", load=lambda file: {"RAW": file.read()}, text=False)
    assert config["RAW"] == b'{"A": 1, "b": 2}'


def test_from_file_reads_toml(config, tmp_path):
    tomllib = pytest.importorskip("tomllib", reason="new in Python 3.11")
    (tmp_path / "c.toml").write_text('NAME = "x"\n[TABLE]\nk = 1\n')
    config.from_file("c.toml", load=tomllib.load, text=False)
    assert config == {"NAME": "x", "TABLE": {"k": 1}}


def test_from_file_reports_a_missing_file(config):
    assert config.from_file("missing.json", load=json.load, silent=True) is False
    with pytest.raises(FileNotFoundError) as caught:
        config.from_file("missing.json", load=json.load)
    assert caught.value.strerror.startswith("Unable to load configuration file (")


def test_from_file_is_stricter_than_from_pyfile_below_a_file(config, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        config.from_file("file/below", load=json.load, silent=True)


def test_from_mapping_ignores_keys_that_are_not_upper_case(config):
    assert config.from_mapping({"A": 1, "b": 2}, C=3, d=4) is True
    assert config == {"A": 1, "C": 3}


def test_from_mapping_takes_pairs_and_prefers_keywords(config):
    config.from_mapping([("A", 1), ("B", 1)], B=2)
    assert config == {"A": 1, "B": 2}
    assert config.from_mapping() is True
    assert config == {"A": 1, "B": 2}


def test_from_mapping_takes_one_mapping_only(config):
    with pytest.raises(TypeError):
        config.from_mapping({}, {})
    with pytest.raises(TypeError):
        config.from_mapping(0)


def test_items_are_set_through_the_class(tmp_path):
    class Settings(Config):
        def __setitem__(self, key, value):
            super().__setitem__(key, ("set", value))

    config = Settings(tmp_path)
    config.from_mapping(A=1)
    config.from_object(type("Obj", (), {"B": 2}))
    assert config == {"A": ("set", 1), "B": ("set", 2)}


def test_get_namespace_trims_and_lowers(tmp_path):
    config = Config(tmp_path, {"MAIL_HOST": "h", "MAIL_PORT": 25, "OTHER": 1})
    assert config.get_namespace("MAIL_") == {"host": "h", "port": 25}
    assert config.get_namespace("MAIL_", lowercase=False) == {"HOST": "h", "PORT": 25}
    assert config.get_namespace("MAIL_", trim_namespace=False) == {
        "mail_host": "h",
        "mail_port": 25,
    }
    assert config.get_namespace("NONE_") == {}


def test_config_class_of_the_application_is_used():
    class Settings(Config):
        pass

    class App(Flask):
        config_class = Settings

    app = App(__name__)
    assert type(app.config) is Settings
    assert app.config["DEBUG"] is False
    assert app.config.root_path == app.root_path
