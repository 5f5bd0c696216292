#!/bin/bash
# Runs a client of this folder as a test: the first argument is the script, the rest are its arguments. The Python of the checkout's .venv is
# taken where there is one, as it has what tools/requirements-test.txt names. Exit status 3 of the script means that it is skipped, and it
# has said why.
set -euo pipefail
root=$(dirname "$(readlink -f WORKSPACE)")
python=python3
[ -x "$root/.venv/bin/python" ] && python=$root/.venv/bin/python
status=0
"$python" "$@" || status=$?
[ "$status" != 3 ] || status=0
exit "$status"
