"""Figures for Prometheus at ``/metrics``, by endpoint: how many requests, how long, which status.

Several worker processes share their figures through files, in the folder that
``PROMETHEUS_MULTIPROC_DIR`` names.
"""

from __future__ import annotations

import os

from flask import Flask, abort, current_app, request
from prometheus_client import CollectorRegistry
from prometheus_flask_exporter import PrometheusMetrics
from prometheus_flask_exporter.multiprocess import MultiprocessInternalPrometheusMetrics


def init_app(app: Flask) -> None:
    """Measure each request, and answer ``/metrics``."""
    several = "PROMETHEUS_MULTIPROC_DIR" in os.environ
    kind = MultiprocessInternalPrometheusMetrics if several else PrometheusMetrics
    app.before_request(refuse_strangers)
    kind(
        app,
        group_by="endpoint",
        excluded_paths=["^/static/", "^/health$", "^/metrics$"],
        registry=CollectorRegistry(),
    )


def refuse_strangers() -> None:
    """For everybody but the addresses in ``METRICS_FROM`` there is no such page."""
    if request.endpoint == "prometheus_metrics":
        if request.remote_addr not in current_app.config["METRICS_FROM"]:
            abort(404)
