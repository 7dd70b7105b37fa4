"""The application's class, with the hooks that a class of its own had then."""

from flask import Flask
from flask.app import _endpoint_from_view_func, setupmethod
from flask.ctx import _RequestGlobals
from flask.helpers import find_package, locked_cached_property

from .coding import Decoder, Encoder


class Namespace(_RequestGlobals):
    """What ``g`` is here."""

    def __getattr__(self, name):
        if name == "guest":
            return "nobody yet"
        raise AttributeError(name)


class GuestBook(Flask):
    request_globals_class = Namespace
    json_encoder = Encoder
    json_decoder = Decoder
    #: What was done with sessions, and how often the first request was asked for.
    log = ()
    triggered = 0

    def open_session(self, request):
        self.log += ("open",)
        return super(GuestBook, self).open_session(request)

    def save_session(self, session, response):
        self.log += ("save",)
        return super(GuestBook, self).save_session(session, response)

    def make_null_session(self):
        self.log += ("null",)
        return super(GuestBook, self).make_null_session()

    def try_trigger_before_first_request_functions(self):
        self.triggered += 1
        super(GuestBook, self).try_trigger_before_first_request_functions()

    @setupmethod
    def page(self, rule):
        def decorate(function):
            self.add_url_rule(rule, _endpoint_from_view_func(function), function)
            return function

        return decorate

    @locked_cached_property
    def package_path(self):
        return find_package(self.import_name)[1]
