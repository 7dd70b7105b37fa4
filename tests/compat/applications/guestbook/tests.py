"""The tests of the guest book, as one wrote them: with unittest, and contexts pushed by hand."""

import os
import tempfile
import unittest

import flask
from flask import _app_ctx_stack, _request_ctx_stack, g, session
from flask.globals import _app_ctx_err_msg, _request_ctx_err_msg
from flask.testing import make_test_environ_builder
from guestbook import app, store


class GuestBookTestCase(unittest.TestCase):
    def setUp(self):
        self.file, app.config["DATABASE"] = tempfile.mkstemp()
        app.config["TESTING"] = True
        self.app = app.test_client()
        with app.app_context():
            store.create()

    def tearDown(self):
        os.close(self.file)
        os.unlink(app.config["DATABASE"])

    def sign(self, text, guest):
        data = dict(text=text, guest=guest)
        return self.app.post("/sign", data=data, follow_redirects=True)

    def test_empty(self):
        self.assertIn(b"nobody&#39;s &lt;book&gt;", self.app.get("/").data)

    def test_messages(self):
        page = self.sign("<b>Nice</b>", "Ada").data
        self.assertIn(b"<i>Thank you, Ada</i>", page)
        self.assertIn(b"<p>&lt;b&gt;Nice&lt;/b&gt;, <b>Ada</b></p>", page)
        self.assertTrue(self.app.get_cookie("guestbook").http_only)

    def test_json(self):
        self.sign("Café", "Bob")
        found = self.app.get("/entries.json")
        self.assertEqual(found.mimetype_params, {"charset": "utf-8"})
        text = '{"entries":[{"guest":"Bob","text":"Café"}],"guest":"Bob","requests":1}\n'
        self.assertEqual(found.data.decode("utf-8"), text)
        self.app.post("/entries.json", json=[{"text": "Hi", "guest": "Eve"}])
        self.assertEqual(self.app.get("/admin/guests").json, {"guests": ["Bob", "Eve"]})
        echo = self.app.post("/admin/echo", json={"text": "Hi", "guest": "Eve"})
        self.assertEqual(echo.data, b'{"guest":"Eve","text":"Hi"}\n')

    def test_first_request(self):
        app.try_trigger_before_first_request_functions()
        self.app.get("/")
        self.assertTrue(app.got_first_request)
        self.assertEqual(len(app.before_first_request_funcs), 2)
        started = self.app.get("/started").json
        self.assertEqual(started["started"], ["administration", "application"])
        self.assertIs(started["got_first_request"], True)

    def test_contexts(self):
        context = app.test_request_context("/?a=b")
        context.push()
        self.assertIs(_request_ctx_stack.top, context)
        app.preprocess_request()
        self.assertEqual(g.guest, "nobody")
        self.assertIs(context.g, g._get_current_object())
        self.assertEqual(session.get("guest"), None)
        context.auto_pop(None)
        self.assertIs(_request_ctx_stack.top, None)

        context = app.app_context()
        _app_ctx_stack.push(context)
        self.assertIs(flask.current_app._get_current_object(), app)
        self.assertEqual(g.guest, "nobody yet")
        self.assertIs(_app_ctx_stack.pop(), context)

        for proxy, message in (g, _app_ctx_err_msg), (flask.request, _request_ctx_err_msg):
            with self.assertRaises(RuntimeError) as caught:
                proxy.name
            self.assertEqual(str(caught.exception), message)

    def test_environ_of_a_builder(self):
        builder = make_test_environ_builder(app, "/reports/behind", method="GET")
        with app.request_context(builder.get_environ()) as context:
            self.assertEqual(flask.request.path, "/reports/behind")
            self.assertEqual(app.dispatch_request().json["running"], "report")
            self.assertIs(_request_ctx_stack.top, context)

    def test_connection_is_closed(self):
        before = store.closed
        self.app.get("/")
        self.assertEqual(store.closed, before + 1)

        with self.assertRaises(RuntimeError):
            store.entries()

    def test_files(self):
        for path, name, age in ("/logo", "flower.txt", 5), ("/files/logo.txt", "gift.txt", 30):
            answer = self.app.get(path)
            self.assertEqual(answer.data, b"a flower\n")
            self.assertEqual(answer.cache_control.max_age, age)
            self.assertNotIn("ETag", answer.headers)
            if path == "/logo":
                self.assertIn(name, answer.headers["Content-Disposition"])
        self.assertEqual(self.app.get("/files/size/../tests.py").status_code, 404)

    def test_session_without_a_key(self):
        key, app.secret_key = app.secret_key, None
        try:
            self.assertEqual(self.app.get("/admin/about").json["sessions"], ["open", "null"])
            with self.assertLogs(app.logger):
                answer = self.app.post("/sign", data=dict(text="", guest=""))
            self.assertEqual(answer.status_code, 500)
        finally:
            app.secret_key = key
        self.assertEqual(self.app.get("/admin/about").json["sessions"], ["null", "open"])
        self.assertEqual(self.app.get("/admin/about").json["sessions"], ["save", "open"])

    def test_settings_that_were_attributes(self):
        self.assertEqual(app.config["SESSION_COOKIE_NAME"], app.session_cookie_name)
        self.assertEqual(app.send_file_max_age_default.total_seconds(), 60)
        self.assertIs(app.use_x_sendfile, False)
        self.assertIs(app.templates_auto_reload, False)
        self.assertIs(app.propagate_exceptions, False)
        self.assertIs(app.preserve_context_on_exception, False)
        self.assertEqual(app.request_globals_class.__name__, "Namespace")
        self.assertEqual(app.json_encoder.__name__, "Encoder")
        self.assertEqual(app.package_path, os.path.dirname(app.root_path))

    def test_late(self):
        import later

        self.assertEqual(later.get_env(), "production")


if __name__ == "__main__":
    unittest.main()
