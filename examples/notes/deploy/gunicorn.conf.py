"""gunicorn: ``fastflask exec gunicorn -c deploy/gunicorn.conf.py "notes:create_app()"``.

What is set here can be set otherwise on the command line.
"""

import os
import shutil
import tempfile

bind = "127.0.0.1:8000"
# A process for each core, and threads for requests that wait for the database.
workers = int(os.environ.get("WEB_CONCURRENCY", 2))
worker_class = "gthread"
threads = 4
# A reload or a stop lets each request end, for so many seconds.
graceful_timeout = 30
# The application writes a line for each request; what gunicorn has to say goes to stderr as well.
accesslog = None
errorlog = "-"

# The workers add up their figures for /metrics in files. They are this server's, and start at zero.
figures = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
if figures is None:
    figures = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="notes-figures-")


def child_exit(server, worker):
    """Leave nothing of a worker that has gone but what it has counted."""
    # Imported before the variable above is set, it would keep all figures in the process.
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    """Leave no files."""
    shutil.rmtree(figures, ignore_errors=True)
