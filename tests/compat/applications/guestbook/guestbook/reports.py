"""Reports for people and scripts; they look behind the proxies, as the documentation showed."""

import io

from flask import Blueprint, current_app, jsonify
from flask.globals import (
    LocalStack,
    _app_ctx_stack,
    _find_app,
    _lookup_app_object,
    _lookup_req_object,
    _request_ctx_stack,
)
from flask.helpers import _endpoint_from_view_func
from flask.json import htmlsafe_dump, htmlsafe_dumps

reports = Blueprint("reports", __name__)
running = LocalStack()


@reports.route("/script")
def script():
    text = htmlsafe_dumps({"tag": "</script>"})
    file = io.StringIO()
    htmlsafe_dump({"tag": "</script>"}, file)
    assert file.getvalue() == text
    return "<script>var data = %s;</script>" % text


@reports.route("/behind")
def behind():
    running.push("report")
    try:
        return jsonify(
            running=running.top,
            same_app=_find_app() is _app_ctx_stack.top.app is current_app._get_current_object(),
            path=_lookup_req_object("request").path,
            guest=_lookup_app_object("g").guest,
            rule=str(_request_ctx_stack.top.request.url_rule),
            endpoint=_endpoint_from_view_func(behind),
        )
    finally:
        running.pop()
