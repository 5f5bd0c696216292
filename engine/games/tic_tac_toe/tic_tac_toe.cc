#include "engine/games/tic_tac_toe/tic_tac_toe.h"

#include <algorithm>
#include <array>
#include <memory>

#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/board_text.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"

namespace tandem {
namespace {

constexpr BoardShape kShape = {.rows = TicTacToe::kSize, .cols = TicTacToe::kSize};

bool HasThree(std::uint32_t stones) {
  constexpr std::array<std::uint32_t, 8> kLines = {0007, 0070, 0700, 0111, 0222, 0444, 0421, 0124};
  return std::any_of(kLines.begin(), kLines.end(), [&](std::uint32_t line) { return (stones & line) == line; });
}

absl::StatusOr<std::unique_ptr<const Game>> MakeTicTacToe(const GameOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const bool misere, options.Bool("misere", false));
  GameFacts facts;
  options.Identify(&facts);
  facts.title = misere ? "Tic-tac-toe (misere)" : "Tic-tac-toe";
  facts.rows = facts.cols = TicTacToe::kSize;
  facts.num_planes = TicTacToe::kNumPlanes;
  facts.num_actions = facts.max_plies = TicTacToe::kCells;
  facts.notation = "a1 (bottom left) to c3";
  return std::make_unique<GameOf<TicTacToe>>(facts, SquareSymmetries(TicTacToe::kSize), TicTacToe(misere));
}

TANDEM_REGISTER_GAME("tic_tac_toe", MakeTicTacToe, "misere", "");

}  // namespace

Outcome TicTacToe::GetOutcome() const {
  for (const int player : {0, 1}) {
    if (HasThree(stones_[player])) return static_cast<Outcome>(SwitchView(misere_ ? -1 : 1, player));
  }
  return Empty() == 0 ? Outcome::kDraw : Outcome::kOngoing;
}

void TicTacToe::LegalActions(ActionList& legal) const {
  legal.clear();
  if (GetOutcome() != Outcome::kOngoing) return;
  for (std::uint32_t cells = Empty(); cells != 0; cells &= cells - 1) legal.push_back(static_cast<Action>(std::countr_zero(cells)));
}

void TicTacToe::WritePlanes(std::span<float> planes) const {
  TANDEM_DCHECK(planes.size() == kCells * kNumPlanes);
  for (int cell = 0; cell < kCells; ++cell) {
    float* const at = &planes[cell * kNumPlanes];
    at[0] = static_cast<float>(stones_[to_move_] >> cell & 1);
    at[1] = static_cast<float>(stones_[to_move_ ^ 1] >> cell & 1);
    at[2] = 1;
  }
}

std::string TicTacToe::ActionText(Action action) const { return CellName(kShape, action); }

absl::StatusOr<Action> TicTacToe::ActionFromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const int cell, CellFromName(kShape, text));
  return static_cast<Action>(cell);
}

std::string TicTacToe::Cells() const {
  std::string cells(kCells, '.');
  for (int cell = 0; cell < kCells; ++cell) {
    if (stones_[0] >> cell & 1) cells[cell] = 'x';
    if (stones_[1] >> cell & 1) cells[cell] = 'o';
  }
  return cells;
}

std::string TicTacToe::ToText() const { return WriteBoardText(kShape, {Cells(), ToMove()}); }

std::string TicTacToe::Draw() const { return DrawBoard(kShape, {Cells(), ToMove()}); }

absl::StatusOr<TicTacToe> TicTacToe::FromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(kShape, text));
  TicTacToe position(misere_);
  for (int cell = 0; cell < kCells; ++cell) {
    if (board.cells[cell] != '.') position.stones_[board.cells[cell] == 'x' ? 0 : 1] |= 1u << cell;
  }
  position.to_move_ = board.to_move;
  TANDEM_RETURN_IF_ERROR(CheckAlternation(board, text));
  if (HasThree(position.stones_[board.to_move])) {
    return BadInput("position ", QuotedText(text), ": the side to move has three in a row; expected the game to have ended before");
  }
  return position;
}

}  // namespace tandem
