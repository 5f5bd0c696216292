"""An engine for tests: speaks UCI or GTP for tic-tac-toe and behaves as its arguments say.

usage: fake_engine.py uci|gtp BEHAVIOUR [PLY]

Behaviours: good (the first free cell), garbage (noise between good answers), flood (noise and nothing else), longline, silent (never
answers a move), mute (never answers at all), die (exits at its first move), illegal, nomove, deaf (reads nothing after the handshake and
floods), stubborn (ignores quit and the end of its input), child (starts a child that would outlive it).
"""
import subprocess
import sys
import time

protocol, behaviour = sys.argv[1], sys.argv[2]
CELLS = [column + row for row in "123" for column in "abc"]


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def misbehave():
    """What happens instead of a move; true when there is to be none."""
    if behaviour == "silent":
        return True
    if behaviour == "die":
        sys.stderr.write("out of ideas\n")
        sys.exit(3)
    if behaviour == "flood":
        while True:
            say("blah " * 20)
    if behaviour == "longline":
        while True:
            sys.stdout.write("x" * 65536)
    if behaviour == "deaf":
        while True:
            say("info string deaf")
    if behaviour == "garbage":
        for line in ("", "\x00\xff\xfe", "bestmov a1", "info", "info score", "info score cp", "info score cp x", "info wdl 1", "?!", "x" * 5000):
            say(line)
    return False


def first_free(played):
    if behaviour == "illegal":
        return "z9"
    return next(cell for cell in CELLS if cell not in played)


if behaviour == "mute":
    time.sleep(1000)
if behaviour == "child":
    child = subprocess.Popen(["sleep", "1000"])
    sys.stderr.write("child %d\n" % child.pid)
played = []
while True:
    line = sys.stdin.readline()
    if not line and behaviour == "stubborn":
        time.sleep(1000)
    words = line.split()
    if not line or words[:1] == ["quit"]:
        if behaviour == "stubborn":
            continue
        break
    if not words:
        continue
    if protocol == "uci":
        if words[0] == "uci":
            say("Fake engine, a banner")
            say("id name Fake 1.0")
            say("option name UCI_Variant type combo default tictactoe var tictactoe")
            say("option name Skill Level type spin default 20 min 0 max 20")
            say("uciok")
        elif words[0] == "isready":
            say("readyok")
        elif words[0] == "position":
            played = [move.replace("P@", "") for move in words[3:]]
            if behaviour == "die":
                sys.stderr.flush()
        elif words[0] == "go" and not misbehave():
            say("info depth 1 score cp 50 nodes 7 pv x")
            say("bestmove" if behaviour == "nomove" else "bestmove P@" + first_free(played))
    else:
        answer = ""
        if words[0] == "name":
            answer = "Fake"
        elif words[0] == "list_commands":
            answer = "name\nplay\ngenmove"
        elif words[0] == "clear_board":
            played = []
        elif words[0] == "play":
            played.append(words[2])
        elif words[0] == "genmove":
            if misbehave():
                continue
            answer = "resign" if behaviour == "nomove" else first_free(played)
            played.append(answer)
            answer = answer.upper()
        say("= " + answer + "\n")
