#!/usr/bin/env python3
"""Fills the disk under `tandem train`, then makes room: the run says so, waits, and goes on without a loss.

usage: disk_full.py TANDEM

The disk is a small tmpfs, which takes root and a kernel that allows it; elsewhere the test says that it is skipped.
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from kill_resume import checkpoints, chunks, game_indices, train


class Log:
    """The lines of a process, as they come."""

    def __init__(self, stream):
        self.lines, self.changed = [], threading.Condition()
        threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()

    def wait_for(self, pattern, start=0, seconds=120):
        def found():
            return any(re.search(pattern, line) for line in self.lines[start:])
        with self.changed:
            assert self.changed.wait_for(found, seconds), f"no line with {pattern!r} in\n{''.join(self.lines[-30:])}"
            return len(self.lines)


def drive(tandem, disk):
    run, filler = os.path.join(disk, "run"), os.path.join(disk, "filler")
    process = train(tandem, run, subprocess.PIPE)
    log = Log(process.stdout)
    try:
        log.wait_for(r"checkpoint at step [1-9]")
        with open(filler, "wb", buffering=0) as f:
            try:
                while f.write(bytes(1 << 16)):
                    pass
            except OSError:
                pass
        log.wait_for(r"no checkpoint at step .*No space left on device; training goes on")
        full = log.wait_for(r"games wait, a chunk could not be stored .*No space left on device")
        before, step = chunks(run), checkpoints(run)[-1]["step"]
        assert process.poll() is None, "a full disk ended the run"
        os.remove(filler)
        log.wait_for(r"checkpoint at step \d+:", start=full)
        until = time.time() + 60
        while time.time() < until and set(chunks(run)) <= set(before):
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
    finally:
        process.kill()
    after = chunks(run)
    assert code == 0, f"exit {code}: {''.join(log.lines[-20:])}"
    assert all(after.get(name) == content for name, content in before.items()), "a chunk changed or vanished"
    assert len(after) > len(before), "no chunk was stored once there was room"
    assert checkpoints(run)[-1]["step"] > step, "no checkpoint was written once there was room"
    left = [name for _, folders, files in os.walk(run) for name in folders + files if ".tmp" in name]
    assert not left, f"half-written files stay: {left}"
    indices = game_indices(tandem, run, after)
    assert len(indices) == len(set(indices)), "a game index occurs twice"
    print(f"{len(before)} chunks before, {len(after)} after, {len(indices)} games, each once")


def main():
    tandem = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as disk:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], capture_output=True, text=True)
        if mounted.returncode != 0:
            print(f"skipped: no small disk can be mounted here ({mounted.stderr.strip()})")
            return
        try:
            drive(tandem, disk)
        finally:
            subprocess.run(["umount", "-l", disk], check=False)


if __name__ == "__main__":
    main()
