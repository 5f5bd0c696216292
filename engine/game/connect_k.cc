#include "engine/game/connect_k.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/board_text.h"
#include "engine/game/symmetry.h"

namespace tandem {
namespace {

BoardShape ShapeOf(int rows, int cols, bool gravity) {
  return {.rows = rows, .cols = cols, .row_one_on_top = false, .columns_are_numbers = gravity};
}

std::vector<Symmetry> SymmetriesOf(const ConnectKRules& rules) {
  if (rules.gravity) return ColumnMirrorSymmetries(rules.rows, rules.cols);
  if (rules.rows == rules.cols) return SquareSymmetries(rules.rows);
  std::vector<Symmetry> symmetries;
  for (const BoardTransform transform :
       {BoardTransform::kIdentity, BoardTransform::kMirrorColumns, BoardTransform::kMirrorRows, BoardTransform::kRotate180}) {
    symmetries.push_back(CellActionSymmetry(rules.rows, rules.cols, transform));
  }
  return symmetries;
}

template <int kWords>
std::unique_ptr<const Game> Make(const ConnectKRules& rules, GameFacts facts) {
  return std::make_unique<GameOf<ConnectK<kWords>>>(std::move(facts), SymmetriesOf(rules), ConnectK<kWords>(rules));
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Game>> MakeConnectK(const ConnectKRules& rules, GameFacts facts) {
  if (const int longest = std::max(rules.rows, rules.cols); rules.k > longest) {
    return BadInput("game ", facts.spec, ": ", rules.k, " in a row do not fit the board; expected k of at most ", longest);
  }
  const int cells = rules.rows * rules.cols;
  facts.rows = rules.rows;
  facts.cols = rules.cols;
  facts.num_planes = ConnectK<1>::NumPlanes(rules);
  facts.num_actions = rules.gravity ? rules.cols : cells;
  facts.policy_layout = rules.gravity ? PolicyLayout::kColumn : PolicyLayout::kCell;
  facts.max_plies = cells;
  facts.notation = rules.gravity ? absl::StrCat("column 1 to ", rules.cols, ", left to right")
                                 : absl::StrCat("a1 (bottom left) to ", CellName(ShapeOf(rules.rows, rules.cols, false), cells - 1));
  if (cells <= 64) return Make<1>(rules, std::move(facts));
  if (cells <= 128) return Make<2>(rules, std::move(facts));
  if (cells <= 256) return Make<4>(rules, std::move(facts));
  return Make<7>(rules, std::move(facts));
}

template <int kWords>
ConnectK<kWords>::ConnectK(const ConnectKRules& rules)
    : rows_(static_cast<std::uint8_t>(rules.rows)),
      cols_(static_cast<std::uint8_t>(rules.cols)),
      k_(static_cast<std::uint8_t>(rules.k)),
      gravity_(rules.gravity),
      exact_(rules.exact),
      misere_(rules.misere) {
  TANDEM_CHECK(rules.rows <= ConnectKRules::kMaxSide && rules.cols <= ConnectKRules::kMaxSide && Cells() <= 64 * kWords);
}

template <int kWords>
bool ConnectK<kWords>::HasRun(const Bits& stones) const {
  bool found = false;
  bits::ForEach(stones, [&](int cell) { found = found || HasRunThrough(stones, cell); });
  return found;
}

template <int kWords>
void ConnectK<kWords>::LegalActions(ActionList& legal) const {
  legal.clear();
  if (outcome_ != Outcome::kOngoing) return;
  if (gravity_) {
    for (int col = 0; col < cols_; ++col) {
      if (heights_[col] < rows_) legal.push_back(static_cast<Action>(col));
    }
    return;
  }
  bits::ForEach(Empty(), [&](int cell) { legal.push_back(static_cast<Action>(cell)); });
}

template <int kWords>
std::uint64_t ConnectK<kWords>::CountActions() const {
  if (outcome_ != Outcome::kOngoing) return 0;
  if (!gravity_) return static_cast<std::uint64_t>(Cells() - num_stones_);
  return static_cast<std::uint64_t>(std::count_if(heights_.begin(), heights_.begin() + cols_, [&](int height) { return height < rows_; }));
}

template <int kWords>
void ConnectK<kWords>::WritePlanes(std::span<float> planes) const {
  const int num_planes = gravity_ ? 4 : 3;
  TANDEM_DCHECK(planes.size() == static_cast<std::size_t>(Cells() * num_planes));
  const Bits& own = stones_[to_move_];
  const Bits& opponent = stones_[to_move_ ^ 1];
  const bool ongoing = outcome_ == Outcome::kOngoing;
  float* at = planes.data();
  for (int cell = 0; cell < Cells(); ++cell, at += num_planes) {
    at[0] = bits::Has(own, cell) ? 1.0f : 0.0f;
    at[1] = bits::Has(opponent, cell) ? 1.0f : 0.0f;
    at[2] = 1.0f;
    if (gravity_) at[3] = ongoing && heights_[cell % cols_] == cell / cols_ ? 1.0f : 0.0f;
  }
}

template <int kWords>
std::string ConnectK<kWords>::ActionText(Action action) const {
  return gravity_ ? absl::StrCat(action + 1) : CellName(ShapeOf(rows_, cols_, false), action);
}

template <int kWords>
absl::StatusOr<Action> ConnectK<kWords>::ActionFromText(std::string_view text) const {
  if (!gravity_) {
    TANDEM_ASSIGN_OR_RETURN(const int cell, CellFromName(ShapeOf(rows_, cols_, false), text));
    return static_cast<Action>(cell);
  }
  // One spelling each: what the number is written as must be the text.
  int col = 0;
  if (text.size() > 2 || !absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &col) || col < 1 || col > cols_ ||
      absl::StrCat(col) != text) {
    return BadInput("move ", QuotedText(text), " is no column; expected 1 to ", int{cols_});
  }
  return static_cast<Action>(col - 1);
}

template <int kWords>
std::string ConnectK<kWords>::CellText() const {
  std::string cells(Cells(), '.');
  bits::ForEach(stones_[0], [&](int cell) { cells[cell] = 'x'; });
  bits::ForEach(stones_[1], [&](int cell) { cells[cell] = 'o'; });
  return cells;
}

template <int kWords>
std::string ConnectK<kWords>::ToText() const {
  return WriteBoardText(ShapeOf(rows_, cols_, gravity_), {CellText(), to_move_});
}

template <int kWords>
std::string ConnectK<kWords>::Draw() const {
  return DrawBoard(ShapeOf(rows_, cols_, gravity_), {CellText(), to_move_});
}

template <int kWords>
absl::StatusOr<ConnectK<kWords>> ConnectK<kWords>::FromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(ShapeOf(rows_, cols_, gravity_), text));
  TANDEM_RETURN_IF_ERROR(CheckAlternation(board, text));
  ConnectK position(ConnectKRules{.rows = rows_, .cols = cols_, .k = k_, .gravity = gravity_, .exact = exact_, .misere = misere_});
  for (int cell = 0; cell < Cells(); ++cell) {
    if (board.cells[cell] == '.') continue;
    if (gravity_ && position.heights_[cell % cols_]++ != cell / cols_) {
      return BadInput("position ", QuotedText(text), ": the stone in column ", cell % cols_ + 1, ", row ", cell / cols_ + 1,
                      " hangs over an empty cell; expected columns filled from the bottom");
    }
    bits::Add(position.stones_[board.cells[cell] == 'x' ? 0 : 1], cell);
    ++position.num_stones_;
  }
  position.to_move_ = static_cast<std::int8_t>(board.to_move);
  if (position.HasRun(position.stones_[board.to_move])) {
    return BadInput("position ", QuotedText(text), ": the side to move has ", int{k_}, " in a row; expected the game to have ended before");
  }
  if (position.HasRun(position.stones_[board.to_move ^ 1])) {
    position.outcome_ = static_cast<Outcome>(SwitchView(misere_ ? -1 : 1, board.to_move ^ 1));
  } else if (position.num_stones_ == Cells()) {
    position.outcome_ = Outcome::kDraw;
  }
  return position;
}

template class ConnectK<1>;
template class ConnectK<2>;
template class ConnectK<4>;
template class ConnectK<7>;

}  // namespace tandem
