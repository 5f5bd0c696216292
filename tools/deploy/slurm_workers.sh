#!/bin/bash
# Workers as a Slurm array: each task of the array is one worker on the cores that Slurm gives it.
#
#   export TANDEM_COORDINATOR=host:4800 TANDEM_FINGERPRINT=3f9a... TANDEM_TOKEN_FILE=$HOME/tandem.token
#   sbatch --array=0-63 --cpus-per-task=8 --time=04:00:00 tools/deploy/slurm_workers.sh
#
# Slurm warns a minute before the time is up or the job is preempted; the worker then finishes and delivers its games. What it could not
# deliver stays in its spool, for the next job with the same array numbers.
#SBATCH --job-name=tandem-workers
#SBATCH --signal=TERM@60
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=tandem-%a.log
set -euo pipefail

die() {
  echo "slurm_workers: $*" >&2
  exit 2
}
: "${TANDEM_COORDINATOR:?slurm_workers: expected HOST:PORT of the coordinator}"
: "${TANDEM_FINGERPRINT:?slurm_workers: expected the fingerprint that \`tandem serve\` prints}"
: "${TANDEM_TOKEN_FILE:?slurm_workers: expected a file with the token of \`tandem token create\`}"
[ -r "$TANDEM_TOKEN_FILE" ] || die "$TANDEM_TOKEN_FILE can not be read"
tandem=${TANDEM:-tandem}
command -v "$tandem" >/dev/null || die "$tandem is no program; TANDEM names it"

task=${SLURM_ARRAY_TASK_ID:-0}
# Kept across jobs, so on the shared disk; a spool is written once for a chunk, about once a minute.
spool=${TANDEM_SPOOL:-$HOME/.cache/tandem/slurm}/$task
# Networks are read by all workers of a node.
cache=${TMPDIR:-/tmp}/tandem-networks-$(id -u)

# exec: Slurm's signal reaches the worker itself.
exec "$tandem" work --connect "$TANDEM_COORDINATOR" --fingerprint "$TANDEM_FINGERPRINT" --token-file "$TANDEM_TOKEN_FILE" \
  --name "slurm-${SLURM_ARRAY_JOB_ID:-0}-$task" --threads "${SLURM_CPUS_PER_TASK:-0}" --spool "$spool" --cache "$cache" --drain-seconds 45
