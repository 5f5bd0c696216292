#!/usr/bin/env python3
"""The built engine through pipes as a UCI client uses it, case by case.

usage: uci_cases.py TANDEM
Each case is a function named by its number in the list of edge cases that clients meet; docs/uci.md says what is promised. Exit 0 when
all hold.
"""
import os
import sys
import tempfile
import traceback

from process import Process

TANDEM = sys.argv[1]
# x has won: a1 b1 c1.
OVER = "position startpos moves a1 a2 b1 b2 c1"
# x wins with c1.
WIN_IN_ONE = "position startpos moves a1 a2 b1 b2"
# x holds three corners: whatever o plays, x wins at his next move.
LOSS = "position startpos moves a1 b2 c1 c3 a3"


class Engine(Process):
    def __init__(self, game="connect_four", *arguments):
        super().__init__([TANDEM, "uci", "--game", game, *arguments])

    def sync(self):
        self.send("isready")
        return self.until("readyok")

    def go(self, limits):
        self.send("go " + limits)
        return self.until("bestmove")

    def best(self, limits):
        return self.go(limits)[-1].split()[1]

    def leave(self):
        self.send("quit")
        code = self.exit_code()
        assert code == 0, code
        left = [line for line in self.rest() if line.startswith("bestmove")]
        assert not left, left


def field(line, name):
    words = line.split()
    return words[words.index(name) + 1]


def infos(lines):
    return [line for line in lines if line.startswith("info ") and " score " in line and not line.startswith("info string")]


def no_bestmove(lines):
    assert not [line for line in lines if line.startswith("bestmove")], lines


def case_01_the_handshake_comes_before_any_network():
    engine = Engine("connect_four", "--weights", "no_such_file.safetensors")
    engine.send("uci")
    lines = engine.until("uciok")
    assert lines[0].startswith("id name Tandem"), lines[0]
    assert any(line.startswith("id author ") for line in lines)
    for name in ("Threads", "Hash", "MultiPV", "Ponder", "UCI_ShowWDL", "UCI_LimitStrength", "UCI_Elo", "UCI_Chess960", "UCI_Variant",
                 "Move Overhead", "VerboseMoveStats"):
        assert any(line.startswith(f"option name {name} type ") for line in lines), name
    assert not [line for line in lines if "no_such_file" in line], "loaded before it was asked"
    engine.leave()


def case_02_isready_is_answered_first_and_without_a_network():
    engine = Engine("connect_four", "--weights", "no_such_file.safetensors")
    lines = engine.sync()
    assert any(line.startswith("info string") and "no_such_file.safetensors" in line for line in lines), lines
    assert engine.best("nodes 10") in "1234567"
    engine.leave()


def case_03_isready_is_answered_while_searching_and_pondering():
    engine = Engine()
    for go in ("go infinite", "go ponder wtime 10 btime 10"):
        engine.send(go)
        engine.until_text(" pv ")
        no_bestmove(engine.sync())
        engine.until_text(" pv ")  # it goes on
        engine.send("stop")
        engine.until("bestmove")
    engine.leave()


def case_04_the_network_is_loaded_by_isready_or_a_new_game():
    for word, answer in (("isready", "readyok"), ("ucinewgame", "info")):
        engine = Engine()
        engine.send(word)
        lines = engine.until(answer)
        assert any("thinks with" in line for line in lines), lines
        assert not [line for line in engine.go("nodes 5") if "thinks with" in line]
        engine.leave()


def case_05_unknown_words_are_skipped():
    engine = Engine()
    for line in ("joho", "xyz abc", "register later", "joho debug on"):
        engine.send(line)
    engine.send("nonsense")
    assert engine.sync()[0] == "info string unknown command 'nonsense'", engine.seen
    engine.leave()


def case_06_any_white_space_will_do():
    engine = Engine()
    for line in ("", "   ", "\t"):
        engine.send(line)
    engine.send("\tposition   startpos\tmoves  4   4 ", end="\r\n")
    engine.send("  go \t nodes  5 ", end="\r\n")
    assert engine.until("bestmove")[-1].split()[1] in "1234567"
    engine.leave()


def case_07_options_are_read_leniently_and_checked():
    engine = Engine()
    for value in ("abc", "999999999999999999999", "-5", "", "1.5"):
        engine.send(f"setoption name threads value {value}")
        assert "option Threads" in engine.next_line()
    engine.send("setoption name mOVE oVERHEAD value 12")
    engine.send("setoption name WeightsFile value <empty>")
    engine.send("setoption name WeightsFile value")
    engine.send("setoption name No Such Thing value 1")
    assert "No Such Thing" in engine.next_line()
    engine.sync()
    assert engine.best("nodes 5") in "1234567"
    engine.leave()


def case_08_options_wait_for_the_end_of_the_search():
    engine = Engine()
    engine.send("go infinite")
    engine.until_text(" pv ")
    engine.send("setoption name MultiPV value 3")
    engine.send("setoption name Hash value 1")
    engine.send("stop")
    assert not [line for line in engine.until("bestmove") if " multipv 2 " in line]
    assert [line for line in engine.go("nodes 50") if " multipv 3 " in line]
    engine.leave()


def case_09_go_needs_neither_position_nor_limits():
    engine = Engine()
    assert engine.best("nodes 20") in "1234567"
    engine.send("go")
    engine.until_text(" pv ")
    no_bestmove(engine.sync())
    engine.send("stop")
    engine.until("bestmove")
    engine.leave()


def case_10_infinite_lasts_until_stop_even_on_a_solved_or_finished_position():
    engine = Engine("tic_tac_toe")
    for position, expected in ((OVER, "(none)"), (WIN_IN_ONE, "c1")):
        engine.send(position)
        engine.send("go infinite")
        for _ in range(3):
            no_bestmove(engine.sync())
        engine.send("stop")
        assert engine.until("bestmove")[-1].split()[1] == expected
    engine.leave()


def case_11_pondering_ends_only_by_stop_or_ponderhit():
    engine = Engine("tic_tac_toe")
    for limits in ("nodes 10", "depth 1", "movetime 1", "wtime 10 btime 10", "mate 1"):
        for release in ("stop", "ponderhit"):
            engine.send(WIN_IN_ONE)
            engine.send("go ponder " + limits)
            no_bestmove(engine.sync())
            no_bestmove(engine.sync())
            engine.send(release)
            assert engine.until("bestmove")[-1].split()[1] == "c1" or limits == "nodes 10"
    engine.leave()


def case_12_stop_during_ponder_gives_one_bestmove_and_an_idle_ponderhit_none():
    engine = Engine()
    engine.send("ponderhit")
    no_bestmove(engine.sync())
    engine.send("go ponder wtime 1000 btime 1000")
    engine.send("stop")
    engine.until("bestmove")
    engine.send("ponderhit")
    no_bestmove(engine.sync())
    engine.leave()


def case_13_stops_are_harmless_and_what_is_owed_is_given():
    engine = Engine()
    engine.send("stop")
    no_bestmove(engine.sync())
    engine.send("go infinite")
    engine.send("stop")
    engine.send("stop")
    engine.until("bestmove")
    no_bestmove(engine.sync())
    for next_command in ("position startpos moves 4", "ucinewgame"):
        engine.send("go infinite")
        engine.send(next_command)
        lines = engine.sync()
        assert len([line for line in lines if line.startswith("bestmove")]) == 1, lines
    engine.leave()


def case_14_one_bestmove_for_each_go_right_after_its_line():
    engine = Engine()
    engine.send("setoption name MultiPV value 3")
    for i in range(20):
        lines = engine.go(f"nodes {10 + 7 * i}")
        first = [line for line in infos(lines) if " multipv 1 " in line][-1]
        assert first.split(" pv ")[1].split()[0] == lines[-1].split()[1], lines[-4:]
        for name in ("time", "nps", "nodes", "depth", "seldepth", "hashfull"):
            int(field(first, name))
    no_bestmove(engine.sync())
    engine.leave()


def case_15_the_ponder_move_is_legal_or_left_out():
    engine = Engine("tic_tac_toe")
    engine.send("position startpos moves a1 b1 c1 a2 b2 c2 b3 a3")
    assert engine.go("nodes 10")[-1] == "bestmove c3"
    engine.send("position startpos")
    words = engine.go("nodes 200")[-1].split()
    assert words[2] == "ponder"
    engine.send(f"position startpos moves {words[1]} {words[3]}")
    assert engine.best("nodes 5") != "(none)"
    engine.leave()


def case_16_a_finished_game_has_no_move():
    engine = Engine("tic_tac_toe")
    engine.send(OVER)
    assert engine.go("nodes 10") == ["info depth 0 score mate 0", "bestmove (none)"]
    engine.send("position startpos moves a1 b1 c1 a2 b2 c2 b3 a3 c3")  # x completes a diagonal
    assert engine.go("movetime 10")[-1] == "bestmove (none)"
    engine.leave()


def case_17_bad_positions_are_refused_and_forgotten():
    engine = Engine("tic_tac_toe")
    for text in ("startpos moves zz99", "startpos moves a1 a1", "fen total nonsense", "", "fen", "fen 3/3/3 x y z w",
                 "startpos moves e2e4", "fen rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1"):
        engine.send("position " + text)
        assert any(line.startswith("info string ") for line in engine.sync()), text
        assert engine.best("nodes 5") == "(none)", text
        engine.send("position startpos")
        assert engine.best("nodes 5") != "(none)", text
    engine.leave()


def case_18_searchmoves_stands_anywhere_and_is_obeyed():
    engine = Engine()
    for limits in ("searchmoves 1 7 nodes 30", "nodes 30 searchmoves 1 7", "depth 3 searchmoves 7 1 nodes 30"):
        assert engine.best(limits) in ("1", "7")
    assert engine.best("searchmoves 3 nodes 30") == "3"
    lines = engine.go("searchmoves q9 x nodes 30")
    assert lines[-1] == "bestmove (none)" and any("searchmoves" in line for line in lines)
    engine.leave()


def case_19_mates_count_moves_and_their_lines_end_the_game():
    engine = Engine("tic_tac_toe")
    engine.send(WIN_IN_ONE)
    last = infos(engine.go("mate 1"))[-1]
    assert " score mate 1 " in last and last.split(" pv ")[1].split() == ["c1"], last
    engine.send(LOSS)
    last = infos(engine.go("nodes 5000"))[-1]
    assert " score mate -1 " in last and len(last.split(" pv ")[1].split()) == 2, last
    engine.leave()


def case_20_every_clock_gives_a_move():
    engine = Engine()
    for limits in ("wtime 100", "btime 100", "wtime 1000 btime 1000 movestogo 1", "wtime 1000 btime 1000 movestogo 0", "winc 100",
                   "wtime 0 btime 0", "wtime -50 btime -50", "wtime 1 btime 1", "winc 50 binc 50 wtime 100 btime 100"):
        lines = engine.go(limits)
        assert lines[-1].split()[1] in "1234567" and infos(lines), limits
    engine.leave()


def case_21_the_first_limit_ends_the_search():
    engine = Engine()
    for limits in ("movetime 1", "movetime 0", "depth 0", "depth 1", "nodes 0", "nodes 1", "nodes 100000000 movetime 50",
                   "nodes 64 depth 1000 wtime 100000 btime 100000"):
        assert engine.best(limits) in "1234567", limits
    for nodes in (1, 2, 63, 64, 65, 333):
        engine.send("ucinewgame")
        assert int(field(infos(engine.go(f"nodes {nodes}"))[-1], "nodes")) == nodes
    engine.leave()


def case_22_multipv_lines_are_ordered_and_of_one_depth():
    engine = Engine()
    engine.send("setoption name MultiPV value 500")
    lines = infos(engine.go("nodes 500"))[-7:]
    assert [int(field(line, "multipv")) for line in lines] == [1, 2, 3, 4, 5, 6, 7], lines
    assert len({field(line, "depth") for line in lines}) == 1
    assert len({line.split(" pv ")[1].split()[0] for line in lines}) == 7
    engine.leave()


def case_23_a_new_game_repeats_the_last_one():
    engine = Engine()
    seen = []
    for _ in range(2):
        engine.send("ucinewgame")
        engine.sync()
        game = []
        for position in ("position startpos moves 4", "position startpos moves 4 4 3"):
            engine.send(position)
            lines = engine.go("nodes 400")
            game.append((lines[-1], field(infos(lines)[-1], "nodes"), field(infos(lines)[-1], "cp")))
        seen.append(game)
    assert seen[0] == seen[1], seen
    engine.leave()


def case_24_positions_go_on_jump_and_go_back():
    engine = Engine("othello:size=6")
    moves = []
    for _ in range(10):  # a game that goes on
        engine.send("position startpos moves " + " ".join(moves))
        moves.append(engine.best("nodes 50"))
    for length in (9, 2, 7, 0, 10):  # take-backs and jumps
        engine.send("position startpos moves " + " ".join(moves[:length]))
        best = engine.best("nodes 50")
        engine.send("position startpos moves " + " ".join(moves[:length] + [best]))
        assert engine.best("nodes 1") != "(none)"
    engine.leave()


def case_25_quit_and_the_end_of_input_end_a_search():
    for leave in ("quit", None):
        engine = Engine()
        engine.send("go infinite")
        engine.until_text(" pv ")
        engine.send(leave) if leave else engine.close_input()
        assert engine.exit_code() == 0
        assert len([line for line in engine.rest() if line.startswith("bestmove")]) == 1


def case_26_a_network_that_cannot_be_read_costs_a_message():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "broken.safetensors")
        with open(path, "wb") as file:
            file.write(b"\x10\x00\x00\x00\x00\x00\x00\x00{\"broken\": true")
        engine = Engine()
        engine.sync()
        engine.best("nodes 10")
        engine.send(f"setoption name WeightsFile value {path}")  # in mid-game, without isready
        lines = engine.go("nodes 10")
        assert any(line.startswith("info string") and "broken.safetensors" in line for line in lines), lines
        assert lines[-1].split()[1] in "1234567"
        engine.leave()


def case_27_the_first_word_chooses_the_protocol():
    for command in ("uci", "ugi", "gtp"):
        for first, answer in (("uci", "uciok"), ("ugi", "ugiok"), ("3 protocol_version", "=3 2")):
            process = Process([TANDEM, command, "--game", "connect_four"])
            process.send("")
            process.send(first)
            process.until_text(answer)
            process.send("quit")
            assert process.exit_code() == 0


def main():
    failed = 0
    for name, case in sorted(globals().items()):
        if not name.startswith("case_"):
            continue
        try:
            case()
            print("PASS", name, flush=True)
        except Exception:  # reported, and the other cases still run
            failed += 1
            print("FAIL", name, traceback.format_exc(), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
