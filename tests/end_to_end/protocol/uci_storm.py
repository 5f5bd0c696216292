#!/usr/bin/env python3
"""Ten thousand UCI commands in random order: every go ends in exactly one bestmove, and nothing is said out of turn.

usage: uci_storm.py TANDEM [NUM_COMMANDS [GAME [ARGUMENTS...]]]
Prints how long the answers to `stop` took; that is a measurement and decides nothing.
"""
import random
import sys
import time

from process import Process

GO = ("infinite", "ponder wtime 1000 btime 1000", "nodes 30", "movetime 5", "wtime 50 btime 50", "ponder nodes 3", "depth 2",
      "searchmoves nonsense", "ponder movetime 1", "mate 1 nodes 20")
OTHER = ("isready", "ponderhit", "stop", "ucinewgame", "position startpos", "position startpos moves nonsense", "position fen nonsense",
         "setoption name MultiPV value 3", "setoption name MultiPV value 1", "setoption name Hash value 1", "setoption name Threads value x",
         "joho", "setoption name Clear Hash", "d", "eval")


def main():
    num_commands = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    game = sys.argv[3] if len(sys.argv) > 3 else "tic_tac_toe"
    engine = Process([sys.argv[1], "uci", "--game", game, *sys.argv[4:]])
    rng = random.Random(1)
    owed = given = 0
    latencies = []

    def take(word):
        nonlocal given
        lines = engine.until(word)
        given += sum(line.startswith("bestmove") for line in lines)
        return lines

    for i in range(num_commands):
        kind = rng.randrange(10)
        if kind < 3:
            engine.send("go " + rng.choice(GO))
            owed += 1
        elif kind == 3 and i % 5 == 0:
            # Everything owed comes, and nothing more.
            engine.send("stop")
            engine.send("isready")
            take("readyok")
            while given < owed:
                take("bestmove")
            engine.send("position startpos")
            engine.send("go infinite")
            owed += 1
            engine.until_text(" pv ")
            began = time.monotonic()
            engine.send("stop")
            take("bestmove")
            latencies.append(time.monotonic() - began)
        else:
            line = rng.choice(OTHER)
            engine.send(line)
            if line == "isready":
                take("readyok")
    engine.send("stop")
    while given < owed:
        take("bestmove")
    engine.send("isready")
    take("readyok")
    assert given == owed, (given, owed)
    engine.send("quit")
    assert engine.exit_code() == 0
    assert not [line for line in engine.rest() if line.startswith("bestmove")]
    latencies.sort()
    share = lambda part: 1000 * latencies[min(int(part * len(latencies)), len(latencies) - 1)]
    print(f"{num_commands} commands, {owed} searches, {given} answers; stop answered in {share(0.5):.1f} ms (median), {share(0.99):.1f} (99 %), "
          f"{share(1):.1f} (most) over {len(latencies)} stops")


if __name__ == "__main__":
    main()
