// For round trips with other programs' readers and writers:
//   game_tool make GAME pgn|sgf COUNT    random games on stdout
//   game_tool read GAME pgn|sgf          reads stdin; a line for each game: result (1, 0, -1 or ?) and moves; problems to stderr
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "engine/base/rng.h"
#include "engine/game/registry.h"
#include "engine/notation/game_file.h"

namespace tandem {
namespace {

int Make(const Game& game, GameFormat format, int count) {
  Rng rng(20);
  for (int i = 0; i < count; ++i) {
    FileGame made;
    made.game = &game;
    made.SetTag("White", "first \"one\" \\");
    const std::unique_ptr<State> state = game.NewState();
    ActionList legal;
    for (int ply = 0; ply < 150 && !state->IsTerminal(); ++ply) {
      state->LegalActions(legal);
      made.moves.push_back(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
      state->Apply(made.moves.back());
      if (ply == 3) {
        made.comments.resize(5);
        made.comments[4] = "a comment with ] and \\";
      }
    }
    made.result = state->IsTerminal() ? static_cast<int>(state->GetOutcome()) : 0;
    const auto text = WriteGame(format, made);
    if (!text.ok()) return 1;
    std::cout << *text;
  }
  return 0;
}

int Read(const Game& game, GameFormat format) {
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const GameFile file = ReadGames(format, &game, text);
  for (const std::string& problem : file.problems) std::cerr << problem << "\n";
  for (const FileGame& one : file.games) {
    std::cout << (one.result ? std::to_string(*one.result) : "?");
    const std::unique_ptr<State> state = one.StartState();
    for (const Action action : one.moves) {
      std::cout << " " << state->ActionText(action);
      state->Apply(action);
    }
    std::cout << "\n";
  }
  return 0;
}

int Run(int argc, char** argv) {
  if (argc < 4) return 2;
  const auto game = FindGame(argv[2]);
  if (!game.ok()) return 4;
  const GameFormat format = std::string(argv[3]) == "pgn" ? GameFormat::kPgn : GameFormat::kSgf;
  return std::string(argv[1]) == "make" ? Make(**game, format, std::atoi(argv[4])) : Read(**game, format);
}

}  // namespace
}  // namespace tandem

int main(int argc, char** argv) { return tandem::Run(argc, argv); }
