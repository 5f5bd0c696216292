#!/usr/bin/env python3
"""Steers a network-only tic-tac-toe player through every line an opponent can choose, over UCI.

usage: steer.py ENGINE [ARGS...]       e.g. steer.py bazel-bin/tools/tandem uci --game tic_tac_toe --run runs/ttt

The opponent tries every legal move, the engine answers with the network alone, as either side. Exit 0 when no line is lost.
"""
import subprocess
import sys

CELLS = [f + r for r in "123" for f in "abc"]
LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]


class Engine:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.send("uci")
        self.wait("uciok")
        self.send("setoption name NetworkOnly value true")
        self.send("isready")
        self.wait("readyok")
        self.answers = {}

    def send(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, word):
        for line in self.process.stdout:
            if line.split()[:1] == [word]:
                return line
        raise SystemExit("the engine ended")

    def move(self, moves):
        key = tuple(moves)
        if key not in self.answers:
            self.send("position startpos" + (" moves " + " ".join(moves) if moves else ""))
            self.send("go nodes 1")
            self.answers[key] = self.wait("bestmove").split()[1]
        return self.answers[key]


def winner(moves):
    owner = {CELLS.index(m): i % 2 for i, m in enumerate(moves)}
    for line in LINES:
        if all(c in owner for c in line) and len({owner[c] for c in line}) == 1:
            return owner[line[0]]
    return None


def lines(engine, side, moves, counts, lost):
    who = winner(moves)
    if who is not None or len(moves) == 9:
        counts["draw" if who is None else "win" if who == side else "loss"] += 1
        if who is not None and who != side:
            lost.append(" ".join(moves))
        return
    choices = [engine.move(moves)] if len(moves) % 2 == side else [c for c in CELLS if c not in moves]
    for choice in choices:
        assert choice in CELLS and choice not in moves, f"illegal {choice} after {moves}"
        lines(engine, side, moves + [choice], counts, lost)


def main():
    engine, lost = Engine(sys.argv[1:]), []
    for side, name in ((0, "first"), (1, "second")):
        counts = {"win": 0, "draw": 0, "loss": 0}
        lines(engine, side, [], counts, lost)
        print(f"network alone as {name} player, every line of the opponent: {counts}")
    engine.send("quit")
    for line in lost[:10]:
        print("lost:", line)
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
