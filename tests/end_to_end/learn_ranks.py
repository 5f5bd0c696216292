#!/usr/bin/env python3
"""Samples a second of `tandem learn` alone and as two ranks over Gloo, each rank with one thread on a processor of its own.

usage: learn_ranks.py TANDEM WIRE_LOAD [SECONDS] [--batch N] [--channels C] [--blocks B]

The batch as a whole is the same for one rank and two. Recorded games fill the window first; nobody plays. Turns alternate, so that what else
happens on the machine meets both; figures are medians of what metrics.jsonl says between its first and last line of a turn. Samples a second of
processor time (of all ranks together) say what the ranks' sums cost also where other programs take processors away.
"""
import json
import os
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


def turn(tandem, run, folder, ranks, seconds, batch):
    """Samples a second of `ranks` processes, by the clock and by their processor time."""
    metrics = os.path.join(run, "metrics.jsonl")
    before, port = len(lines_of(metrics, 0)), free_port()
    roles = []
    for rank in range(ranks):
        world = {} if ranks == 1 else {"RANK": rank, "WORLD_SIZE": ranks, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": ranks,
                                       "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        command = ["taskset", "-c", str(rank), tandem, "learn", "--run", run, "--set", "threads=1"]
        roles.append(Role(f"rank{rank}of{ranks}", command, folder, dict(os.environ, **{k: str(v) for k, v in world.items()})))
        roles[-1].start()
    cpu = lambda: sum(cpu_seconds(role.process.pid) for role in roles)
    more = lambda lines: lambda: len(lines_of(metrics, before)) >= lines or roles[0].process.poll() is not None
    wait_for("the first figures", more(1), 90)
    used = cpu()
    wait_for("figures", more(2 + seconds // 10), 60 + 2 * seconds)
    assert roles[0].process.poll() is None, roles[0].log()[-2000:]
    used = cpu() - used
    lines = lines_of(metrics, before)
    assert roles[0].end(signal.SIGTERM) == 0, roles[0].log()[-2000:]
    for role in roles[1:]:
        assert role.process.wait(60) == 0, role.log()[-2000:]
    first, last = lines[0], lines[-1]
    samples = batch * (last["step"] - first["step"])
    return samples / (last["unix_seconds"] - first["unix_seconds"]), samples / used


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
        rates = {1: [], 2: []}
        try:
            for _ in range(TURNS):
                for ranks in rates:
                    rates[ranks].append(turn(tandem, cluster.run, folder, ranks, seconds, batch))
        finally:
            for process in Role.started:
                process.kill()
                process.wait()
        for i, by in enumerate(("second", "processor second")):
            one, two = (statistics.median(r[i] for r in rates[ranks]) for ranks in rates)
            print(f"connect_four, {channels} x {blocks}, batch {batch}: {one:.0f} samples a {by} on one rank, {two:.0f} on two: {two / one:.2f} times "
                  f"({', '.join(f'{r[i]:.0f}' for r in rates[1])}; {', '.join(f'{r[i]:.0f}' for r in rates[2])})")


if __name__ == "__main__":
    main()
