"""How fast fastflask is, beside Flask and the other ways to answer a request. See README.md."""
