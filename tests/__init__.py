"""The tests, as one package: a folder of theirs must not stand in for a module of the same name."""
