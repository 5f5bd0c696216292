#!/usr/bin/env python3
"""Self-play over a network that is being broken: every acknowledged game is in the window exactly once, and training goes on.

usage: chaos.py TANDEM SECONDS [SEED] [--plaintext]

A coordinator, a learner and two workers run as processes; the workers reach the coordinator through proxies of ours. At random moments a
process is killed (-9) and started again, or a proxy cuts its links, stalls them, or passes on half of what it got and cuts. Then all is
healed and drained, and the counts are compared:

- each chunk that a worker was told is stored lies in RUN/chunks, whole;
- no game number occurs twice in RUN/chunks, and no spool holds a chunk any more;
- a learner started at the end has exactly these games in its window;
- the learner's checkpoints went on, and games with its networks came back.
"""
import hashlib
import json
import os
import random
import re
import select
import signal
import socket
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
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    plaintext = "--plaintext" in sys.argv
    tandem, seconds = os.path.abspath(arguments[0]), float(arguments[1])
    rng = random.Random(int(arguments[2]) if len(arguments) > 2 else 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        run = os.path.join(folder, "run")
        port = free_port()
        settings = [w for k, v in SETTINGS.items() for w in ("--set", f"{k}={v}")]
        learn = Role("learn", [tandem, "learn", "--run", run, "--game", "tic_tac_toe"] + settings, folder)
        serve = Role("serve", [tandem, "serve", "--run", run, "--listen", f"127.0.0.1:{port}", "--heartbeat-seconds", "1"] +
                     (["--plaintext"] if plaintext else []), folder)
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
                 folder, dict(os.environ, TANDEM_TOKEN=token.strip()))
            for i, proxy in enumerate(proxies, 1)]
        for worker in workers:
            worker.start()
        wait_for("the first chunk", lambda: os.listdir(os.path.join(run, "chunks")))

        counts = {}
        until = time.time() + seconds
        while time.time() < until:
            time.sleep(rng.uniform(0.2, 1.5))
            proxy = rng.choice(proxies)
            deed = rng.choice(["kill serve", "kill learn", "kill worker", "kill worker", "cut", "cut", "stall", "half"])
            counts[deed] = counts.get(deed, 0) + 1
            if deed.startswith("kill"):
                role = {"kill serve": serve, "kill learn": learn}.get(deed) or rng.choice(workers)
                assert role.process.poll() is None, f"{role.name} ended by itself:\n{role.log()[-3000:]}"
                role.end(signal.SIGKILL)
                time.sleep(rng.uniform(0, 1))
                role.start()
            elif deed == "cut":
                proxy.cut()
            else:
                proxy.mode = deed
                time.sleep(rng.uniform(0.1, 4 if deed == "stall" else 0.5))
                proxy.mode = "pass"
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
        starts = {r.name: r.starts for r in [serve, learn] + workers}
        print(f"{seconds:.0f} s: {counts}; starts {starts}")
        print(f"{len(acknowledged)} chunks acknowledged, {len(stored)} stored, {len(indices)} games, each once; {in_window} in the window; "
              f"step {step_in_chaos}, games of {len(networks)} networks; nothing acknowledged was lost or doubled")


if __name__ == "__main__":
    main()
