"""Print what sentry-sdk records of the requests, less what differs between any two runs."""

import json
import sys

import sentry_sdk
from app import create_app, walk, which
from sentry_sdk.integrations.flask import FlaskIntegration
from sentry_sdk.transport import Transport

#: Times, random identifiers, and what belongs to the machine or the interpreter.
VOLATILE = {
    *("event_id", "timestamp", "start_timestamp", "server_name", "modules", "sdk", "runtime"),
    *("span_id", "trace_id", "parent_span_id", "thread.id", "thread_id", "sent_at", "release"),
    *("environment", "platform", "asctime"),
}
#: These were sent to the application, so they must be there again.
KNOWN = {"1" * 32, "2" * 16, "3" * 32, "4" * 16}


class Recorder(Transport):
    def __init__(self):
        super().__init__()
        self.recorded = []

    def capture_envelope(self, envelope):
        for item in envelope.items:
            if item.type in ("event", "transaction"):
                self.recorded.append([item.type, steady(item.payload.json)])


def steady(value, name=None):
    if isinstance(value, dict):
        if "frames" in value:
            # The framework's own functions are called as they please.
            return [
                [frame["function"], frame.get("context_line"), steady(frame.get("vars"))]
                for frame in value["frames"]
                if frame.get("module") == "app"
            ]
        return {
            key: steady(item, key)
            for key, item in sorted(value.items())
            if key not in VOLATILE or str(item) in KNOWN
        }
    if isinstance(value, list):
        return [steady(item) for item in value]
    if isinstance(value, str):
        # Addresses in representations, and names of modules in them.
        words = value.replace("fastflask", "flask").split(" at 0x")
        return words[0]
    return value


recorder = Recorder()
sentry_sdk.init(
    dsn="http://key@localhost/1",
    transport=recorder,
    integrations=[FlaskIntegration(transaction_style=sys.argv[1])],
    traces_sample_rate=1.0,
    send_default_pii=True,
    auto_session_tracking=False,
)
answers = walk(create_app())
sentry_sdk.flush()
integrations = sorted(sentry_sdk.get_client().integrations)
print(json.dumps([which(), answers, recorder.recorded, integrations], default=repr))
