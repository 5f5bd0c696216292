// Solved positions: positions with the exact result of their legal moves, read from the files of several solvers as they are. A line is
//
//   {"ply":8,"moves":"13221231","scores":[-13,-2,null,...]}       connect four: score of each column for the mover, null = not legal
//   4433 -2                                                       connect four: score of the position itself
//   {"board":"x.o......","turn":"x","moves":{"a1":[0,8],...}}     tic-tac-toe: move -> [value, plies]; terminal positions are passed over
//   {"board":"-XOO...","turn":"X","scores":{"b2":-10,...}}        othello: move -> disc difference; moves may be missing
//   {"size":3,"moves":"a2 a1","winning":"b1","losing":"b3"}       hex; lines of another size are passed over
//   {"fen":"...","bm":["g3g6"]} or "am", or "keys" of a mate      chess suites: best moves keep the value, all others do not (1 and 0);
//                                                                 where "keys_complete" is false the others are unknown
//
// or the file is one document over several lines, {"winning_first_moves":{"3":["c1",...]}}: hex, all first moves of each size.
//
// Scores matter by their sign only. A line that can not be read is reported and skipped. Pure functions over files; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

struct SolvedPosition {
  std::shared_ptr<const State> state;  // not terminal
  int ply = 0;                         // stones or plies since the start of the game, as far as the file tells
  // Result for the mover of each legal move in LegalActions order: 1, 0, -1; absent = unknown. Empty: the file knows only `value`.
  std::vector<std::optional<int>> move_values;
  std::optional<int> value;  // of the position; filled from the moves where they are known

  // The best known move is worth this. Needs move_values.
  int BestValue() const;
  // Known moves differ in their result, so that the choice matters.
  bool Mixed() const;
  // Share of the known moves that keep the best value: what a uniformly random choice scores.
  double RandomShare() const;
};

struct SolvedSet {
  std::vector<SolvedPosition> positions;
  std::vector<std::string> problems;  // "FILE:LINE: what" for each line that was skipped
  std::int64_t passed_over = 0;       // lines that are fine but hold no choice: finished games, other board sizes
};

// Appends the positions of one file. kInvalidArgument when not a single line of the file could be read.
absl::Status ReadSolvedFile(const Game& game, const std::filesystem::path& path, SolvedSet* set);

// Fills move_values of positions that only have a value, by Game::NewSolver with at most `max_nodes` for each, on `threads` threads.
// Positions that need more nodes are removed; returns how many. A solved value that contradicts the file's is a problem line.
std::int64_t CompleteBySolver(const Game& game, std::uint64_t max_nodes, int threads, SolvedSet* set);

// Makes a set without a file: positions reached by random play, solved with at most `max_nodes` each, until `count` mixed ones of
// different keys are found or `max_tries` games were played. Plies are uniform in min_ply..max_ply.
struct GenerateOptions {
  int count = 200;
  int min_ply = 0;
  int max_ply = 0;
  std::uint64_t max_nodes = 2'000'000;
  int max_tries = 2000;
  std::uint64_t seed = 1;
};
SolvedSet GenerateSolvedSet(const Game& game, const GenerateOptions& options);

}  // namespace tandem
