"""The same small applications for other frameworks, one module each, as their users write them.

A module has a function for each workload that its framework has the means for. It makes the WSGI
application. Where a framework has no signed session or no templates, the application calls the
libraries that Flask calls.
"""
