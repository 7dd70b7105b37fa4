"""Registration without I/O: what an application is told before it serves.

Nothing in here reads a request, opens a connection or looks at the current context, so another
framework can put its own serving half on top.
"""
