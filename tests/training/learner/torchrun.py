#!/usr/bin/env python3
"""Data-parallel `tandem learn` under torchrun: ranks are killed with SIGKILL and the run goes on from its checkpoint.

usage: torchrun.py TANDEM

A short `tandem train` makes games. Two ranks then learn from them; rank 1 is killed, later rank 0; torchrun starts both again each time.
Checked: the steps of checkpoints.jsonl only go up after a restart (rank 0 saves when it loses a follower; when it is killed itself, the
newest checkpoint counts), the ranks never drift apart, the last session ends by its limit with exit code 0, and a rank with another
command line is refused by all with one line. Skipped, with a line that says so, where there is no torchrun.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SMALL = ["replay.min_rows=50", "learner.checkpoint_steps=5", "learner.batch_size=32", "network.blocks=1", "network.channels=8"]
# One thread a rank, and more steps than the test has time for.
LEARN = ["threads=1", "replay.samples_per_row=1000", "loop.minutes=0"]


def settings(values):
    return [word for value in values for word in ("--set", value)]


def find_torchrun():
    beside = os.path.join(os.path.dirname(os.path.realpath("WORKSPACE")), ".venv", "bin", "torchrun")
    return beside if os.access(beside, os.X_OK) else shutil.which("torchrun")


def make_games(tandem, run):
    subprocess.run([tandem, "train", "--game", "tic_tac_toe", "--run", run, "--games", "300"] +
                   settings(SMALL + ["selfplay.games_in_flight=16", "selfplay.games_per_chunk=8", "selfplay.full_simulations=8",
                                     "selfplay.cheap_simulations=4"]), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def steps(run):
    with open(os.path.join(run, "checkpoints.jsonl")) as f:
        text = f.read()
    return [json.loads(line)["step"] for line in text[:text.rfind("\n") + 1].splitlines()]


def wait_for(condition, what, process, log, seconds=150):
    until = time.time() + seconds
    while time.time() < until:
        value = condition()
        if value:
            return value
        assert process.poll() is None, f"torchrun ended with {process.returncode} before {what}:\n{open(log).read()[-3000:]}"
        time.sleep(0.1)
    raise AssertionError(f"no {what} within {seconds} s:\n{open(log).read()[-3000:]}")


def ranks(run):
    """Process ids of this run's ranks, by rank."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{pid}/cmdline").read().split("\0")
            if "learn" not in words[1:2] or run not in words:
                continue
            environment = dict(v.split("=", 1) for v in open(f"/proc/{pid}/environ").read().split("\0") if "=" in v)
            found[int(environment["RANK"])] = int(pid)
        except (OSError, KeyError):
            continue
    return found


def check_kills(torchrun, tandem, run, log):
    with open(log, "w") as out:
        process = subprocess.Popen([torchrun, "--standalone", "--nproc-per-node=2", "--max-restarts=3", "--monitor-interval=0.2", "--no-python", "--",
                                    tandem, "learn", "--run", run] + settings(LEARN), stdout=out, stderr=subprocess.STDOUT)
    try:
        begun = steps(run)[-1]
        for victim in (1, 0):
            target = steps(run)[-1] + 15
            wait_for(lambda: steps(run)[-1] >= target, f"step {target}", process, log)
            before = steps(run)[-1]
            os.kill(wait_for(lambda: ranks(run).get(victim), f"rank {victim}", process, log), signal.SIGKILL)
            count = victim == 1 and 1 or 2
            resumed = lambda: re.findall(r"resumed at step (\d+)", open(log).read())[count:]
            step = int(wait_for(resumed, f"restart {count}", process, log)[0])
            assert step >= before, f"rank {victim} was killed after step {before}, the restart began at {step}"
            print(f"rank {victim} killed at step {before} or later, resumed at step {step}")
        target = steps(run)[-1] + 10
        wait_for(lambda: steps(run)[-1] >= target, f"step {target} after the restarts", process, log)
        os.kill(ranks(run)[0], signal.SIGTERM)  # the leader finishes, and its follower with it
        assert process.wait(60) == 0, open(log).read()[-3000:]
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)
    text = open(log).read()
    assert "differ" not in text, text[-3000:]
    assert text.count("followed to step") == 1, text[-3000:]
    print(f"steps {begun} to {steps(run)[-1]}, ranks equal at every checkpoint")


def check_refusal(tandem, run):
    """Two ranks by environment variables alone, as Slurm or Kubernetes start them."""
    before = steps(run)
    started = []
    for rank in (0, 1):
        environment = dict(os.environ, RANK=str(rank), WORLD_SIZE="2", LOCAL_WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port()
                           if rank == 0 else started[0][1]))
        port = environment["MASTER_PORT"]
        more = ["learner.learning_rate=0.5"] if rank == 1 else []
        started.append((subprocess.Popen([tandem, "learn", "--run", run] + settings(LEARN + more), env=environment, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE, text=True), port))
    for process, _ in started:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 2, (process.returncode, errors)
        line = [text for text in errors.splitlines() if "learner.learning_rate is 0.5 here" in text]
        assert len(line) == 1, errors
    print("refused:", line[0])
    assert steps(run) == before


def free_port():
    import socket
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def main():
    tandem = os.path.realpath(sys.argv[1])
    torchrun = find_torchrun()
    if torchrun is None:
        print("skipped: no torchrun in .venv or in the path")
        return
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        make_games(tandem, run)
        check_refusal(tandem, run)
        check_kills(torchrun, tandem, run, os.path.join(folder, "log"))


if __name__ == "__main__":
    main()
