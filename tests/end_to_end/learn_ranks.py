#!/usr/bin/env python3
"""Samples a second of `tandem learn` alone and as two ranks over Gloo, each rank with one thread on a processor of its own.

usage: learn_ranks.py TANDEM WIRE_LOAD [SECONDS] [--batch N] [--channels C] [--blocks B]

The batch as a whole is the same for one rank and two. Beside them two learners with half of it each, which know nothing of each other: what they
lose against one is the smaller matrices and what the machine's processors share (caches, memory, a core with two threads); what two ranks lose
beyond that is the price of being one learner. Recorded games fill the window first; nobody plays. Turns alternate, so that what else
happens on the machine meets all; figures are medians of what metrics.jsonl says between its first and last line of a turn. Samples a second of
processor time (of all processes together) say what the sums cost also where other programs take processors away.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

from chaos import Role, free_port, wait_for
from cluster import Cluster, cpu_seconds

TURNS = 3
GAMES = 2000


def option(name, default):
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else default


def lines_of(path, skip):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f.read().split("\n")[:-1]][skip:]


def turn(tandem, folder, learners, seconds):
    """Samples a second of all learners together, by the clock and by their processor time. A learner: (run, ranks, samples of a step)."""
    roles, of_learner, metrics = [], [], [os.path.join(run, "metrics.jsonl") for run, _, _ in learners]
    before = [len(lines_of(path, 0)) for path in metrics]
    for run, ranks, batch in learners:
        port = free_port()
        of_learner.append([])
        for rank in range(ranks):
            world = {} if ranks == 1 else {"RANK": rank, "WORLD_SIZE": ranks, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": ranks,
                                           "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            command = ["taskset", "-c", str(len(roles)), tandem, "learn", "--run", run, "--set", "threads=1", "--set",
                       f"learner.batch_size={batch}"]
            environment = dict(os.environ, **{k: str(v) for k, v in world.items()})
            roles.append(Role(f"{os.path.basename(run)}-{rank}of{ranks}", command, folder, environment))
            of_learner[-1].append(roles[-1])
            roles[-1].start()
    seen = [[] for _ in learners]  # (line of metrics.jsonl, processor seconds of the learner's ranks when it came)

    def look(lines):
        for i, learner_roles in enumerate(of_learner):
            found = lines_of(metrics[i], before[i])
            if len(found) > len(seen[i]):
                seen[i].append((found[-1], sum(cpu_seconds(role.process.pid) for role in learner_roles)))
        return all(len(s) >= lines for s in seen) or any(role.process.poll() is not None for role in roles)

    wait_for("the first figures", lambda: look(1), 120)
    wait_for("figures", lambda: look(2 + seconds // 10), 60 + 2 * seconds)
    assert all(role.process.poll() is None for role in roles), roles[0].log()[-2000:]
    for role in roles:
        if role.process.poll() is None and "-0of" in role.log_path:
            assert role.end(signal.SIGTERM) == 0, role.log()[-2000:]
    for role in roles:
        assert role.process.wait(60) == 0, role.log()[-2000:]
    clock = used = samples = 0
    for (_, _, batch), figures in zip(learners, seen):
        (first, cpu_then), (last, cpu_now) = figures[0], figures[-1]
        done = batch * (last["step"] - first["step"])
        clock += done / (last["unix_seconds"] - first["unix_seconds"])
        samples += done
        used += cpu_now - cpu_then
    return clock, samples / used


def main():
    tandem, load = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdecimal() else 20
    batch, channels, blocks = option("--batch", 256), option("--channels", 64), option("--blocks", 6)
    settings = {"network.channels": channels, "network.blocks": blocks, "learner.batch_size": batch, "learner.checkpoint_steps": 1000000,
                "replay.min_rows": 100, "replay.samples_per_row": 1000, "replay.samples_slack": 10}
    with tempfile.TemporaryDirectory() as folder, Cluster(tandem, folder, "connect_four", settings) as cluster:
        subprocess.run([load, str(cluster.port), "1", str(GAMES // 50), "50"], env=dict(os.environ, TANDEM_TOKEN=cluster.token), check=True,
                       stdout=subprocess.DEVNULL)
        assert cluster.serve.end(signal.SIGTERM) == 0
        other = cluster.run + "2"
        shutil.copytree(cluster.run, other)
        half = batch // 2
        arms = {"one rank": [(cluster.run, 1, batch)], "two ranks": [(cluster.run, 2, batch)],
                "two learners of half the batch": [(cluster.run, 1, half), (other, 1, half)]}
        rates = {name: [] for name in arms}
        try:
            for _ in range(TURNS):
                for name, learners in arms.items():
                    rates[name].append(turn(tandem, folder, learners, seconds))
        finally:
            for process in Role.started:
                process.kill()
                process.wait()
        for i, by in enumerate(("second", "processor second")):
            median = {name: statistics.median(r[i] for r in turns) for name, turns in rates.items()}
            for name, turns in rates.items():
                print(f"connect_four, {channels} x {blocks}, batch {batch}, {name}: {median[name]:.0f} samples a {by}, "
                      f"{median[name] / median['one rank']:.2f} times one rank's ({', '.join(f'{r[i]:.0f}' for r in turns)})")


if __name__ == "__main__":
    main()
