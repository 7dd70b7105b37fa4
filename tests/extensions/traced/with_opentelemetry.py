"""Print what OpenTelemetry records of the requests, less what differs between any two runs."""

import json
import os
import sys

from opentelemetry import trace
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

if sys.argv[2] == "new":
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http"


def note_answer(span, status, headers):
    # There is no span if a function before the tool's own has failed.
    if span is not None:
        span.set_attribute("answered", f"{status} {dict(headers).get('X-Flask')}")


exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
spans, meters = TracerProvider(), MeterProvider([reader])
spans.add_span_processor(SimpleSpanProcessor(exporter))
options = {
    "tracer_provider": spans,
    "meter_provider": meters,
    "request_hook": lambda span, environ: span.set_attribute("hook", environ["PATH_INFO"]),
    "response_hook": note_answer,
    "excluded_urls": "log",
}

if sys.argv[1] == "class":
    # Puts a class of its own in the place of flask.Flask, so before the application is imported.
    FlaskInstrumentor().instrument(**options)
    from app import create_app, walk, which

    app = create_app()
else:
    from app import create_app, walk, which

    app = create_app()
    FlaskInstrumentor.instrument_app(app, **options)


@app.before_request
def inner():
    with trace.get_tracer("app", tracer_provider=spans).start_as_current_span("inner"):
        pass


def show(span, names):
    return {
        "name": span.name,
        "kind": span.kind.name,
        "status": [span.status.status_code.name, span.status.description],
        "attributes": dict(sorted((span.attributes or {}).items())),
        "events": [
            [
                event.name,
                {k: v for k, v in event.attributes.items() if k != "exception.stacktrace"},
            ]
            for event in span.events
        ],
        "parent": span.parent
        and names.get(span.parent.span_id, f"{span.parent.trace_id:x} {span.parent.span_id:x}"),
        "scope": span.instrumentation_scope.name,
    }


answers = walk(app)
finished = exporter.get_finished_spans()
names = {span.context.span_id: span.name for span in finished}
metrics = sorted(
    [metric.name, sorted(repr(dict(p.attributes)) for p in metric.data.data_points)]
    for resource in reader.get_metrics_data().resource_metrics
    for scope in resource.scope_metrics
    for metric in scope.metrics
)
print(json.dumps([which(), answers, [show(span, names) for span in finished], metrics]))
