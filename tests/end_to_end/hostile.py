#!/usr/bin/env python3
"""Hostile peers against a real coordinator on its own port: it lives, takes nothing false, and an honest worker does not feel them.

usage: hostile.py TANDEM WIRE_LOAD SESSIONS [--measure SECONDS]

Peers: port scanners (connect and go), slow-loris on the wire and on the pages, random bytes, frames that are too long, cut, flipped or
replayed, wrong tokens, requests out of order (all but the first two come from WIRE_LOAD, drawn at random), and lying workers with a good
token: illegal moves, false results, not-a-numbers, foreign seeds, numbers and networks, impossible visits, a game twice, and a right chunk
sent twice. Lies are refused with their reason, and the liar's token goes into quarantine; the honest worker's token does not.

--measure: the honest worker's simulations per second with the hostile peers and without, in turns of SECONDS, bound to one processor; the
coordinator and the peers share another one. The clock stands still while other programs have the worker's processor (the kernel counts
how long a thread that could run has waited for it), since they come and go. The medians must not differ by more than 5 %.
"""
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from chaos import games_of, wait_for
from cluster import Cluster, cpu_seconds, read_metrics

LIES = {  # what the refusal must speak of
    "illegal": "legal", "result": "result", "nan": "value", "seed": "seed", "number": "number", "visits": "simulations", "network": "network",
    "doubled": "twice",
}
TURNS = 6


class Peers(threading.Thread):
    """Peers of the first two kinds, until stopped: scanners and slow-loris."""

    def __init__(self, ports):
        super().__init__(daemon=True)
        self.ports, self.stopped, self.scans, self.loris_cut = ports, threading.Event(), 0, 0
        self.slow = []
        self.start()

    def run(self):
        while not self.stopped.wait(0.05):
            for port in self.ports:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    self.scans += 1
                    if len(self.slow) < 20:
                        self.slow.append(socket.create_connection(("127.0.0.1", port), timeout=5))
                except OSError:
                    pass
            for peer in list(self.slow):
                try:
                    peer.setblocking(False)
                    peer.send(b"G")  # the beginning of GET, or of a frame's length
                    if peer.recv(1) == b"":
                        raise OSError("cut")
                except BlockingIOError:
                    pass
                except OSError:
                    self.loris_cut += 1
                    peer.close()
                    self.slow.remove(peer)

    def stop(self):
        self.stopped.set()
        self.join()
        for peer in self.slow:
            peer.close()


def tell_lies(load, cluster):
    """Each lie with a token of its own: refused for its reason, nothing stored, and quarantine for who goes on."""
    told = {}
    for lie, word in LIES.items():
        token = cluster.new_token("liar-" + lie)
        before = cluster.metric("tandem_serve_quarantines_total")
        out = subprocess.run([load, str(cluster.port), "1", "10", "3", lie], env=dict(os.environ, TANDEM_TOKEN=token), capture_output=True,
                             text=True, check=True, stdin=subprocess.DEVNULL).stdout
        report = json.loads(out.splitlines()[-1])
        assert report["games"] == 0 and report["answers"].get("REFUSED") == 5, (lie, report)
        assert report["answers"].get("session QUARANTINE") == 1, (lie, report)
        assert all(word in reason for reason in report["reasons"]), (lie, report)
        assert cluster.metric("tandem_serve_quarantines_total") == before + 1
        told[lie] = next(iter(report["reasons"]))
    return told


def junk(load, cluster, sessions, nice=()):
    out = subprocess.run(list(nice) + [load, str(cluster.port), "sessions", str(sessions)], env=dict(os.environ, TANDEM_TOKEN=cluster.token),
                         capture_output=True, text=True, check=True).stdout
    return json.loads(out)


def waited_for_processor(pid):
    """Seconds in which the worker's player could have run and had no processor."""
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm") as name, open(f"/proc/{pid}/task/{task}/schedstat") as times:
            if name.read().startswith("player"):
                return int(times.read().split()[1]) / 1e9
    raise AssertionError("the worker has no player")


def simulations_per_second(worker, seconds):
    """By the clock without what other programs took, by the clock, and by the worker's own processor time."""
    pid = worker.process.pid
    begin, cpu, waited, clock = read_metrics(worker.address), cpu_seconds(pid), waited_for_processor(pid), time.monotonic()
    time.sleep(seconds)
    end = read_metrics(worker.address)
    done = end["tandem_work_simulations_total"] - begin["tandem_work_simulations_total"]
    passed, waited = time.monotonic() - clock, waited_for_processor(pid) - waited
    return done / (passed - waited), done / passed, done / (cpu_seconds(pid) - cpu)


def measure(load, cluster, worker, seconds):
    """Turns without and with peers, one after another, so that what else happens on the machine meets both."""
    rates = {False: [], True: []}
    sessions = 0
    for turn in range(2 * TURNS):
        attacked = turn % 2 == 1
        peers = Peers([cluster.port, cluster.metrics_port]) if attacked else None
        process = subprocess.Popen(["taskset", "-c", "1", load, str(cluster.port), "sessions", "100000000"],
                                   env=dict(os.environ, TANDEM_TOKEN=cluster.new_token(f"junk{turn}"))) if attacked else None
        before = cluster.metric("tandem_serve_connections_total")
        rates[attacked].append(simulations_per_second(worker, seconds))
        if attacked:
            sessions += cluster.metric("tandem_serve_connections_total") - before
            process.kill()
            process.wait()
            peers.stop()
    own, clock, cpu = ([statistics.median(r[i] for r in rates[attacked]) for attacked in (False, True)] for i in range(3))
    print(f"honest worker, medians of {TURNS} turns of {seconds:g} s: {own[0]:.0f} simulations/s alone, {own[1]:.0f} under "
          f"{sessions / TURNS / seconds:.0f} hostile connections/s: {100 * own[1] / own[0]:.1f} %; other programs' time counted "
          f"{100 * clock[1] / clock[0]:.1f} %; by its processor time {100 * cpu[1] / cpu[0]:.1f} %")
    return own[1] / own[0]


def main():
    tandem, load, sessions = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3])
    seconds = float(sys.argv[sys.argv.index("--measure") + 1]) if "--measure" in sys.argv else 0
    with tempfile.TemporaryDirectory() as folder, \
            Cluster(tandem, folder, "connect_four", prefix=["taskset", "-c", "1"] if seconds else []) as cluster:
        honest_token = cluster.new_token("honest")
        worker = cluster.worker("honest", token=honest_token, prefix=["taskset", "-c", "0"] if seconds else [])
        worker.start()
        wait_for("honest games", lambda: cluster.metric("tandem_serve_games_total") > 0)
        told = tell_lies(load, cluster)
        for lie, reason in told.items():
            print(f"lie '{lie}' is refused: {reason}")
        again = subprocess.run([load, str(cluster.port), "1", "2", "3"], env=dict(os.environ, TANDEM_TOKEN=cluster.new_token("right")),
                               capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
        assert json.loads(again.splitlines()[-1])["answers"] == {"STORED": 2}, again

        games_before = cluster.metric("tandem_serve_games_total")
        peers = Peers([cluster.port, cluster.metrics_port])
        report = junk(load, cluster, sessions)
        peers.stop()
        wait_for("games during the attack", lambda: cluster.metric("tandem_serve_games_total") > games_before)
        assert cluster.serve.process.poll() is None, cluster.serve.log()[-3000:]
        assert worker.process.poll() is None, worker.log()[-3000:]
        ratio = measure(load, cluster, worker, seconds) if seconds else 1
        numbers = cluster.metrics()
        assert worker.end(signal.SIGTERM) == 0, worker.log()[-3000:]
        assert cluster.serve.end(signal.SIGTERM) == 0, cluster.serve.log()[-3000:]
        _, indices, _ = games_of(tandem, cluster.run)
        assert len(indices) == len(set(indices)), "a game is there twice"
        print(f"{report['sessions']} malformed sessions in {report['seconds']:.0f} s, {peers.scans} scans, {peers.loris_cut} slow peers cut; "
              f"{numbers['tandem_serve_connections_total']:.0f} connections, {numbers['tandem_serve_turned_away_total']:.0f} turned away, "
              f"{numbers['tandem_serve_failed_greetings_total']:.0f} never became workers, "
              f"{numbers['tandem_serve_refused_sessions_total']:.0f} refused, {numbers['tandem_serve_broken_sessions_total']:.0f} broke off; "
              f"memory {numbers['process_resident_memory_bytes'] / 1e6:.0f} MB, {numbers['process_open_fds']:.0f} files; "
              f"the coordinator lives, {len(indices)} games, each once")
        assert ratio > 0.95, f"the honest worker fell to {100 * ratio:.1f} %"


if __name__ == "__main__":
    main()
