#!/bin/bash
# TensorBoard itself reads the event files that our writer makes. Skipped, with a line that says so, where TensorBoard is not installed
# (tools/requirements-test.txt names the version).
set -euo pipefail

here=$(dirname "$0")
root=$(dirname "$(readlink -f WORKSPACE)")
directory=$(mktemp -d "${TEST_TMPDIR:-/tmp}/events.XXXXXX")
trap 'rm -rf "$directory"' EXIT
"$here/write_events" "$directory"

python=python3
[ -x "$root/.venv/bin/python" ] && python=$root/.venv/bin/python
status=0
"$python" "$here/read_events.py" "$directory" || status=$?
if [ "$status" = 3 ]; then
  echo "SKIPPED: $python has no tensorboard; pip install -r tools/requirements-test.txt"
  status=0
fi
exit "$status"
