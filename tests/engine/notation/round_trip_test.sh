#!/bin/bash
# Our game files read by python-chess and sgfmill, and theirs by us. Skipped, with a line that says so, where they are not installed
# (tools/requirements-test.txt names the versions).
set -euo pipefail

here=$(dirname "$0")
root=$(dirname "$(readlink -f WORKSPACE)")
python=python3
[ -x "$root/.venv/bin/python" ] && python=$root/.venv/bin/python
status=0
"$python" "$here/round_trip.py" "$here/game_tool" || status=$?
if [ "$status" = 3 ]; then
  echo "SKIPPED: $python lacks a package; pip install -r tools/requirements-test.txt"
  status=0
fi
exit "$status"
