"""Prints the requirements of a dependency group: requirements.py PYPROJECT GROUP."""

import sys
import tomllib

with open(sys.argv[1], "rb") as file:
    groups = tomllib.load(file)["dependency-groups"]
print(*(requirement.replace(" ", "") for requirement in groups[sys.argv[2]]))
