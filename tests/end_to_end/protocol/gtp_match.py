#!/usr/bin/env python3
"""Games over GTP against programs of others: gtp-rhino at Othello, GNU Go at Go. Both sides are told every move, and must agree on it.

usage: gtp_match.py TANDEM GAME NUM_GAMES [SIMULATIONS]      GAME: othello or go
Exit 0 when all games were played to their end without a complaint of either side, 3 when the other program is not installed. The result
is printed and decides nothing.
"""
import shutil
import subprocess
import sys

from process import Process

OPPONENTS = {
    "othello": ["/usr/games/gtp-rhino"],
    "go": ["/usr/games/gnugo", "--mode", "gtp", "--level", "1", "--chinese-rules", "--never-resign", "--seed", "1",
           "--allow-suicide", "--positional-superko"],
}
PASS = "pass"


class Player(Process):
    def ask(self, command):
        """The text of a successful answer."""
        self.send(command)
        lines = [self.next_line()]
        while lines[-1] != "":
            lines.append(self.next_line())
        text = "\n".join(lines).strip()
        assert text.startswith("="), f"{self.command[0]}: {command}: {text}"
        return text[1:].strip()

    def leave(self):
        self.send("quit")
        assert self.exit_code() == 0


def play_othello(players):
    """Moves until the board is full or nobody can move; forced passes are moves."""
    black, white = players
    moves, passes = [], 0
    while passes < 2 and len(moves) < 130:
        color = "black" if len(moves) % 2 == 0 else "white"
        mover, other = (black, white) if color == "black" else (white, black)
        move = mover.ask("genmove " + color).lower()
        passes = passes + 1 if move == PASS else 0
        if passes == 2:  # the game was over before the first of the two
            break
        moves.append(move)
        # gtp-rhino knows by itself that a side must pass, and takes no word for it.
        if move != PASS or other.command != OPPONENTS["othello"]:
            other.ask(f"play {color} {move}")
        if sum(move != PASS for move in moves) == 60:
            break
    return moves


def play_go(players):
    black, white = players
    moves = []
    while moves[-2:] != [PASS, PASS] and len(moves) < 300:  # our games of 9x9 end after 326
        color = "black" if len(moves) % 2 == 0 else "white"
        mover, other = (black, white) if color == "black" else (white, black)
        move = mover.ask("genmove " + color).lower()
        other.ask(f"play {color} {move}")
        moves.append(move)
    return moves


def main():
    tandem_path, game, num_games = sys.argv[1], sys.argv[2], int(sys.argv[3])
    simulations = sys.argv[4] if len(sys.argv) > 4 else "50"
    opponent = OPPONENTS[game]
    if shutil.which(opponent[0]) is None:
        print(f"SKIPPED: {opponent[0]} is not installed")
        return 3
    if game not in subprocess.run([tandem_path, "games"], capture_output=True, text=True, check=True).stdout:
        print(f"SKIPPED: no game {game}")
        return 3
    tandem = Player([tandem_path, "gtp", "--game", "go:size=9" if game == "go" else game])
    other = Player(opponent)
    print("against", other.ask("name"), other.ask("version"))
    tandem.ask("tandem-setoption name Simulations value " + simulations)
    for player in (tandem, other):
        if game == "othello" and player is other and other.ask("known_command set_game") == "true":
            other.ask("set_game Othello")
        player.ask("boardsize " + ("9" if game == "go" else "8"))
        if game == "go":
            player.ask("komi 7.5")
    if game == "othello":
        other.ask("time_settings 0 1 1")
    wins = 0
    for i in range(num_games):
        for player in (tandem, other):
            player.ask("clear_board")
        players = (tandem, other) if i % 2 == 0 else (other, tandem)
        moves = (play_othello if game == "othello" else play_go)(players)
        if game == "go":
            for color, letter in (("black", "B"), ("white", "W")):
                theirs = set(other.ask("list_stones " + color).split())
                ours = set(" ".join(tandem.ask("final_status_list " + status) for status in ("alive", "dead")).split())
                assert theirs <= ours, (color, theirs - ours)
        score = (other if game == "go" else tandem).ask("final_score")
        wins += score.startswith("B" if players[0] is tandem else "W")
        print(f"game {i + 1}: {len(moves)} moves, {'tandem' if players[0] is tandem else 'the other'} is black, {score}", flush=True)
    print(f"tandem won {wins} of {num_games}")
    tandem.leave()
    other.leave()
    return 0


if __name__ == "__main__":
    sys.exit(main())
