"""A run with a coordinator, for the scripts of this folder: processes, tokens, pages, and what has been stored.

    with Cluster(tandem, folder, "connect_four", {"selfplay.full_simulations": "64"}) as cluster:
        worker = cluster.worker("w1")
        worker.start()
        wait_for("games", lambda: cluster.metric("tandem_serve_games_total") > 10)
"""
import os
import re
import signal
import subprocess
import urllib.request

from chaos import Role, free_port, last_step, wait_for

SMALL = {
    "threads": "1", "network.blocks": "1", "network.channels": "8", "selfplay.games_in_flight": "32", "selfplay.games_per_chunk": "16",
    "selfplay.chunk_seconds": "0.5", "selfplay.full_simulations": "1000", "selfplay.cheap_simulations": "8", "learner.batch_size": "32",
    # The learner is not there most of the time; workers must not wait for it.
    "replay.min_rows": "1000000", "learner.checkpoint_steps": "20",
}


def read_metrics(address):
    """{name with labels: value} of http://ADDRESS/metrics."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as reply:
        lines = reply.read().decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line and line[0] != "#")}


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cluster:
    """`prefix` stands before the coordinator's command line (taskset, ip netns exec, nice), `more` after it. TLS when `plaintext` is off."""

    def __init__(self, tandem, folder, game, settings=None, plaintext=True, host="127.0.0.1", prefix=(), heartbeat=1.0, threads=1, more=()):
        self.tandem, self.folder, self.host, self.plaintext = os.path.abspath(tandem), folder, host, plaintext
        self.run = os.path.join(folder, "run")
        self.port, self.metrics_port = free_port(), free_port()
        words = [w for k, v in dict(SMALL, **(settings or {})).items() for w in ("--set", f"{k}={v}")]
        learn = Role("learn", [self.tandem, "learn", "--run", self.run, "--game", game] + words, folder)
        learn.start()
        wait_for("the first network", lambda: learn.process.poll() is not None or last_step(self.run) >= 0)
        assert learn.process.poll() is None, learn.log()[-3000:]
        assert learn.end(signal.SIGTERM) == 0, learn.log()[-3000:]
        self.learn = learn
        self.serve = Role("serve", list(prefix) + [
            self.tandem, "serve", "--run", self.run, "--listen", f"{host}:{self.port}", "--heartbeat-seconds", str(heartbeat), "--threads",
            str(threads), "--metrics", f"{host}:{self.metrics_port}"] + (["--plaintext"] if plaintext else []) + list(more), folder)
        self.roles = [self.learn, self.serve]
        self.serve.start()
        wait_for("the coordinator", lambda: "listening on" in self.serve.log())
        self.fingerprint = None if plaintext else re.search(r"fingerprint ([0-9a-f]{64})", self.serve.log()).group(1)
        self.token = self.new_token("first")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for role in self.roles:
            if role.process is not None and role.process.poll() is None:
                role.process.kill()
                role.process.wait()

    @property
    def trust(self):
        return ["--plaintext"] if self.plaintext else ["--fingerprint", self.fingerprint]

    def new_token(self, name):
        out = subprocess.run([self.tandem, "token", "create", "--run", self.run, "--name", name], capture_output=True, text=True, check=True)
        return out.stdout.strip()

    def worker(self, name, threads=1, prefix=(), more=(), connect=None, token=None, metrics_host="127.0.0.1"):
        """A worker's Role, not started; `address` shows its pages."""
        port = free_port()
        role = Role(name, list(prefix) + [
            self.tandem, "work", "--connect", connect or f"{self.host}:{self.port}", "--threads", str(threads), "--name", name, "--spool",
            os.path.join(self.folder, "spool-" + name), "--cache", os.path.join(self.folder, "cache"), "--retry-seconds", "0.1",
            "--longest-retry-seconds", "1", "--drain-seconds", "5", "--metrics", f"{metrics_host}:{port}", "--precision", "fp32"] + self.trust +
            list(more), self.folder, dict(os.environ, TANDEM_TOKEN=token or self.token))
        role.address = f"{metrics_host}:{port}"
        self.roles.append(role)
        return role

    def metrics(self):
        return read_metrics(f"{self.host}:{self.metrics_port}")

    def metric(self, name):
        return self.metrics().get(name, 0.0)
