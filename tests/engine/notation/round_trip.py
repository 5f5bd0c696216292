"""PGN against python-chess and SGF against sgfmill, both ways.

usage: round_trip.py GAME_TOOL
Exit status 3: a package is missing.
"""
import io
import random
import subprocess
import sys

try:
    import chess
    import chess.pgn
    from sgfmill import sgf, sgf_moves
except ImportError as missing:
    print(missing)
    sys.exit(3)

TOOL = sys.argv[1]
RESULTS = {"1-0": "1", "0-1": "-1", "1/2-1/2": "0", "*": "?"}


def run(*arguments, text=""):
    done = subprocess.run([TOOL, *arguments], input=text, capture_output=True, text=True)
    if done.returncode == 4:
        return None
    assert done.returncode == 0, done
    assert done.stderr == "", done.stderr
    return done.stdout


def lines(text):
    return [line.split() for line in text.splitlines()]


def chess_games(text):
    stream, games = io.StringIO(text), []
    while (game := chess.pgn.read_game(stream)) is not None:
        assert not game.errors, game.errors
        games.append([RESULTS[game.headers["Result"]]] + [move.uci() for move in game.mainline_moves()])
    return games


def check_chess():
    ours = run("make", "chess", "pgn", "40")
    if ours is None:
        print("SKIPPED: no game chess")
        return
    read_by_us = lines(run("read", "chess", "pgn", text=ours))
    assert chess_games(ours) == read_by_us and len(read_by_us) == 40
    random.seed(4)
    theirs = ""
    for number in range(60):
        game = chess.pgn.Game()
        game.headers["Event"] = 'a "quoted" \\ name'
        if number % 3 == 0:
            board = chess.Board("r3k2r/pP4P1/8/3pP3/2Q1Q3/2Q5/P2p4/R3K2R w KQkq d6 0 9")
            game.setup(board)
        node = game
        for ply in range(random.randrange(120)):
            moves = list(node.board().legal_moves)
            if not moves:
                break
            if ply % 7 == 3:
                side = node.add_variation(random.choice(moves), comment="a ( variation")
                replies = list(side.board().legal_moves)
                if replies:
                    side.add_variation(random.choice(replies), nags=[3])
            move = random.choice(moves)
            if node.has_variation(move):
                node.promote_to_main(move)
                node = node.variation(move)
            else:
                node = node.add_main_variation(move, comment="a [comment]; 1. e4" if ply % 5 == 0 else "")
            node.nags.add(random.randrange(1, 140))
        game.headers["Result"] = random.choice(list(RESULTS))
        theirs += str(game) + "\n\n"
    assert lines(run("read", "chess", "pgn", text=theirs)) == chess_games(theirs)


def point(move, size):
    if move is None:
        return "pass"
    row, col = move
    return "ABCDEFGHJKLMNOPQRSTUVWXYZ"[col] + str(row + 1)


def go_game(text, size):
    game = sgf.Sgf_game.from_string(text)
    assert game.get_size() == size
    moves = [node.get_move() for node in game.main_sequence_iter()]
    return [point(move, size) for colour, move in moves if colour is not None], game.get_winner()


def check_go():
    ours = run("make", "go:size=9", "sgf", "20")
    if ours is None:
        print("SKIPPED: no game go")
        return
    read_by_us = lines(run("read", "go:size=9", "sgf", text=ours))
    trees = ["(;GM" + tree for tree in ours.split("(;GM")[1:]]
    assert len(trees) == len(read_by_us) == 20
    for tree, (result, *moves) in zip(trees, read_by_us):
        assert go_game(tree, 9) == (moves, {"1": "b", "-1": "w", "0": None}[result])
    random.seed(5)
    for number in range(20):
        game = sgf.Sgf_game(size=9)
        root = game.get_root()
        root.set("PB", "a]b\\c")
        root.set("RE", random.choice(["B+3.5", "W+R", "0"]))
        root.set("C", "a comment ] with \\ marks (;B[aa])")
        free = [(row, col) for row in range(9) for col in range(9) if (row + col) % 2 == 0]
        random.shuffle(free)
        for ply in range(random.randrange(30)):
            node = game.extend_main_sequence()
            node.set_move("bw"[ply % 2], None if ply == 9 else free.pop())
            if ply == 4:
                node.parent.new_child().set_move("bw"[ply % 2], (8, 8))
        text = game.serialise().decode()
        (result, *moves), = lines(run("read", "go:size=9", "sgf", text=text))
        expected, winner = go_game(text, 9)
        assert moves == expected and result == {"b": "1", "w": "-1", None: "0"}[winner]


check_chess()
check_go()
