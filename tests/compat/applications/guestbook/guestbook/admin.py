"""The administration: a blueprint with JSON of its own."""

from flask import Blueprint, _request_ctx_stack, current_app, jsonify, request
from flask.helpers import get_env, is_ip

from .coding import Plain, Short

admin = Blueprint("admin", __name__)
admin.json_encoder = Short
admin.json_decoder = Plain


@admin.before_app_first_request
def note_start():
    from . import started

    started.append("administration")


@admin.before_request
def remember_client():
    _request_ctx_stack.top.client = request.remote_addr


@admin.route("/guests")
def guests():
    return jsonify(guests=current_app.extensions["store"].entries())


@admin.route("/echo", methods=["POST"])
def echo():
    return jsonify(request.get_json())


@admin.route("/about")
def about():
    context = _request_ctx_stack.top
    return jsonify(
        client=context.client,
        address=is_ip(context.client),
        env=get_env(),
        guest=context.g.guest,
        endpoint=context.request.endpoint,
        sessions=current_app.log[-2:],
        triggered=current_app.triggered > 0,
    )
