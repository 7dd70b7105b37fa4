"""Entries, and how they are written and read as JSON."""

from flask.json import JSONDecoder, JSONEncoder


class Entry(object):
    def __init__(self, text, guest):
        self.text = text
        self.guest = guest


class Encoder(JSONEncoder):
    def default(self, o):
        if isinstance(o, Entry):
            return {"text": o.text, "guest": o.guest}
        return JSONEncoder.default(self, o)


class Decoder(JSONDecoder):
    def __init__(self, *args, **kwargs):
        kwargs["object_hook"] = self.make
        JSONDecoder.__init__(self, *args, **kwargs)

    def make(self, fields):
        if set(fields) == {"text", "guest"}:
            return Entry(fields["text"], fields["guest"])
        return fields


class Short(JSONEncoder):
    """For the administration, which wants to see less."""

    def default(self, o):
        return o.guest if isinstance(o, Entry) else JSONEncoder.default(self, o)


class Plain(JSONDecoder):
    """The administration reads what is there."""
