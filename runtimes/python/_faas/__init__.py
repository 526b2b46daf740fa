"""Parts of the Python worker. A package with an underscore, so that no module of a function can have the same name."""
