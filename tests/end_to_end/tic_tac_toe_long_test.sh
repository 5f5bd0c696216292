#!/bin/sh
# Trains tic-tac-toe for two minutes from zero: the network alone may lose no line, and the search must keep the value everywhere.
set -eu
tandem=$PWD/tools/tandem
run=$(mktemp -d)/run
"$tandem" train --game tic_tac_toe --run "$run" --minutes 2
python3 tests/end_to_end/steer.py "$tandem" uci --game tic_tac_toe --run "$run"
solved=${TANDEM_SHARED_DATA:-$(dirname "$(readlink -f WORKSPACE)")/../shared/data}/tic_tac_toe/solved_standard.jsonl
if [ -e "$solved" ]; then
  "$tandem" suite --game tic_tac_toe --agent "puct:run=$run,sims=64" "$solved" | tee "$run/suite"
  grep -q 'value kept in 4520 of 4520' "$run/suite"
else
  echo "SKIPPED: the solved positions are not here ($solved)"
fi
