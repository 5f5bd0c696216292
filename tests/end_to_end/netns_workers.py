#!/usr/bin/env python3
"""Workers on hosts of their own (network namespaces) against the same number of threads in one process.

usage: netns_workers.py TANDEM [SECONDS] [--delay MS] [--loss PERCENT] [--workers 1,2,4]        (needs root and ip)

Each worker gets a network namespace, joined to the coordinator's by a bridge. With --delay (of a round trip) or --loss (each way) the link is
a pair of TUN devices instead, between which this script carries the packets, late or not at all: what tc netem does, also where the kernel
lacks it. The coordinator runs with TLS on the bridge's address. All have the machine's processors in common, the coordinator included; what
is compared is the work done by the clock, in turns, so that what else happens on the machine meets both:

- one process: `tandem train` would do, but it also learns; so a worker with N threads on loopback, coordinator beside it;
- N processes of one thread each, on N hosts.

Prints the medians of the ratio, the coordinator's processor time for each 1,000 games, and bytes a game.
"""
import fcntl
import heapq
import os
import random
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

from chaos import wait_for
from cluster import Cluster, cpu_seconds, read_metrics

BRIDGE, NET, SLOW_NET = "tandembr", "10.97.43", "10.97.44"
TURNS = 3


def ip(*words):
    subprocess.run(["ip"] + list(words), check=True)


class SlowLink(threading.Thread):
    """Carries packets between two TUN devices: `delay` seconds late, a share `loss` of them not at all."""

    def __init__(self, names, delay, loss):
        super().__init__(daemon=True)
        self.delay, self.loss, self.closed = delay, loss, False
        self.ends = [self.open(name) for name in names]
        self.carried = self.lost = 0
        self.start()

    @staticmethod
    def open(name):
        TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001
        end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
        return end

    def run(self):
        waiting = []  # (when, number, to, packet)
        while not self.closed:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, to, packet = heapq.heappop(waiting)
                try:
                    os.write(to, packet)
                except OSError:  # the device is down
                    pass
            ready, _, _ = select.select(self.ends, [], [], max(0, waiting[0][0] - now) if waiting else 0.2)
            for end in ready:
                try:
                    packet = os.read(end, 65536)
                except OSError:
                    continue
                self.carried += 1
                if random.random() < self.loss:
                    self.lost += 1
                    continue
                heapq.heappush(waiting, (time.monotonic() + self.delay, self.carried, self.ends[1 - self.ends.index(end)], packet))

    def close(self):
        self.closed = True
        self.join()
        for end in self.ends:
            os.close(end)


class Hosts:
    """Namespaces tandem1..N, each with a link to where a bridge has the coordinator's address."""

    def __init__(self, count, delay, loss):
        self.count, self.links = count, []
        self.close()
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("addr", "add", f"{NET}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for i in range(1, count + 1):
            space, outer, inner = f"tandem{i}", f"tandemv{i}", f"tandemw{i}"
            ip("netns", "add", space)
            ip("-n", space, "link", "set", "lo", "up")
            if delay or loss:
                self.links.append(SlowLink((outer, inner), delay / 2000, loss / 100))
                ip("link", "set", inner, "netns", space)
                ip("addr", "add", f"{SLOW_NET}.1", "peer", f"{SLOW_NET}.{i + 1}", "dev", outer)
                ip("link", "set", outer, "up")
                ip("-n", space, "addr", "add", f"{SLOW_NET}.{i + 1}", "peer", f"{SLOW_NET}.1", "dev", inner)
                ip("-n", space, "link", "set", inner, "up")
                ip("-n", space, "route", "add", f"{NET}.1", "dev", inner)
                continue
            ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", space)
            ip("link", "set", outer, "master", BRIDGE, "up")
            ip("-n", space, "addr", "add", f"{NET}.{i + 1}/24", "dev", inner)
            ip("-n", space, "link", "set", inner, "up")

    def prefix(self, i):
        return ["ip", "netns", "exec", f"tandem{i}"]

    def close(self):
        for link in self.links:
            link.close()
        self.links = []
        for i in range(1, 17):
            subprocess.run(["ip", "netns", "del", f"tandem{i}"], capture_output=True)
            subprocess.run(["ip", "link", "del", f"tandemv{i}"], capture_output=True)
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)


def fetch(worker, space):
    """The worker's numbers; those of a host of its own are asked for on that host."""
    if space is None:
        return read_metrics(worker.address)
    code = f"import sys; sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r}); import cluster; print(cluster.read_metrics({worker.address!r}))"
    return eval(subprocess.run(space + [sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def simulations(workers, spaces):
    return sum(fetch(w, s)["tandem_work_simulations_total"] for w, s in zip(workers, spaces))


def turn(cluster, count, hosts, seconds):
    """(simulations a second, simulations a processor second) of `count` single-thread workers on hosts, or of one process without hosts."""
    if hosts is None:
        workers, spaces = [cluster.worker(f"one{count}", threads=count)], [None]
    else:
        spaces = [hosts.prefix(i) for i in range(1, count + 1)]
        workers = [cluster.worker(f"host{i}", prefix=spaces[i - 1]) for i in range(1, count + 1)]
    for worker in workers:
        worker.start()
    wait_for("play", lambda: all(safe(lambda w=w, s=s: fetch(w, s)["tandem_work_simulations_total"] > 0) for w, s in zip(workers, spaces)))
    time.sleep(1)  # the first moments are not yet steady
    begin, clock, cpu = simulations(workers, spaces), time.monotonic(), sum(cpu_seconds(w.process.pid) for w in workers)
    time.sleep(seconds)
    done = simulations(workers, spaces) - begin
    passed, used = time.monotonic() - clock, sum(cpu_seconds(w.process.pid) for w in workers) - cpu
    for worker in workers:
        worker.process.send_signal(signal.SIGTERM)
    for worker in workers:
        assert worker.process.wait(60) == 0, worker.log()[-2000:]
        cluster.roles.remove(worker)
    return done / passed, done / used


def safe(test):
    try:
        return test()
    except (OSError, KeyError, subprocess.CalledProcessError):
        return False


def option(name, default):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else default


def main():
    tandem = os.path.abspath(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 and not sys.argv[2].startswith("--") else 5
    delay, loss = float(option("--delay", 0)), float(option("--loss", 0))
    counts = [int(n) for n in option("--workers", "1,2,4").split(",")]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the hosts are taken away again
    hosts = Hosts(max(counts), delay, loss)
    try:
        with tempfile.TemporaryDirectory() as folder, \
                Cluster(tandem, folder, "connect_four", {"network.channels": "32", "network.blocks": "3", "selfplay.full_simulations": "64"},
                        plaintext=False, host=f"{NET}.1") as cluster:
            for count in counts:
                ratios = {"clock": [], "processor": []}
                games, cpu = cluster.metric("tandem_serve_games_total"), cpu_seconds(cluster.serve.process.pid)
                received = cluster.metric("tandem_serve_received_bytes_total")
                for _ in range(TURNS):
                    one, many = turn(cluster, count, None, seconds), turn(cluster, count, hosts, seconds)
                    ratios["clock"].append(many[0] / one[0])
                    ratios["processor"].append(many[1] / one[1])
                games = cluster.metric("tandem_serve_games_total") - games
                cpu = cpu_seconds(cluster.serve.process.pid) - cpu
                received = cluster.metric("tandem_serve_received_bytes_total") - received
                print(f"{count} workers on hosts of their own (round trip {delay:g} ms, {loss:g} % lost): "
                      f"{100 * statistics.median(ratios['clock']):.1f} % of one process's simulations by the clock, "
                      f"{100 * statistics.median(ratios['processor']):.1f} % by processor time; coordinator {1000 * cpu / max(games, 1):.2f} "
                      f"CPU seconds for 1,000 games, {received / max(games, 1):.0f} bytes a game, {games:.0f} games", flush=True)
        if hosts.links:
            print(f"{sum(link.carried for link in hosts.links)} packets, {sum(link.lost for link in hosts.links)} of them lost on purpose")
    finally:
        hosts.close()


if __name__ == "__main__":
    main()
