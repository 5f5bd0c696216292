#!/usr/bin/env python3
"""Kills `tandem train` at random moments and resumes it: nothing acknowledged may be lost.

usage: kill_resume.py TANDEM KILLS [SEED]

A game is acknowledged when its chunk stands under its final name; a checkpoint when its line stands in checkpoints.jsonl. After each
kill: every chunk seen before is still there byte for byte and readable, no game index occurs twice, every named network exists, and the
resumed process begins at the newest named step with at least the games of the chunks.
"""
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time


def train(tandem, run, log):
    return subprocess.Popen(
        [tandem, "train", "--game", "tic_tac_toe", "--run", run, "--resume", "--set", "selfplay.games_in_flight=16",
         "--set", "selfplay.games_per_chunk=8", "--set", "selfplay.chunk_seconds=0.2", "--set", "replay.min_rows=50",
         "--set", "learner.checkpoint_steps=2", "--set", "learner.batch_size=32", "--set", "learner.keep_checkpoints=3",
         "--set", "network.blocks=1", "--set", "network.channels=8", "--set", "selfplay.full_simulations=16",
         "--set", "selfplay.cheap_simulations=4"],
        stdout=log, stderr=subprocess.STDOUT, text=True)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def chunks(run):
    folder = os.path.join(run, "chunks")
    names = [n for n in os.listdir(folder) if n.endswith(".chunk")] if os.path.isdir(folder) else []
    return {n: digest(os.path.join(folder, n)) for n in names}


def checkpoints(run):
    try:
        with open(os.path.join(run, "checkpoints.jsonl")) as f:
            text = f.read()
    except FileNotFoundError:
        return []
    whole = text[:text.rfind("\n") + 1]
    return [json.loads(line) for line in whole.splitlines()]


def game_indices(tandem, run, names):
    if not names:
        return []
    paths = [os.path.join(run, "chunks", n) for n in sorted(names)]
    out = subprocess.run([tandem, "inspect", "--json", "--games"] + paths, capture_output=True, text=True, check=True).stdout
    return [int(x) for x in re.findall(r'"index":\s*(\d+)', out)]


def check(tandem, run, before, log_text):
    now = chunks(run)
    for name, content in before.items():
        assert now.get(name) == content, f"chunk {name} changed or vanished"
    for name, content in now.items():
        assert content.startswith(name.split(".")[0]), f"chunk {name} does not hold what its name says"
    indices = game_indices(tandem, run, now)
    assert len(indices) == len(set(indices)), "a game index occurs twice"
    for point in checkpoints(run):
        path = os.path.join(run, "networks", point["net_id"] + ".safetensors")
        assert os.path.exists(path), f"network {point['net_id']} of step {point['step']} is missing"
        assert digest(path).startswith(point["net_id"]), f"network {point['net_id']} is damaged"
    # A precision may be refused (", refused"), a chunk, game or network not.
    assert not re.search(r"is skipped|(is|was) refused", log_text), log_text[-2000:]
    return now, len(indices)


def wait_for_a_step_beyond(run, step, process, seconds=120):
    until = time.time() + seconds
    while time.time() < until and process.poll() is None:
        named = checkpoints(run)
        if named and named[-1]["step"] > step:
            return
        time.sleep(0.1)


def main():
    tandem, kills = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    with tempfile.TemporaryDirectory() as folder:
        run, log_path = os.path.join(folder, "run"), os.path.join(folder, "log")
        before, games, step = {}, 0, None
        for kill in range(kills + 1):
            with open(log_path, "w") as log:
                process = train(tandem, run, log)
                if kill < kills:
                    time.sleep(rng.uniform(0.05, 3.0))  # the moment of the kill is the test's input
                else:
                    wait_for_a_step_beyond(run, step or 0, process)
                process.send_signal(signal.SIGKILL if kill < kills else signal.SIGTERM)
                code = process.wait(60)
            with open(log_path) as f:
                text = f.read()
            assert code in (-signal.SIGKILL, 0), f"exit {code}: {text[-2000:]}"
            resumed = re.search(r"resumed at step (\d+) with (\d+) games", text)
            if resumed:
                assert int(resumed.group(1)) == step, f"resumed at step {resumed.group(1)}, the newest named was {step}"
                assert int(resumed.group(2)) == games, f"resumed with {resumed.group(2)} games, {games} were acknowledged"
            before, games = check(tandem, run, before, text)
            named = checkpoints(run)
            step = named[-1]["step"] if named else None
            print(f"kill {kill + 1}: exit {code}, {games} games in {len(before)} chunks, newest checkpoint {step}", flush=True)
        assert games > 0 and step and step > 0, "the run never got anywhere"
    print("nothing acknowledged was lost")


if __name__ == "__main__":
    main()
