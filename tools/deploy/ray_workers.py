#!/usr/bin/env python3
"""Runs `tandem work` on a Ray cluster: one actor a worker, started wherever there is room, started again elsewhere when a node is lost.

usage: ray_workers.py --connect HOST:PORT (--fingerprint HEX | --ca FILE | --plaintext) [--token-file FILE] [options]

  --workers N|auto    so many workers; auto = as many as the cluster has room for, now and as it grows or shrinks (default: auto)
  --cpus N            processors (and threads) of a worker (default: 1)
  --address ADDRESS   of the cluster, as for ray.init (default: auto)
  --tandem PATH       the program on the nodes (default: tandem)
  --scratch DIR       directory on the nodes for spools and networks (default: ~/.cache/tandem/ray)

The token is read here (--token-file, or the variable TANDEM_TOKEN) and handed to the workers as an environment variable, so it needs no file
on the nodes. SIGTERM or Ctrl-C ends all workers: each delivers what it has. SIGUSR1 and SIGUSR2 add and take away a worker.

Ray only places and watches; games, networks and failures of the coordinator are the worker's own business (docs/wire.md). What a lost node
had in its spool and had not delivered is lost with it, nothing that was acknowledged is. A worker that ends by itself is started again with
growing pauses; one that says that waiting cannot help (exit code 2) several times in a row ends the pool with its message.
"""
import argparse
import os
import signal
import subprocess
import sys
import threading
import time

import ray

BAD_INPUT = 2          # exit code of `tandem` when a restart cannot help
MOST_BAD_STARTS = 5    # in a row; a spool may still be in use for a moment after a worker was moved
LONGEST_PAUSE = 60.0   # seconds between starts of a worker that keeps ending
DRAIN_SECONDS = 30


def before_exec():
    """The worker gets SIGTERM when the actor's process dies, so nothing plays on unwatched; and no SIGTERM finds it without a handler.

    A program that has only just been started (loading its libraries takes a good part of a second) would die of the signal, exit code -15,
    instead of delivering what it has. A blocked signal is inherited and waits until `tandem work` asks for it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    import ctypes
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@ray.remote(max_restarts=0)
class WorkerActor:
    """Holds one worker process on one node. Restarts on other nodes are the pool's business."""

    def __init__(self, slot, command, token, scratch):
        self.slot = slot
        scratch = os.path.expanduser(scratch)
        os.makedirs(scratch, exist_ok=True)
        self.command = command + ["--spool", os.path.join(scratch, f"spool-{slot}"), "--cache", os.path.join(scratch, "networks")]
        self.environment = dict(os.environ, TANDEM_TOKEN=token)
        self.log_path = os.path.join(scratch, f"worker-{slot}.log")
        self.node = ray.get_runtime_context().get_node_id()
        self.process = None

    def start(self):
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, env=self.environment, preexec_fn=before_exec)
        return self.node

    def status(self):
        """(node, process id, exit code or None, last line of the log)."""
        code = self.process.poll()
        line = ""
        if code is not None:
            with open(self.log_path, errors="replace") as log:
                line = (log.read()[-2000:].strip().splitlines() or [""])[-1]
        return self.node, self.process.pid, code, line

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DRAIN_SECONDS + 10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class Slot:
    """One worker of the pool through all its incarnations."""

    def __init__(self, number):
        self.number = number
        self.actor, self.starting = None, None
        self.node = None
        self.starts, self.bad_starts, self.pause, self.not_before = 0, 0, 1.0, 0.0

    def lost(self, now):
        self.actor, self.starting, self.node = None, None, None
        self.not_before = now + self.pause
        self.pause = min(2 * self.pause, LONGEST_PAUSE)


class WorkerPool:
    """`command` is the whole `tandem work ...` without spool and cache. Call `look` every second or so; not thread-safe but for `scale`."""

    def __init__(self, command, token, cpus=1, scratch="~/.cache/tandem/ray", report=print):
        self.command, self.token, self.cpus, self.scratch, self.report = command, token, cpus, scratch, report
        self.slots, self.wanted, self.lost = {}, 0, 0
        self.ending = []  # (actor, its exit code to come): Ray ends an actor that nobody holds, in the middle of its farewell

    def scale(self, count):
        self.wanted = max(0, count)

    def room(self):
        """Workers that fit into the cluster as it is now."""
        return sum(int(node["Resources"].get("CPU", 0) // self.cpus) for node in ray.nodes() if node["Alive"])

    def running(self):
        return {slot.number: slot.node for slot in self.slots.values() if slot.node is not None}

    def look(self):
        now = time.monotonic()
        for number in sorted(self.slots):
            if number >= self.wanted:
                self._end(self.slots.pop(number))
        self.ending = [(actor, code) for actor, code in self.ending if not ray.wait([code], timeout=0)[0]]
        for number in range(self.wanted):
            slot = self.slots.setdefault(number, Slot(number))
            try:
                self._look_at(slot, now)
            except (ray.exceptions.RayActorError, ray.exceptions.GetTimeoutError) as error:
                self.lost += 1
                self.report(f"worker {slot.number} is lost with node {str(slot.node)[:8]} ({type(error).__name__}); starting it elsewhere")
                self._forget(slot)
                slot.pause = 1.0
                slot.lost(now)

    def stop(self):
        """Every worker finishes and delivers; returns the exit codes of those whose nodes are there."""
        for slot in self.slots.values():
            self._end(slot)
        self.slots = {}
        codes = []
        for _, code in self.ending:
            try:
                codes.append(ray.get(code))
            except ray.exceptions.RayActorError:
                self.lost += 1
        self.ending = []
        return codes

    def _look_at(self, slot, now):
        if slot.actor is None:
            if now < slot.not_before:
                return
            slot.actor = WorkerActor.options(num_cpus=self.cpus).remote(slot.number, self.command, self.token, self.scratch)
            slot.starting = slot.actor.start.remote()
            slot.starts += 1
        if slot.starting is not None:  # it may wait for room for as long as it takes
            ready, _ = ray.wait([slot.starting], timeout=0)
            if not ready:
                return
            slot.node = ray.get(slot.starting)
            slot.starting = None
            self.report(f"worker {slot.number} runs on node {slot.node[:8]}")
        _, _, code, line = ray.get(slot.actor.status.remote(), timeout=20)
        if code is None:
            slot.bad_starts = 0
            return
        slot.bad_starts = slot.bad_starts + 1 if code == BAD_INPUT else 0
        if slot.bad_starts >= MOST_BAD_STARTS:
            raise RuntimeError(f"worker {slot.number} can not work: {line}")
        self.report(f"worker {slot.number} ended with {code}: {line}; again in {slot.pause:.0f} s")
        self._forget(slot)
        slot.lost(now)

    def _forget(self, slot):
        try:
            ray.kill(slot.actor)
        except Exception:  # it is gone already
            pass

    def _end(self, slot):
        if slot.actor is None or slot.starting is not None:
            if slot.actor is not None:
                self._forget(slot)
            return
        self.report(f"worker {slot.number} is told to stop")
        self.ending.append((slot.actor, slot.actor.stop.remote()))


def read_token(path):
    token = open(path).read() if path else os.environ.get("TANDEM_TOKEN", "")
    if not token.strip():
        sys.exit("ray_workers: no token: expected --token-file FILE or the variable TANDEM_TOKEN")
    return token.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--connect", required=True)
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--fingerprint")
    trust.add_argument("--ca")
    trust.add_argument("--plaintext", action="store_true")
    parser.add_argument("--token-file")
    parser.add_argument("--workers", default="auto")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--address", default="auto")
    parser.add_argument("--tandem", default="tandem")
    parser.add_argument("--scratch", default="~/.cache/tandem/ray")
    options = parser.parse_args()
    if options.workers != "auto" and not options.workers.isdecimal():
        parser.error(f"--workers {options.workers}: expected a number or auto")
    command = [options.tandem, "work", "--connect", options.connect, "--threads", str(options.cpus), "--drain-seconds", str(DRAIN_SECONDS)]
    if options.plaintext:
        command += ["--plaintext"]
    else:
        command += ["--fingerprint", options.fingerprint] if options.fingerprint else ["--ca", options.ca]
    ray.init(address=options.address)
    pool = WorkerPool(command, read_token(options.token_file), options.cpus, options.scratch, lambda line: print(line, flush=True))
    stop = threading.Event()
    change = [0]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for number, step in ((signal.SIGUSR1, 1), (signal.SIGUSR2, -1)):
        signal.signal(number, lambda *_, step=step: change.__setitem__(0, change[0] + step))
    try:
        while not stop.is_set():
            wanted = pool.room() if options.workers == "auto" else int(options.workers)
            pool.scale(wanted + change[0])
            pool.look()
            stop.wait(1)
    except RuntimeError as error:
        pool.stop()
        sys.exit(f"ray_workers: {error}")
    codes = pool.stop()
    print(f"{len(codes)} workers ended, exit codes {sorted(set(codes))}")


if __name__ == "__main__":
    main()
