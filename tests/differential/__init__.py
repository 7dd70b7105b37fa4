"""Small applications that are built twice, on Flask and on fastflask, and asked the same things.

* ``harness``: sends one request to an application and writes down all that can be noticed;
* ``environs``: makes requests, plain and broken ones, from a seed;
* ``apps_*``: the applications, each a function of the framework to build it with;
* ``deviations``: where the two may differ, and why.
"""
