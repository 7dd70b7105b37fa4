"""A visit to the shop, through anything that sends requests; used by its tests and from outside."""

import re

TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


def visit(get, post):
    """Go through the shop.

    :param get: takes a path; returns status, headers and text, after redirects.
    :param post: the same, with the fields of a form.
    """
    status, headers, text = get("/items/new")
    assert status == 200 and "<title>nobody</title>" in text
    assert "Please log in to access this page." in text
    assert headers["X-Checked"].endswith(" True")

    # Without its token a form is refused.
    status, _, text = post("/login", {"name": "ada"})
    assert status == 400 and "The CSRF token is missing." in text

    def submit(path, **fields):
        token = TOKEN.search(get(path)[2])[1]
        return post(path, {"csrf_token": token, **fields})

    status, _, text = submit("/login", name="bob")
    assert status == 200 and "nobody of that name" in text
    status, _, text = submit("/login?next=/items/new", name="ada")
    assert status == 200 and "<title>ada</title>" in text
    status, _, text = submit("/items/new", name="tea", price="0")
    assert status == 200 and "Number must be at least 1." in text
    status, headers, text = submit("/items/new", name="tea", price="3")
    assert status == 200 and headers["Content-Type"] == "application/json"
    assert text.startswith('{"items":[{"name":"tea","price":3}')
    assert get("/items/1")[2] == "tea"
    assert get("/items/99")[0] == 404
    assert get("/logout")[2] == "bye"
    assert "<title>nobody</title>" in get("/items/new")[2]
