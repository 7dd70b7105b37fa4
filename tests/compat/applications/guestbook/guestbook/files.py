"""Files that guests may take along."""

import os

from flask import Blueprint, current_app, safe_join, send_from_directory

files = Blueprint("files", __name__)


def folder():
    return os.path.join(current_app.root_path, "files")


@files.route("/<path:name>")
def take(name):
    return send_from_directory(
        folder(), filename=name, attachment_filename="gift.txt", cache_timeout=30, add_etags=False
    )


@files.route("/size/<path:name>")
def size(name):
    # Outside of the folder there is nothing to be found.
    with open(safe_join(folder(), name)) as file:
        return str(len(file.read()))
