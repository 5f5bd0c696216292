#!/usr/bin/env python3
"""How long `stop` takes to be answered on a machine under load. A measurement, not a test.

usage: stop_latency.py TANDEM BUSY NUM_STOPS [GAME [ARGUMENTS...]]
BUSY processes that do nothing but compute run beside the engine. The client asks for a higher priority (root's privilege, else said), so
that what is measured is the engine and not the client's own wait for a processor. Searches are stopped after 0 to 300 ms.
"""
import os
import random
import subprocess
import sys
import time


def main():
    num_busy, num_stops = int(sys.argv[2]), int(sys.argv[3])
    game = sys.argv[4] if len(sys.argv) > 4 else "connect_four"
    engine = subprocess.Popen([sys.argv[1], "uci", "--game", game, *sys.argv[5:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, bufsize=1)
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(num_busy)]
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -15)
        priority = "raised"
    except PermissionError:
        priority = "usual"

    def send(line):
        engine.stdin.write(line + "\n")
        engine.stdin.flush()

    def until(word):
        while not (line := engine.stdout.readline()).startswith(word):
            assert line, "the engine has ended"

    rng = random.Random(1)
    latencies = []
    try:
        send("isready")
        until("readyok")
        for _ in range(num_stops):
            send("go infinite")
            until("info depth")
            time.sleep(rng.random() * 0.3)
            began = time.monotonic()
            send("stop")
            until("bestmove")
            latencies.append(1000 * (time.monotonic() - began))
        send("quit")
        engine.wait(60)
        load = os.getloadavg()[0]
    finally:
        for process in busy:
            process.kill()
    latencies.sort()
    share = lambda part: latencies[min(int(part * len(latencies)), len(latencies) - 1)]
    late = sum(latency > 50 for latency in latencies)
    print(f"{game}, {num_busy} busy processes on {os.cpu_count()} processors (load {load:.1f}), client's priority {priority}: stop answered in "
          f"{share(0.5):.1f} ms (median), {share(0.9):.1f} (90 %), {share(0.99):.1f} (99 %), {share(1):.1f} (most) over {num_stops} stops; "
          f"{late} took more than 50 ms")


if __name__ == "__main__":
    main()
