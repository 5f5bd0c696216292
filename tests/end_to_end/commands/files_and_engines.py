#!/usr/bin/env python3
"""Game files and other engines through the built binary: match, analyze, import, holdout and evaluate, with good input and bad.

usage: files_and_engines.py TANDEM FAKE_ENGINE
Exit codes are 0 when all was done, 2 when something of the input was wrong; every complaint is one line that names file and place.
"""
import json
import os
import subprocess
import sys
import tempfile

TANDEM, FAKE = sys.argv[1], os.path.abspath(sys.argv[2])
SMALL = ["--set", "network.blocks=1", "--set", "network.channels=8", "--set", "selfplay.full_simulations=8", "--set",
         "selfplay.cheap_simulations=4", "--set", "replay.min_rows=50", "--set", "learner.checkpoint_steps=2", "--set",
         "learner.batch_size=32", "--set", "threads=1"]
# Chess: a scholar's mate with variations and marks, then a game that breaks off with an illegal move.
PGN = """[Event "one"]
[Result "1-0"]

1. e4 $1 e5 (1... c5 2. Nf3 (2. c3 d5) d6) 2. Bc4 Nc6 3. Qh5 {threat} Nf6?? 4. Qxf7# 1-0

[Event "two"]

1. e4 e5 2. Ke3 *
"""
KO = "(;GM[1]SZ[5];B[ba];W[ca];B[ab];W[db];B[bc];W[cc];B[ee];W[bb];B[cb];W[bb])\n"


def tandem(*arguments, text="", code=0):
    done = subprocess.run([TANDEM, *arguments], input=text, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, (arguments, done)
    return done


def complaints(done, command, *wanted):
    """One line for each complaint, each with what it must name."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("tandem")]
    assert len(lines) == len(wanted), (wanted, done.stderr)
    for line, words in zip(lines, wanted):
        assert line.startswith(f"tandem {command}: "), line
        for word in words:
            assert word in line, (word, line)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def fake(protocol, behaviour, more=""):
    return f'{protocol}:cmd="python3 {FAKE} {protocol} {behaviour}"{more}'


def check_match_files(folder):
    pgn, sgf = os.path.join(folder, "match.pgn"), os.path.join(folder, "match.sgf")
    tandem("match", "--game", "othello:size=6", "--a", "uct:sims=5", "--b", "random", "--games", "4", "--pgn", pgn, "--sgf", sgf)
    for path in (pgn, sgf):
        rows = tandem("analyze", "--game", "othello:size=6", "--agent", "uct:sims=5", "--json", path).stdout.splitlines()
        assert len(rows) > 4 * 20, path
        assert {json.loads(row)["where"].split(", ")[1] for row in rows} == {"game 1", "game 2", "game 3", "game 4"}
        done = tandem("import", "--game", "othello:size=6", "--run", os.path.join(folder, "from_" + path[-3:]), "--holdout", "0", path)
        assert done.stdout.startswith("4 games with "), done.stdout


def check_analyze(folder):
    games = write(folder, "games.pgn", PGN)
    done = tandem("analyze", "--game", "chess", "--agent", "uct:sims=5", "--json", games, code=2)
    complaints(done, "analyze", ["games.pgn", "line 8", "ply 2", "'Ke3'"])
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert [row["played"] for row in rows] == "e2e4 e7e5 f1c4 b8c6 d1h5 g8f6 h5f7 e2e4 e7e5".split(), rows
    done = tandem("analyze", "--game", "go:size=5", "--agent", "uct:sims=5", write(folder, "ko.sgf", KO), code=2)
    complaints(done, "analyze", ["ko.sgf", "ply 9", "'B4' is illegal"])
    assert done.stdout.count("played:") == 9
    done = tandem("analyze", "--game", "chess", "--agent", "uct:sims=5", code=2,
                  text="startpos moves e2e4\nfen 4k3/8/8/8/8/8/8/3KK3 w - - 0 1\nd3 c3\n4k3/8/8/8/8/8/8/4K2R w K - 0 1\n")
    complaints(done, "analyze", ["stdin:2", "2 white kings"], ["stdin:3", "'d3'"])
    assert "stdin:1: " in done.stdout and "stdin:4: " in done.stdout
    complaints(tandem("analyze", "--game", "chess", "--agent", "uct", os.path.join(folder, "none.pgn"), code=2), "analyze", ["none.pgn"])
    complaints(tandem("analyze", "--game", "go", "--agent", "uct", games, code=2), "analyze", ["games.pgn"], ["games.pgn"])
    complaints(tandem("analyze", "--game", "chess", "--agent", "uct:sims=0", games, code=2), "analyze", ["sims=0"])


def check_import(folder):
    run = os.path.join(folder, "run")
    lines = write(folder, "games.txt", "# a comment\n1 a1 a2 b1 b2 c1\n0 a1 a2 b1 b2 c1\nx a1\n-1 a1b1a2b2c3b3 rrtttt\n1 a1 a1\n")
    done = tandem("import", "--game", "tic_tac_toe", "--run", run, *SMALL, "--holdout", "0", lines, code=2)
    complaints(done, "import", ["games.txt: line 3", "result"], ["games.txt: line 4", "'x'"], ["games.txt: line 6", "'a1'"])
    assert done.stdout.startswith("2 games with 9 rows to learn from, 0 games with 0 rows kept apart, 3 games left out"), done.stdout
    before = sorted(os.listdir(os.path.join(run, "chunks")))
    for text, words in (("1 e2e4\n", ["line 1", "no field begins with a legal first move"]), ("", ["no game of tic_tac_toe"])):
        done = tandem("import", "--run", run, write(folder, "bad.txt", text), code=2)
        complaints(done, "import", *([words] if text == "" else [words, ["no game of tic_tac_toe"]]))
    complaints(tandem("import", "--run", run, os.path.join(folder, "none.sgf"), code=2), "import", ["none.sgf"])
    complaints(tandem("import", "--run", os.path.join(folder, "nowhere"), lines, code=2), "import", ["--game is missing"])
    complaints(tandem("import", "--game", "othello", "--run", run, write(folder, "o.txt", "1 d3 c3\n"), code=2), "import", ["tic_tac_toe"])
    broken = os.path.join(folder, "broken.txt.zst")
    with open(broken, "wb") as file:
        file.write(b"\x28\xb5\x2f\xfd no zstd")
    complaints(tandem("import", "--run", run, broken, code=2), "import", ["broken.txt.zst", "zstd"])
    assert sorted(os.listdir(os.path.join(run, "chunks"))) == before, "bad input changes nothing"
    tandem("train", "--run", run, "--resume", "--games", "40")
    complaints(tandem("holdout", "--run", os.path.join(folder, "nowhere"), code=2), "holdout", ["nowhere"])
    return run


def check_evaluate(run):
    evaluate = ["evaluate", "--run", run, "--sims", "4", "--games", "2", "--checkpoints", "0", "--positions", "10", "--threads", "1", "--json",
                "--opponent"]
    specs = [fake("uci", "good"), fake("gtp", "good")]
    report = json.loads(tandem(*evaluate, specs[0], "--opponent", specs[1]).stdout)
    assert {player["spec"] for player in report["players"]} >= set(specs), [player["spec"] for player in report["players"]]
    assert report["forfeits"] == 0, report
    # Over UCI it knows games from their start only, and the report says so; over GTP stones are set up one by one.
    silent = [note for note in report["notes"] if "answers no solved positions" in note]
    assert len(silent) == 1 and "uci good" in silent[0], report["notes"]
    # One that dies in every game: its games are forfeits, which the report states, and the others are played.
    report = json.loads(tandem(*evaluate, fake("uci", "die")).stdout)
    assert report["forfeits"] > 0 and any("exit code 3" in note for note in report["notes"]), report
    complaints(tandem(*evaluate, "uci:cmd=/no/such/engine", code=2), "evaluate", ["/no/such/engine"])
    complaints(tandem(*evaluate, fake("gtp", "mute", ",start_timeout=0.2"), code=2), "evaluate", ["not answered within"])


def check_second_tandem():
    """Another Tandem through both protocols, in games where their moves and colours differ."""
    for game in ("hex:size=3,swap=true", "gomoku:size=9", "breakthrough:size=5", "go:size=3", "chess:chess960=true,max_plies=20"):
        for opponent in (f'gtp:cmd="{TANDEM} gtp",tc=1', f'uci:cmd="{TANDEM} uci",nodes=5'):
            if game.startswith("chess") and opponent.startswith("gtp"):
                continue
            report = json.loads(tandem("match", "--game", game, "--a", "uct:sims=5", "--b", opponent, "--games", "2", "--json").stdout)
            assert report["forfeits"] == [0, 0], (game, opponent, report)


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_match_files(folder)
        check_second_tandem()
        check_analyze(folder)
        check_evaluate(check_import(folder))
    print("all cases hold")


if __name__ == "__main__":
    main()
