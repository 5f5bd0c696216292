#!/bin/sh
# Runs a Python script of the tree as a test: the first argument is the script, the rest are its arguments.
exec python3 "$@"
