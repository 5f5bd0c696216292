#!/usr/bin/env python3
"""Random games and plain UCT beside OpenSpiel's, game by game in turns, on one thread each.

usage: openspiel.py TANDEM [--seconds S]        needs PyPI open_spiel

OpenSpiel's loops run in C++ too: a random game is one of the n rollouts of a single evaluation (RandomRolloutEvaluator inside MCTSBot, one
simulation), and UCT is MCTSBot with 1,000 simulations and one rollout each. Tandem's figures come from `tandem bench rollouts`. Both count
processor time, so that a busy machine weighs on neither.
Hex differs in kind: Tandem fills the board and looks once who is joined; Go: Tandem's playouts do not fill their own eyes.
"""
import argparse
import json
import subprocess
import time

import pyspiel

GAMES = {  # Tandem's spec: OpenSpiel's
    "tic_tac_toe": "tic_tac_toe",
    "connect_four": "connect_four",
    "othello": "othello",
    "breakthrough": "breakthrough",
    "hex": "hex(board_size=11)",
    "gomoku": "gomoku(size=15,connect=5)",
    "go": "go(board_size=9)",
    "chess": "chess",
}


def per_second(game, simulations, rollouts, seconds):
    """How many rollouts a second, from the start position."""
    done, spent = 0, 0.0
    while spent < seconds:
        bot = pyspiel.MCTSBot(game, pyspiel.RandomRolloutEvaluator(rollouts, 1), 1.4, simulations, 1000, False, 1, False)
        state = game.new_initial_state()
        begin = time.process_time()
        bot.step(state)
        spent += time.process_time() - begin
        done += simulations * rollouts
    return done / spent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tandem")
    parser.add_argument("--seconds", type=float, default=0.5, help="least time of one measurement")
    args = parser.parse_args()
    print(f"{'':14}{'random games a second':>42}{'UCT simulations a second':>42}")
    print(f"{'game':14}" + f"{'Tandem':>14}{'OpenSpiel':>14}{'ratio':>14}" * 2)
    for name, peer in GAMES.items():
        command = [args.tandem, "bench", "rollouts", "--game", name, "--seconds", str(args.seconds), "--json"]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["rollouts"]["rows"][0]
        game = pyspiel.load_game(peer)
        figures = [(row["games_per_s"], per_second(game, 1, 1000, args.seconds)),
                   (row["uct_simulations_per_s"], per_second(game, 1000, 1, args.seconds))]
        print(f"{name:14}" + "".join(f"{ours:14,.0f}{theirs:14,.0f}{ours / theirs:14.1f}" for ours, theirs in figures), flush=True)


if __name__ == "__main__":
    main()
