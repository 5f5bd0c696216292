#!/usr/bin/env python3
"""What workers cost a coordinator that are only there: many sessions that send heartbeats and nothing else.

usage: heartbeat_load.py TANDEM WIRE_LOAD [SESSIONS] [SECONDS] [--rate N] [--tls]

The coordinator is bound to processor 0, the workers' one thread to another. First all sessions together send RATE heartbeats a second (500:
10,000 workers, one every 20 s each), then as many as are answered. Prints heartbeats a second, the coordinator's processor seconds for 1,000,
how long an answer takes, and the coordinator's memory for a session. Fails when a session is lost.
"""
import json
import os
import subprocess
import sys
import tempfile

from chaos import footprint
from cluster import Cluster, cpu_seconds

SESSIONS_OF_A_TOKEN = 64


def beat(load, cluster, sessions, seconds, interval, tokens):
    """One crowd of sessions: its report, the coordinator's processor seconds, and its megabytes before and with them."""
    pid, before = cluster.serve.process.pid, footprint(cluster.serve)[0]
    command = ["taskset", "-c", "1", load, str(cluster.port), "heartbeats", str(sessions), str(seconds), str(interval)]
    sender = subprocess.Popen(command + ([] if cluster.plaintext else [cluster.fingerprint]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env=dict(os.environ, TANDEM_TOKEN=",".join(tokens), WIRE_LOAD_WAIT="1"), text=True)
    assert sender.stdout.readline() == "ready\n"
    cpu, full = cpu_seconds(pid), footprint(cluster.serve)[0]
    sender.stdin.write("\n")
    sender.stdin.flush()
    line = sender.stdout.readline()
    cpu = cpu_seconds(pid) - cpu
    assert sender.wait(60) == 0
    report = json.loads(line)
    assert report["lost"] == 0, report
    return report, cpu, before, full


def main():
    tandem, load = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    words = [int(word) for word in sys.argv[3:5] if word.isdecimal()]
    sessions, seconds = words + [1000, 10][len(words):]
    rate = float(sys.argv[sys.argv.index("--rate") + 1]) if "--rate" in sys.argv else 500
    with tempfile.TemporaryDirectory() as folder, \
            Cluster(tandem, folder, "connect_four", plaintext="--tls" not in sys.argv, prefix=["taskset", "-c", "0"], heartbeat=20,
                    more=["--max-workers", str(sessions)]) as cluster:
        tokens = [cluster.new_token(f"crowd{i}") for i in range((sessions + SESSIONS_OF_A_TOKEN - 1) // SESSIONS_OF_A_TOKEN)]
        for name, interval in ("even", sessions / rate), ("as fast as answered", 0):
            report, cpu, before, full = beat(load, cluster, sessions, seconds, interval, tokens)
            print(f"{sessions} sessions, {'plain text' if cluster.plaintext else 'TLS'}, {name}: "
                  f"{report['answered'] / report['seconds']:.0f} heartbeats/s; {1000 * cpu / report['answered']:.3f} CPU seconds for 1,000, "
                  f"{100 * cpu / report['seconds']:.0f} % of a processor; answered in {report['median_ms']:.1f} ms, 99 % within "
                  f"{report['worst_percent_ms']:.1f}; memory {before:.0f} MB before, {full:.0f} MB with them: "
                  f"{1000 * (full - before) / sessions:.0f} kB a session", flush=True)


if __name__ == "__main__":
    main()
