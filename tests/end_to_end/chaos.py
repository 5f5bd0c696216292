#!/usr/bin/env python3
"""Self-play over a network that is being broken: every acknowledged game is in the window exactly once, and training goes on.

usage: chaos.py TANDEM SECONDS [SEED] [--plaintext] [--clock LIBRARY]

A coordinator, a learner and two workers run as processes; the workers reach the coordinator through proxies of ours. At random moments a
process is killed (-9) and started again, or a proxy cuts its links, stalls them, or passes on half of what it got and cuts, or the disk of
a spool is full for some seconds (a small tmpfs, which takes root), or the wall clock of a process jumps by up to two hours (--clock:
clock_jump.cc, built). In the last third of the time nobody is killed, so that what a process loses with time would show. Then all is healed
and drained, and the counts are compared:

- each chunk that a worker was told is stored lies in RUN/chunks, whole;
- no game number occurs twice in RUN/chunks, and no spool holds a chunk any more;
- a learner started at the end has exactly these games in its window;
- the learner's checkpoints went on, and games with its networks came back;
- a worker that was started while the coordinator was away played on (its log says so);
- no process has more files open than a few at the end, and none grew by more than its games and caches explain.
"""
import contextlib
import hashlib
import json
import os
import random
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

SETTINGS = {
    "threads": "1", "network.blocks": "1", "network.channels": "8", "selfplay.games_in_flight": "16", "selfplay.games_per_chunk": "8",
    "selfplay.chunk_seconds": "0.3", "selfplay.full_simulations": "16", "selfplay.cheap_simulations": "4", "replay.min_rows": "50",
    "learner.batch_size": "32", "learner.checkpoint_steps": "20", "learner.keep_checkpoints": "3",
}

MOST_FILES = 64
MOST_GROWTH = 64  # MB: games in the window, what is cached


class Proxy:
    """Passes bytes between workers and the coordinator until told to misbehave."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.mode, self.links, self.lock = "pass", [], threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
        except OSError:
            client.close()
            return
        pair = (client, server)
        with self.lock:
            self.links.append(pair)
        try:
            while True:
                ready, _, _ = select.select(pair, [], [], 0.1)
                if self.mode == "stall":
                    time.sleep(0.05)  # bytes stay where they are
                    continue
                for source in ready:
                    data = source.recv(65536)
                    other = server if source is client else client
                    if not data:
                        return
                    if self.mode == "half":
                        other.sendall(data[:len(data) // 2])
                        return
                    other.sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                if pair in self.links:
                    self.links.remove(pair)
            for end in pair:
                end.close()

    def cut(self):
        with self.lock:
            for pair in self.links:
                for end in pair:
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass


class SmallDisk:
    """A tmpfs that can be filled; `mounted` is false where that is not allowed."""

    def __init__(self, path, size="4m"):
        self.path, self.filler = path, os.path.join(path, "filler")
        os.makedirs(path, exist_ok=True)
        mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True, text=True)
        self.mounted = mount.returncode == 0
        if not self.mounted:
            print(f"no small disk can be mounted here ({mount.stderr.strip()}): no spool's disk will be full")

    def fill(self):
        with open(self.filler, "wb", buffering=0) as f:
            try:
                while f.write(bytes(1 << 16)):
                    pass
            except OSError:
                pass

    def free(self):
        if os.path.exists(self.filler):
            os.remove(self.filler)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=False)


class JumpingClock:
    """The wall clock of one role, through all its processes."""

    def __init__(self, library, path):
        self.path = path
        self.jump(0)
        self.environment = {"LD_PRELOAD": os.path.abspath(library), "CLOCK_JUMP_FILE": path}

    def jump(self, seconds):
        with open(self.path, "r+b" if os.path.exists(self.path) else "wb") as f:
            f.write(struct.pack("<q", seconds))


class Role:
    started = []  # every process of the test, so that none outlives it

    def __init__(self, name, command, folder, env=None):
        self.name, self.command, self.env = name, command, env
        self.log_path = os.path.join(folder, name + ".log")
        self.process, self.starts = None, 0

    def start(self):
        self.starts += 1
        self.log_before = len(self.log()) if self.starts > 1 else 0
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, env=self.env)
        Role.started.append(self.process)

    def end(self, how, seconds=90):
        self.process.send_signal(how)
        return self.process.wait(seconds)

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def log_of_this_start(self):
        return self.log()[self.log_before:]


def wait_for(what, test, seconds=90):
    until = time.time() + seconds
    while time.time() < until:
        value = test()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("waited in vain for " + what)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def footprint(role):
    """(megabytes, open files) of a role's process."""
    with open(f"/proc/{role.process.pid}/status") as f:
        resident = int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1))
    return resident / 1e3, len(os.listdir(f"/proc/{role.process.pid}/fd"))


def last_step(run):
    try:
        with open(os.path.join(run, "checkpoints.jsonl")) as f:
            lines = [line for line in f.read().split("\n")[:-1] if line]
        return json.loads(lines[-1])["step"] if lines else -1
    except FileNotFoundError:
        return -1


def spooled(folder):
    count = 0
    for i in (1, 2):
        chunks = os.path.join(folder, f"spool{i}", "chunks")
        count += len([n for n in os.listdir(chunks) if n.endswith(".chunk")]) if os.path.isdir(chunks) else 0
    return count


def games_of(tandem, run):
    chunks = os.path.join(run, "chunks")
    names = sorted(n for n in os.listdir(chunks) if n.endswith(".chunk"))
    for name in names:
        with open(os.path.join(chunks, name), "rb") as f:
            assert hashlib.sha256(f.read()).hexdigest()[:32] == name.split(".")[0], f"{name} is not what its name says"
    indices, networks = [], set()
    for i in range(0, len(names), 500):
        paths = [os.path.join(chunks, n) for n in names[i:i + 500]]
        out = subprocess.run([tandem, "inspect", "--json", "--games"] + paths, capture_output=True, text=True, check=True).stdout
        indices += [int(x) for x in re.findall(r'"index":\s*(\d+)', out)]
        networks |= set(re.findall(r'"net":\s*"([0-9a-f]{8})"', out))
    return {n.split(".")[0] for n in names}, indices, networks


def main():
    try:
        run_chaos()
    finally:
        for process in Role.started:
            process.kill()
            process.wait()


def run_chaos():
    library = sys.argv[sys.argv.index("--clock") + 1] if "--clock" in sys.argv else None
    arguments = [a for a in sys.argv[1:] if not a.startswith("--") and a != library]
    plaintext = "--plaintext" in sys.argv
    tandem, seconds = os.path.abspath(arguments[0]), float(arguments[1])
    rng = random.Random(int(arguments[2]) if len(arguments) > 2 else 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, contextlib.ExitStack() as stack:
        run = os.path.join(folder, "run")
        port = free_port()
        disk = SmallDisk(os.path.join(folder, "spool1"))
        stack.callback(disk.close)
        names = ("learn", "serve", "work1", "work2")
        clocks = {name: JumpingClock(library, os.path.join(folder, name + ".clock")) for name in names} if library else {}

        def environment(name, **more):
            return dict(os.environ, **more, **(clocks[name].environment if clocks else {}))

        settings = [w for k, v in SETTINGS.items() for w in ("--set", f"{k}={v}")]
        learn = Role("learn", [tandem, "learn", "--run", run, "--game", "tic_tac_toe"] + settings, folder, environment("learn"))
        serve = Role("serve", [tandem, "serve", "--run", run, "--listen", f"127.0.0.1:{port}", "--heartbeat-seconds", "1"] +
                     (["--plaintext"] if plaintext else []), folder, environment("serve"))
        learn.start()
        wait_for("the first checkpoint", lambda: last_step(run) >= 0)
        serve.start()
        wait_for("the coordinator", lambda: "listening on" in serve.log())
        token = subprocess.run([tandem, "token", "create", "--run", run, "--name", "chaos"], capture_output=True, text=True, check=True).stdout
        trust = ["--plaintext"] if plaintext else [
            "--fingerprint",
            wait_for("the fingerprint", lambda: re.search(r"fingerprint ([0-9a-f]{64})", serve.log())).group(1)]
        proxies = [Proxy(port), Proxy(port)]
        workers = [
            Role(f"work{i}", [tandem, "work", "--connect", f"127.0.0.1:{proxy.port}", "--threads", "1", "--spool",
                              os.path.join(folder, f"spool{i}"), "--cache", os.path.join(folder, "cache"), "--retry-seconds", "0.1",
                              "--longest-retry-seconds", "1", "--log-level", "debug"] + trust,
                 folder, environment(f"work{i}", TANDEM_TOKEN=token.strip()))
            for i, proxy in enumerate(proxies, 1)]
        for worker in workers:
            worker.start()
        wait_for("the first chunk", lambda: os.listdir(os.path.join(run, "chunks")))

        counts, before = {}, None
        roles = [serve, learn] + workers
        gentle = ["cut", "cut", "stall", "half"] + (["full disk"] if disk.mounted else []) + (["clock"] if clocks else [])
        begin = time.time()
        while time.time() < begin + seconds:
            time.sleep(rng.uniform(0.2, 1.5))
            proxy = rng.choice(proxies)
            nobody_is_killed = time.time() > begin + seconds * 2 / 3
            if nobody_is_killed and before is None:
                wait_for("everybody to be at work", lambda: "listening on" in serve.log_of_this_start() and
                         ("checkpoint at" in learn.log_of_this_start() or "resumed at" in learn.log_of_this_start()) and
                         all("connected to" in worker.log_of_this_start() for worker in workers))
                before = {role.name: footprint(role) for role in roles}
            deed = rng.choice(gentle if nobody_is_killed else gentle + ["kill serve", "kill learn", "kill worker", "kill worker"])
            counts[deed] = counts.get(deed, 0) + 1
            if deed.startswith("kill"):
                role = {"kill serve": serve, "kill learn": learn}.get(deed) or rng.choice(workers)
                assert role.process.poll() is None, f"{role.name} ended by itself:\n{role.log()[-3000:]}"
                role.end(signal.SIGKILL)
                time.sleep(rng.uniform(0, 1))
                role.start()
            elif deed == "cut":
                proxy.cut()
            elif deed == "full disk":
                disk.fill()
                time.sleep(rng.uniform(0.5, 3))
                disk.free()
            elif deed == "clock":
                rng.choice(list(clocks.values())).jump(rng.randint(-7200, 7200))
            else:
                proxy.mode = deed
                time.sleep(rng.uniform(0.1, 4 if deed == "stall" else 0.5))
                proxy.mode = "pass"
        after = {role.name: footprint(role) for role in roles}
        before = before or after
        step_in_chaos = last_step(run)

        # Heal and drain: what a worker leaves in its spool, the next one delivers.
        for worker in workers:
            # One that has only just been started would end before it knows what the signal asks for.
            wait_for(f"{worker.name}'s connection",
                     lambda: worker.process.poll() is not None or "connected to" in worker.log_of_this_start())
            assert worker.process.poll() is None, f"{worker.name} ended by itself:\n{worker.log()[-3000:]}"
            code = worker.end(signal.SIGTERM)
            assert code == 0, f"{worker.name} ended with {code}:\n{worker.log()[-3000:]}"
        for attempt in range(5):
            if spooled(folder) == 0:
                break
            for worker in workers:
                worker.start()
            wait_for("empty spools", lambda: spooled(folder) == 0 or all(w.process.poll() is not None for w in workers))
            for worker in workers:
                wait_for(f"{worker.name}'s connection", lambda: "connected to" in worker.log_of_this_start())
            for worker in workers:
                worker.end(signal.SIGTERM)
        wait_for("the learner", lambda: "resumed at" in learn.log_of_this_start() or learn.starts == 1)
        wait_for("the coordinator", lambda: "listening on" in serve.log_of_this_start())
        for role in (learn, serve):
            code = role.end(signal.SIGTERM)
            assert code == 0, f"{role.name} ended with {code}:\n{role.log()[-3000:]}"
        assert spooled(folder) == 0, "chunks stay in a spool"

        acknowledged = set()
        for worker in workers:
            acknowledged |= set(re.findall(r"chunk ([0-9a-f]{32}) is acknowledged", worker.log()))
        stored, indices, networks = games_of(tandem, run)
        refused = serve.log().count("is refused: game") + serve.log().count("came before")
        assert acknowledged <= stored, f"{len(acknowledged - stored)} acknowledged chunks are not there"
        assert len(indices) == len(set(indices)), "a game is there twice"
        assert refused == 0, f"{refused} honest chunks were refused: {[l for l in serve.log().splitlines() if 'refused' in l][-3:]}"
        # The learner once more: what it loads is the window.
        final = Role("final", [tandem, "learn", "--run", run], folder)
        final.start()
        loaded = wait_for("the last learner", lambda: re.search(r"resumed at step \d+ with (\d+) games", final.log()))
        assert final.end(signal.SIGTERM) == 0, final.log()[-3000:]
        in_window = int(loaded.group(1))
        assert in_window == len(indices), f"{in_window} games in the window, {len(indices)} in the chunks"
        assert step_in_chaos > 0 and len(networks) > 1, f"training did not go on: step {step_in_chaos}, {len(networks)} networks"
        for name, (megabytes, files) in after.items():
            assert files <= MOST_FILES, f"{name} has {files} files open, {before[name][1]} before"
            assert megabytes <= before[name][0] + MOST_GROWTH, f"{name} grew from {before[name][0]:.0f} to {megabytes:.0f} MB"
        starts = {r.name: r.starts for r in roles}
        alone = sum(worker.log().count("that were left in the spool") for worker in workers)
        saved = sum(int(n) for worker in workers for n in re.findall(r"(\d+) unfinished games are saved", worker.log()))
        print(f"{seconds:.0f} s: {counts}; starts {starts}; {alone} workers began without a coordinator; {saved} unfinished games were saved")
        print("memory (MB) and open files over the last third: " + "; ".join(
            f"{name} {before[name][0]:.0f} -> {after[name][0]:.0f}, {before[name][1]} -> {after[name][1]}" for name in after))
        print(f"{len(acknowledged)} chunks acknowledged, {len(stored)} stored, {len(indices)} games, each once; {in_window} in the window; "
              f"step {step_in_chaos}, games of {len(networks)} networks; nothing acknowledged was lost or doubled")


if __name__ == "__main__":
    main()
