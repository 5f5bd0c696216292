#!/usr/bin/env python3
"""Whole games of chess played through python-chess, a client that checks every line it gets and every move.

usage: python_chess_games.py TANDEM NUM_GAMES
Exit 3 when python-chess (tools/requirements-test.txt) or the game is missing.
"""
import random
import subprocess
import sys

try:
    import chess
    import chess.engine
except ImportError:
    print("SKIPPED: no python-chess; pip install -r tools/requirements-test.txt")
    sys.exit(3)

TANDEM, NUM_GAMES = sys.argv[1], int(sys.argv[2])


def main():
    names = [line.split()[0] for line in subprocess.run([TANDEM, "games"], capture_output=True, text=True, check=True).stdout.splitlines() if line.strip()]
    if "chess" not in names:
        print("SKIPPED: no game chess")
        return 3
    rng = random.Random(1)
    engine = chess.engine.SimpleEngine.popen_uci([TANDEM, "uci", "--game", "chess"], timeout=60)
    assert "Tandem" in engine.id["name"]
    engine.configure({"Hash": 16, "Threads": 1})
    for i in range(NUM_GAMES):
        chess960 = i % 3 == 2
        board = chess.Board.from_chess960_pos(rng.randrange(960)) if chess960 else chess.Board()
        for _ in range(6):  # random openings
            board.push(rng.choice(list(board.legal_moves)))
        limits = [chess.engine.Limit(nodes=20), chess.engine.Limit(depth=1), chess.engine.Limit(white_clock=2, black_clock=2, white_inc=0.01, black_inc=0.01)]
        while not board.is_game_over() and len(board.move_stack) < 120:
            result = engine.play(board, rng.choice(limits[:2] if len(board.move_stack) % 20 else limits), game=i, info=chess.engine.INFO_ALL,
                                 ponder=rng.randrange(4) == 0)
            assert result.move in board.legal_moves, (board.fen(), result.move)
            assert "score" in result.info and "pv" in result.info, result.info
            board.push(result.move)
        print(f"game {i + 1}: {len(board.move_stack)} plies, {board.result()}{' chess960' if chess960 else ''}", flush=True)
    # Analysis with several lines, and one that is stopped.
    board = chess.Board()
    lines = engine.analyse(board, chess.engine.Limit(nodes=300), multipv=4)
    assert len(lines) == 4 and len({line["pv"][0] for line in lines}) == 4, lines
    with engine.analysis(board) as analysis:
        for info in analysis:
            if "pv" in info:
                break
        analysis.stop()
        assert analysis.wait().move in board.legal_moves
    mate = chess.Board("6k1/5ppp/8/8/8/8/5PPP/R5K1 w - - 0 1")
    result = engine.play(mate, chess.engine.Limit(nodes=2000), info=chess.engine.INFO_SCORE)
    assert result.move == chess.Move.from_uci("a1a8") and result.info["score"].white() == chess.engine.Mate(1), result
    engine.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
