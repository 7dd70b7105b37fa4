"""One whole request, from the call of the application to the close of its answer."""

from __future__ import annotations


def bench_hello(benchmark, side):
    """A greeting: what a request costs that asks for nothing."""
    benchmark(side.request("hello"))


def bench_json_out(benchmark, side):
    """A dictionary returned as JSON."""
    benchmark(side.request("json_out"))


def bench_path_int(benchmark, side):
    """One integer in the path."""
    benchmark(side.request("path_int"))


def bench_query_header(benchmark, side):
    """Two arguments of the query and one header read."""
    benchmark(side.request("query_header"))


def bench_json_echo(benchmark, side):
    """A JSON document parsed and sent back."""
    benchmark(side.request("json_echo"))


def bench_form(benchmark, side):
    """Four fields of a posted form."""
    benchmark(side.request("form"))


def bench_upload(benchmark, side):
    """A file of 4 KiB and a field, as multipart."""
    benchmark(side.request("upload"))


def bench_session(benchmark, side):
    """A signed session read from its cookie, changed and written."""
    benchmark(side.request("session"))


def bench_template(benchmark, side):
    """A page of ten lines from a template."""
    benchmark(side.request("template"))


def bench_redirect(benchmark, side):
    """A redirect to an address that is built."""
    benchmark(side.request("redirect"))


def bench_not_found(benchmark, side):
    """No rule for the path: 404."""
    benchmark(side.request("not_found"))


def bench_wrong_method(benchmark, side):
    """No rule for the method: 405."""
    benchmark(side.request("wrong_method"))


def bench_cookies(benchmark, side):
    """Two cookies read, two set."""
    benchmark(side.request("cookies"))


def bench_hooks(benchmark, side):
    """Three functions before the view, three after it, three at teardown."""
    benchmark(side.request("hooks"))


def bench_blueprint(benchmark, side):
    """A view in a blueprint in a blueprint."""
    benchmark(side.request("blueprint"))


def bench_error_handler(benchmark, side):
    """An exception of the application's own, turned into a response."""
    benchmark(side.request("error_handler"))


def bench_static_file(benchmark, side):
    """A style sheet of 1.3 KB from the static folder."""
    benchmark(side.request("static_file"))


def bench_stream(benchmark, side):
    """A generator of ten lines."""
    benchmark(side.request("stream"))


def bench_async_view(benchmark, side):
    """A view that is a coroutine function."""
    benchmark(side.request("async_view"))


def bench_proxies(benchmark, side):
    """Ten attributes read through the proxies, and one set."""
    benchmark(side.request("proxies"))


def bench_rest(benchmark, side):
    """An API of 300 rules."""
    benchmark(side.request("rest"))
