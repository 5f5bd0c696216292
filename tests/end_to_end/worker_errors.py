#!/usr/bin/env python3
"""What ends a worker or a coordinator, as a person meets it: one clear line, exit code 2; and what does not end it: it retries and says when.

usage: worker_errors.py TANDEM
"""
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from chaos import free_port, wait_for
from cluster import Cluster


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class FalseCoordinator:
    """Answers whatever it is sent with one message: WireMessage bytes, as docs/wire.md frames them. Plain text."""

    def __init__(self, payload):
        self.frame = struct.pack("<II", len(payload), crc32c(payload)) + payload
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
                peer.recv(4096)
                peer.sendall(self.frame)
            except OSError:
                return


def field(number, value):
    """A field of a protobuf message: bytes, or a number below 128."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


class Case:
    def __init__(self, cluster, folder):
        self.cluster, self.folder, self.count = cluster, folder, 0

    def command(self, options=(), connect=None, trust=None, spool=None, cache=None):
        self.count += 1
        c = self.cluster
        return [c.tandem, "work", "--connect", connect or f"127.0.0.1:{c.port}", "--threads", "1", "--retry-seconds", "0.1",
                "--longest-retry-seconds", "0.2", "--drain-seconds", "2", "--spool", spool or os.path.join(self.folder, f"s{self.count}"),
                "--cache", cache or os.path.join(self.folder, "cache")] + (c.trust if trust is None else trust) + list(options)

    def ends(self, what, words, token=None, **how):
        run = subprocess.run(self.command(**how), capture_output=True, text=True, timeout=60,
                             env=dict(os.environ, TANDEM_TOKEN=self.cluster.token if token is None else token))
        check(what, words, run)


def check(what, words, run):
    lines = [line for line in run.stderr.splitlines() if line.startswith("tandem ")]
    assert run.returncode == 2, f"{what}: exit code {run.returncode}\n{run.stderr[-2000:]}"
    assert len(lines) == 1 and run.stderr.splitlines()[-1] == lines[0], f"{what}: expected one line\n{run.stderr[-2000:]}"
    assert all(word in lines[0] for word in words), f"{what}: expected {words} in\n{lines[0]}"
    print(f"{what}: {lines[0]}", flush=True)


def tokens(cluster, name, days=None, revoked=False):
    command = [cluster.tandem, "token", "create", "--run", cluster.run, "--name", name]
    token = subprocess.run(command + (["--days", str(days)] if days else []), capture_output=True, text=True, check=True).stdout.strip()
    if revoked:
        subprocess.run([cluster.tandem, "token", "revoke", "--run", cluster.run, name], check=True)
    return token


def make_spool(path, run_id):
    os.makedirs(os.path.join(path, "chunks"))
    with open(os.path.join(path, "spool.json"), "w") as f:
        f.write('{"run_id": "%s", "game": "tic_tac_toe"}' % run_id)
    with open(os.path.join(path, "chunks", "0" * 32 + ".chunk"), "w") as f:
        f.write("a chunk of that run")
    return path


def fatal_cases(case, cluster, folder):
    other = ("0" if cluster.fingerprint[0] != "0" else "1") + cluster.fingerprint[1:]
    case.ends("another certificate", ["certificate", "is not accepted", "--fingerprint"], trust=["--fingerprint", other])
    case.ends("a fingerprint that is none", ["fingerprint 'abc'", "64"], trust=["--fingerprint", "abc"])
    serve = subprocess.run([cluster.tandem, "serve", "--run", os.path.join(folder, "second"), "--game", "tic_tac_toe", "--listen",
                            f"127.0.0.1:{cluster.port}"], capture_output=True, text=True, timeout=60)
    check("a coordinator on a port that is taken", ["--listen", "the port is taken"], serve)
    stranger = os.path.join(folder, "second", "serve", "server.crt")
    case.ends("another authority", ["certificate", "is not accepted"], trust=["--ca", stranger])
    case.ends("no way to trust", ["exactly one of"], trust=[])
    case.ends("an unknown token", ["token is unknown"], token="tandem_00000000_unknown")
    case.ends("no token", ["no token"], token="")
    expired = tokens(cluster, "short", days=1e-6)
    time.sleep(0.2)  # 0.09 s of life
    case.ends("an expired token", ["token", "expired"], token=expired)
    case.ends("a revoked token", ["token", "revoked"], token=tokens(cluster, "gone", revoked=True))
    case.ends("another game", ["trains tic_tac_toe", "othello"], options=["--game", "othello"])
    case.ends("a game that there is not", ["'chequers'"], options=["--game", "chequers"])
    case.ends("a host that there is not", ["no-such-host.invalid", "can not be resolved"], connect="no-such-host.invalid:4800")
    case.ends("an address without a port", ["HOST:PORT"], connect="127.0.0.1")
    file = os.path.join(folder, "file")
    with open(file, "w"):
        pass
    case.ends("a spool that can not be written", ["spool", file], spool=os.path.join(file, "spool"))
    case.ends("a cache that can not be written", ["cache", file], cache=os.path.join(file, "cache"))
    case.ends("a spool of another run", ["another-run", "--spool"], spool=make_spool(os.path.join(folder, "theirs"), "another-run"))
    case.ends("pages on a port that is taken", ["taken"], options=["--metrics", f"127.0.0.1:{cluster.metrics_port}"])
    refusal = FalseCoordinator(field(3, field(1, 1) + field(2, b"this coordinator speaks versions 7 to 9, the worker 1 to 2: update the worker")))
    case.ends("a coordinator of another time", ["versions 7 to 9"], trust=["--plaintext"], connect=refusal.address)
    welcome = FalseCoordinator(field(2, field(1, 99) + field(2, b"run") + field(3, b"tic_tac_toe")))
    case.ends("a version nobody offered", ["protocol version 99"], trust=["--plaintext"], connect=welcome.address)
    stranger = FalseCoordinator(field(2, field(1, 2) + field(2, b"run") + field(3, b"ludo")))
    case.ends("a game this program lacks", ["ludo"], trust=["--plaintext"], connect=stranger.address)
    train = subprocess.run([cluster.tandem, "train", "--run", os.path.join(folder, "third"), "--game", "tic_tac_toe", "--listen",
                            f"127.0.0.1:{cluster.port}"], capture_output=True, text=True, timeout=60)
    check("a trainer on a port that is taken", ["--listen", "the port is taken"], train)
    train = subprocess.run([cluster.tandem, "train", "--run", os.path.join(folder, "fourth"), "--game", "tic_tac_toe", "--plaintext"],
                           capture_output=True, text=True, timeout=60)
    check("--plaintext without --listen", ["--plaintext", "--listen"], train)
    outside = subprocess.run([cluster.tandem, "serve", "--run", os.path.join(folder, "second"), "--listen", "0.0.0.0:0", "--plaintext"],
                             capture_output=True, text=True, timeout=60)
    check("plain text for everybody", ["--plaintext", "loopback"], outside)


def lasting_cases(case, cluster, folder):
    """What a worker survives. Its processes end with the script, whatever it finds."""
    started = []

    def start(command, **more):
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ, TANDEM_TOKEN=cluster.token), **more))
        return started[-1]

    try:
        drive_lasting_cases(case, folder, start)
    finally:
        for process in started:
            process.kill()


def drive_lasting_cases(case, folder, start):
    spool = os.path.join(folder, "in-use")
    worker = start(case.command(spool=spool))
    wait_for("the spool's lock", lambda: os.path.exists(os.path.join(spool, "spool.json")))
    case.ends("a spool in use", ["in use by another worker"], spool=spool)
    worker.send_signal(signal.SIGTERM)
    err = worker.communicate(timeout=60)[1]
    assert worker.returncode == 0, err[-2000:]

    away = start(case.command(connect=f"127.0.0.1:{free_port()}"))
    lines = [away.stderr.readline() for _ in range(3)]
    assert all(re.search(r"no coordinator at .*; 0 chunks wait in the spool; trying again in [0-9]", line) for line in lines), lines
    away.send_signal(signal.SIGTERM)
    away.communicate(timeout=60)
    assert away.returncode == 0, away.returncode
    print("no coordinator: it retries and says when; a signal ends it with exit code 0")

    # A signal that comes before the program has a handler, as tools/deploy/ray_workers.py may send one.
    early = start(case.command(), preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]))
    early.send_signal(signal.SIGTERM)
    err = early.communicate(timeout=60)[1]
    assert early.returncode == 0, f"{early.returncode}: {err[-2000:]}"
    print("a signal at its very start: exit code 0")


def main():
    tandem = os.path.abspath(sys.argv[1])
    assert crc32c(b"123456789") == 0xE3069283
    with tempfile.TemporaryDirectory() as folder, Cluster(tandem, folder, "tic_tac_toe", plaintext=False) as cluster:
        case = Case(cluster, folder)
        fatal_cases(case, cluster, folder)
        lasting_cases(case, cluster, folder)
        assert cluster.serve.end(signal.SIGTERM) == 0, cluster.serve.log()[-2000:]


if __name__ == "__main__":
    main()
