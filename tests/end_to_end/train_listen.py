#!/usr/bin/env python3
"""`tandem train --listen` and a worker beside it: games of both arrive, the worker's death costs nothing, and the run goes on alone.

usage: train_listen.py TANDEM
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

from chaos import SETTINGS, Role, games_of, wait_for


def uploads(run):
    """Games that workers have brought, by token."""
    try:
        with open(os.path.join(run, "serve", "uploads.jsonl")) as f:
            lines = [json.loads(line) for line in f.read().split("\n")[:-1]]
    except FileNotFoundError:
        return {}
    games = {}
    for line in lines:
        games[line["name"]] = games.get(line["name"], 0) + line["games"]
    return games


def main():
    tandem = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        run = os.path.join(folder, "run")
        settings = [w for k, v in SETTINGS.items() for w in ("--set", f"{k}={v}")]
        train = Role("train", [tandem, "train", "--game", "tic_tac_toe", "--run", run, "--resume", "--listen", "127.0.0.1:0",
                               "--heartbeat-seconds", "1"] + settings, folder)
        try:
            train.start()
            port = wait_for("the coordinator", lambda: re.search(r"listening on 127\.0\.0\.1:(\d+)", train.log())).group(1)
            fingerprint = wait_for("the fingerprint", lambda: re.search(r"fingerprint ([0-9a-f]{64})", train.log())).group(1)
            token = subprocess.run([tandem, "token", "create", "--run", run, "--name", "helper"], capture_output=True, text=True, check=True).stdout
            worker = Role("work", [tandem, "work", "--connect", f"127.0.0.1:{port}", "--fingerprint", fingerprint, "--threads", "1", "--spool",
                                   os.path.join(folder, "spool"), "--cache", os.path.join(folder, "cache"), "--retry-seconds", "0.1"], folder,
                          dict(os.environ, TANDEM_TOKEN=token.strip()))
            worker.start()
            wait_for("games of the worker", lambda: uploads(run).get("helper", 0) >= 100)
            worker.end(signal.SIGKILL)
            brought = uploads(run)["helper"]
            # Its spool is delivered by the next one, with numbers that are left.
            worker.start()
            wait_for("games of the second worker", lambda: uploads(run)["helper"] >= brought + 100)
            worker.end(signal.SIGKILL)
            wait_for("steps on these games", lambda: len(re.findall(r"checkpoint at step [1-9]", train.log())) >= 2)
            code = train.end(signal.SIGTERM)
            assert code == 0, f"exit {code}: {train.log()[-3000:]}"
            assert "is refused" not in train.log() and "came before" not in train.log(), train.log()[-3000:]
        finally:
            for process in Role.started:
                process.kill()
                process.wait()
        _, indices, networks = games_of(tandem, run)
        helped = uploads(run)["helper"]
        assert len(indices) == len(set(indices)), "a game is there twice"
        assert helped >= 200 and len(indices) > helped, f"{helped} games of the worker, {len(indices)} in all"
        counted = int(re.search(r"(\d+) games, \d+ rows, \d+ steps", train.log()).group(1))
        assert counted == len(indices), f"the loop counted {counted} games, {len(indices)} are stored"
        assert len(networks) > 1, "no game with a trained network"

        alone = subprocess.run([tandem, "train", "--run", run, "--resume", "--games", str(len(indices) + 100)], capture_output=True, text=True)
        assert alone.returncode == 0, alone.stderr[-3000:]
        _, later, _ = games_of(tandem, run)
        assert len(later) == len(set(later)) == len(indices) + 100, f"{len(later)} games, {len(set(later))} numbers"
        print(f"{len(indices)} games, each once: {helped} of the worker that was killed twice, {len(indices) - helped} of the trainer; "
              f"games of {len(networks)} networks; 100 more without a coordinator")


if __name__ == "__main__":
    main()
