#!/usr/bin/env python3
"""How many recorded games a coordinator takes in on one processor, each replayed and checked, each chunk on disk before it is acknowledged.

usage: intake_load.py TANDEM WIRE_LOAD [GAMES] [--game SPEC] [--games-per-chunk N] [--connections N]

The coordinator (TLS off, so that the figure is that of the intake) is bound to processor 0, the senders to another one. Prints games a
second, the coordinator's processor seconds for 1,000 games, and bytes a game; fails below 200 games a processor second of Connect Four.
"""
import json
import os
import subprocess
import sys
import tempfile

from cluster import Cluster, cpu_seconds

LEAST = 200


def main():
    tandem, load = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    games = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3].isdecimal() else 20000
    option = lambda name, default: sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default
    game, per_chunk = option("--game", "connect_four"), int(option("--games-per-chunk", 64))
    connections = int(option("--connections", 4))
    with tempfile.TemporaryDirectory() as folder, Cluster(tandem, folder, game, prefix=["taskset", "-c", "0"], threads=1) as cluster:
        sender = subprocess.Popen(["taskset", "-c", "1", load, str(cluster.port), str(connections), str(max(games // connections // per_chunk, 1)),
                                   str(per_chunk)], env=dict(os.environ, TANDEM_TOKEN=cluster.token, WIRE_LOAD_WAIT="1"),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert sender.stdout.readline() == "ready\n"
        cpu = cpu_seconds(cluster.serve.process.pid)
        out, _ = sender.communicate("\n")
        cpu = cpu_seconds(cluster.serve.process.pid) - cpu
        report = json.loads(out)
        chunks = os.path.join(cluster.run, "chunks")
        stored = sum(os.path.getsize(os.path.join(chunks, name)) for name in os.listdir(chunks))
        assert set(report["answers"]) == {"STORED"}, report
        assert cluster.metric("tandem_serve_games_total") == report["games"]
        print(f"{report['games']} games of {game} in {report['seconds']:.2f} s: {report['games_per_second']:.0f} games/s, "
              f"{report['games_per_second'] / per_chunk:.0f} chunks/s by the clock; "
              f"{report['games'] / cpu:.0f} games a processor second ({1000 * cpu / report['games']:.3f} CPU seconds for 1,000 games); "
              f"{report['bytes'] / report['games']:.0f} bytes a game sent, {stored / report['games']:.0f} stored, {per_chunk} games a chunk, "
              f"{connections} connections")
        assert game != "connect_four" or report["games"] / cpu >= LEAST, "too slow"


if __name__ == "__main__":
    main()
