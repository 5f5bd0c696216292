#include "engine/protocol/gtp_board.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr char kPass[] = "pass";

// The action that passes; kNoAction where the side to move may not.
Action PassAction(const State& state) {
  if (state.IsTerminal()) return kNoAction;
  const absl::StatusOr<Action> action = state.ParseAction(kPass);
  return action.ok() ? *action : kNoAction;
}

}  // namespace

std::vector<std::string> FixedHandicap(int size, int num_stones) {
  const int most = size < 7 ? 0 : size % 2 == 0 || size == 7 ? 4 : 9;
  if (num_stones < 2 || num_stones > most) return {};
  const int low = size < 13 ? 3 : 4, high = size + 1 - low, middle = (size + 1) / 2;
  const std::array<std::pair<int, int>, 8> points = {
      {{low, low}, {high, high}, {high, low}, {low, high}, {low, middle}, {high, middle}, {middle, low}, {middle, high}}};
  // Odd numbers from five on have the middle; the rest are pairs in this order, but the third stone comes alone.
  const bool has_middle = num_stones >= 5 && num_stones % 2 == 1;
  std::vector<std::pair<int, int>> chosen(points.begin(), points.begin() + num_stones - has_middle);
  if (has_middle) chosen.emplace_back(middle, middle);
  std::vector<std::string> vertices;
  for (const auto& [col, row] : chosen) {
    const char letter = static_cast<char>('A' + col - 1 + (col > 8));
    vertices.push_back(absl::StrCat(std::string(1, letter), row));
  }
  return vertices;
}

GtpGame::GtpGame(const Game& game) : game_(&game), state_(game.NewState()) {}

absl::StatusOr<std::unique_ptr<State>> GtpGame::Build(const Game& game, const std::vector<Move>& moves, bool passes,
                                                      std::vector<Action>* played) const {
  std::unique_ptr<State> state = game.NewState();
  if (!start_.empty()) {
    TANDEM_ASSIGN_OR_RETURN(state, game.StateFromText(start_));
  }
  const auto apply = [&state, played](Action action) {
    if (played != nullptr) played->push_back(action);
    state->Apply(action);
  };
  ActionList legal;
  std::vector<Move> all = handicap_;
  all.insert(all.end(), moves.begin(), moves.end());
  for (const Move& move : all) {
    if (move.is_pass) continue;
    if (state->ToMove() != move.player) {
      const Action pass = PassAction(*state);
      if (pass == kNoAction) return BadInput("illegal move: it is not ", std::string(1, ColorLetter(game, move.player)), "'s turn");
      apply(pass);
    }
    state->LegalActions(legal);
    if (legal.Find(move.action) < 0) return BadInput("illegal move");
    apply(move.action);
  }
  if (!passes) return state;
  int num_passes = 0;
  while (num_passes < static_cast<int>(moves.size()) && moves[moves.size() - 1 - num_passes].is_pass) ++num_passes;
  // One pass counts when it is that side's turn (else it changes nothing), two whoever they belong to.
  const bool counts = num_passes > 1 || (num_passes == 1 && moves.back().player == state->ToMove());
  for (int i = 0; counts && i < std::min(num_passes, 2); ++i) {
    const Action pass = PassAction(*state);
    if (pass == kNoAction) break;
    apply(pass);
  }
  return state;
}

absl::StatusOr<std::unique_ptr<State>> GtpGame::StateFor(int player, bool resumed) const {
  std::unique_ptr<State> state = state_->Clone();
  if (!resumed && (state->IsTerminal() || state->ToMove() == player)) return state;
  TANDEM_ASSIGN_OR_RETURN(state, Build(*game_, moves_, /*passes=*/false));
  if (state->IsTerminal() || state->ToMove() == player) return state;
  const Action pass = PassAction(*state);
  if (pass == kNoAction)
    return absl::FailedPreconditionError(absl::StrCat("it is not ", std::string(1, ColorLetter(*game_, player)), "'s turn"));
  state->Apply(pass);
  return state;
}

absl::Status GtpGame::Play(int player, std::string_view vertex) {
  // The move is read where it is to be played: on the board that the stones make, passes forgotten.
  TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<State> before, Build(*game_, moves_, /*passes=*/false));
  Move move{player, kNoAction, IsPassText(vertex)};
  if (before->IsTerminal()) return BadInput("illegal move: the game is over");
  if (before->ToMove() != player) {
    const Action pass = PassAction(*before);
    if (pass != kNoAction) before->Apply(pass);
  }
  if (before->ToMove() != player) return BadInput("illegal move: it is not ", std::string(1, ColorLetter(*game_, player)), "'s turn");
  const absl::StatusOr<Action> action = ParseVertex(*game_, *before, vertex);
  if (!action.ok()) return Annotate(action.status(), "illegal move");
  move.action = *action;
  std::vector<Move> moves = moves_;
  moves.push_back(move);
  TANDEM_ASSIGN_OR_RETURN(state_, Build(*game_, moves, /*passes=*/true));
  moves_ = std::move(moves);
  return absl::OkStatus();
}

absl::Status GtpGame::PlaceHandicap(const std::vector<std::string>& vertices) {
  if (!empty()) return absl::FailedPreconditionError("board not empty");
  GtpGame placed(*game_);
  for (const std::string& vertex : vertices) {
    if (IsPassText(vertex)) return BadInput("invalid vertex list: pass is no stone");
    if (const absl::Status status = placed.Play(0, vertex); !status.ok()) return Annotate(status, "invalid vertex list");
  }
  handicap_ = std::move(placed.moves_);
  state_ = std::move(placed.state_);
  return absl::OkStatus();
}

void GtpGame::Load(const Game& game, const std::string& start, const std::vector<Action>& moves) {
  game_ = &game;
  start_ = start;
  handicap_.clear();
  moves_.clear();
  state_ = start.empty() ? game.NewState() : std::move(game.StateFromText(start)).value();
  for (const Action action : moves) {
    moves_.push_back({state_->ToMove(), action, state_->ActionText(action) == kPass});
    state_->Apply(action);
  }
}

std::vector<Action> GtpGame::Moves() const {
  std::vector<Action> played;
  (void)Build(*game_, moves_, /*passes=*/true, &played);
  return played;
}

bool GtpGame::Undo() {
  if (moves_.empty()) return false;
  moves_.pop_back();
  // A game's first moves are as legal as they were.
  state_ = std::move(Build(*game_, moves_, /*passes=*/true)).value();
  return true;
}

absl::Status GtpGame::ChangeGame(const Game& game) {
  TANDEM_ASSIGN_OR_RETURN(state_, Build(game, moves_, /*passes=*/true));
  game_ = &game;
  return absl::OkStatus();
}

}  // namespace tandem
