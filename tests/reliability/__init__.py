"""Whether a process that serves requests stays whole, whatever happens to one of them.

``service.py`` is the application, the other modules put it under strain. Each is a script that
takes its size as an option, and is run at a small size by the test of its name.
"""
