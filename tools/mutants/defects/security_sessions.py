"""Sessions that anybody may read or write."""

from __future__ import annotations

from .notation import COOKIES, Defect, at

DEFECTS = [
    Defect(
        "S-02",
        "a cookie that cannot be verified is an error",
        f"{COOKIES} -k refused",
        (at("sessions.py", "except BadSignature:", "except KeyError:"),),
    ),
    Defect(
        "S-02",
        "a cookie is read without its signature",
        f"{COOKIES} -k forged",
        (
            at(
                "sessions.py",
                "content = signing.loads(cookie, max_age=int(lifetime.total_seconds()))",
                "content = signing.loads_unsafe(cookie)[1]\n"
                "                if not isinstance(content, dict):\n"
                "                    raise BadSignature('')",
            ),
        ),
    ),
    Defect(
        "S-02",
        "the age of a cookie does not count",
        f"{COOKIES} -k 'age or moment'",
        (at("sessions.py", "max_age=int(lifetime.total_seconds())", "max_age=None"),),
    ),
    Defect(
        "S-03",
        "cookies are signed with an old key",
        f"{COOKIES} -k current_key",
        (
            at(
                "sessions.py",
                '*(app.config["SECRET_KEY_FALLBACKS"] or ()), current]',
                'current, *(app.config["SECRET_KEY_FALLBACKS"] or ())]',
            ),
        ),
    ),
    Defect(
        "S-07",
        "a key that was taken away still verifies",
        f"{COOKIES} -k moment",
        (at("_signing.py", "len(old_fallbacks) == len(fallbacks)", "True"),),
    ),
    Defect(
        "S-07",
        "a key that was replaced still signs",
        f"{COOKIES} -k moment",
        (at("_signing.py", "old_key is secret_key", "True"),),
    ),
    Defect(
        "S-07",
        "the salt of another interface is used",
        f"{COOKIES} -k moment",
        (at("_signing.py", "old_salt is salt", "True"),),
    ),
    Defect(
        "V-01",
        "access to the session is not noted",
        f"{COOKIES} -k every_access",
        (
            at("_pure/request_context.py", "session.accessed = True", "pass"),
            at("_cython/request_context.pxi", "    session.accessed = True\n", "    pass\n"),
        ),
    ),
    Defect(
        "V-01",
        "an answer that depends on the session may be kept by caches",
        f"{COOKIES} -k every_access",
        (at("sessions.py", "if session.accessed:", "if session.modified:"),),
    ),
    Defect(
        "V-02",
        "each template counts as an access",
        f"{COOKIES} -k no_access",
        (
            at(
                "templating.py",
                'names["request"] = request_context.request',
                'names["request"] = request_context.request\n        request_context.session',
            ),
        ),
    ),
    Defect(
        "S-01",
        "without a key the session can be written to",
        f"{COOKIES} -k without_a_key",
        (
            at(
                "sessions.py",
                "    __setitem__ = __delitem__ = _fail\n",
                "    __delitem__ = _fail\n",
            ),
        ),
    ),
]
