#include "engine/games/othello/othello.h"

#include <algorithm>
#include <memory>

#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/board_text.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"

namespace tandem {
namespace {

using othello::Add;
using othello::Any;
using othello::Count;
using othello::ForEach;
using othello::Has;

constexpr int kDefaultSize = 8;
constexpr char kPassText[] = "pass";

template <int kSize>
constexpr BoardShape kShape = {.rows = kSize, .cols = kSize, .row_one_on_top = true};

template <int kSize>
std::unique_ptr<const Game> Make(GameFacts facts) {
  using P = Othello<kSize>;
  facts.title = absl::StrCat("Othello ", kSize, "x", kSize);
  facts.rows = facts.cols = kSize;
  facts.num_planes = P::kNumPlanes;
  facts.num_actions = P::kCells + 1;
  facts.num_global_actions = 1;
  facts.max_plies = 2 * (P::kCells - 4);  // no two passes in a row, so at most one before each disc
  facts.has_ownership = true;
  facts.notation = absl::StrCat("a1 (top left) to ", CellName(kShape<kSize>, P::kCells - 1), ", ", kPassText);
  return std::make_unique<GameOf<P>>(std::move(facts), SquareSymmetries(kSize, 1, 1), P());
}

absl::StatusOr<std::unique_ptr<const Game>> MakeOthello(const GameOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const int size, options.Int("size", kDefaultSize, 4, 16));
  GameFacts facts;
  options.Identify(&facts);
  switch (size) {
    case 4:
      return Make<4>(facts);
    case 6:
      return Make<6>(facts);
    case 8:
      return Make<8>(facts);
    case 10:
      return Make<10>(facts);
    case 12:
      return Make<12>(facts);
    case 14:
      return Make<14>(facts);
    case 16:
      return Make<16>(facts);
    default:
      return BadInput("option size='", size, "' of game othello: expected an even number from 4 to 16");
  }
}

TANDEM_REGISTER_GAME("othello", MakeOthello, "size", "");

}  // namespace

template <int kSize>
Othello<kSize>::Othello() {
  // e4 and d5 on 8x8 are black's, d4 and e5 white's; other sizes alike around the middle.
  constexpr int kMiddle = kSize / 2;
  Add(own_, (kMiddle - 1) * kSize + kMiddle);
  Add(own_, kMiddle * kSize + kMiddle - 1);
  Add(opponent_, (kMiddle - 1) * kSize + kMiddle - 1);
  Add(opponent_, kMiddle * kSize + kMiddle);
  FindMoves();
}

template <int kSize>
PositionKey Othello<kSize>::Key() const {
  return bits::KeyOfSets(own_, opponent_, to_move_);
}

template <int kSize>
void Othello<kSize>::LegalActions(ActionList& legal) const {
  legal.clear();
  if (over_) return;
  ForEach(moves_, [&](int cell) { legal.push_back(static_cast<Action>(cell)); });
  if (legal.empty()) legal.push_back(kPass);
}

template <int kSize>
void Othello<kSize>::OrderedActions(ActionList& actions) const {
  LegalActions(actions);
  if (actions.size() == 1) return;
  constexpr int kCornerBonus = 2;
  int scores[kCells];
  for (int i = 0; i < actions.size(); ++i) {
    const Action action = actions[i];
    Othello next = *this;
    next.Apply(action);
    const int row = action / kSize, col = action % kSize;
    const bool is_corner = (row == 0 || row == kSize - 1) && (col == 0 || col == kSize - 1);
    const int score = Count(next.moves_) - (is_corner ? kCornerBonus : 0);
    int at = i;
    for (; at > 0 && scores[at - 1] > score; --at) {
      scores[at] = scores[at - 1];
      actions.begin()[at] = actions[at - 1];
    }
    scores[at] = score;
    actions.begin()[at] = action;
  }
}

template <int kSize>
FinalScore Othello<kSize>::GetFinalScore() const {
  FinalScore score;
  score.owner.assign(kCells, 0);
  ForEach(Discs(0), [&](int cell) { score.owner[cell] = 1; });
  ForEach(Discs(1), [&](int cell) { score.owner[cell] = -1; });
  score.margin = Count(Discs(0)) - Count(Discs(1));
  return score;
}

template <int kSize>
void Othello<kSize>::WritePlanes(std::span<float> planes) const {
  TANDEM_DCHECK(planes.size() == static_cast<std::size_t>(kCells * kNumPlanes));
  for (int cell = 0; cell < kCells; ++cell) {
    float* const at = &planes[cell * kNumPlanes];
    at[0] = Has(own_, cell) ? 1.0f : 0.0f;
    at[1] = Has(opponent_, cell) ? 1.0f : 0.0f;
    at[2] = 1.0f;
    at[3] = Has(moves_, cell) ? 1.0f : 0.0f;
  }
}

template <int kSize>
std::string Othello<kSize>::ActionText(Action action) const {
  return action == kPass ? kPassText : CellName(kShape<kSize>, action);
}

template <int kSize>
absl::StatusOr<Action> Othello<kSize>::ActionFromText(std::string_view text) const {
  if (text == kPassText) return kPass;
  absl::StatusOr<int> cell = CellFromName(kShape<kSize>, text);
  if (!cell.ok()) return BadInput(cell.status().message(), " or ", kPassText);
  return static_cast<Action>(*cell);
}

template <int kSize>
std::string Othello<kSize>::Cells() const {
  std::string cells(kCells, '.');
  ForEach(Discs(0), [&](int cell) { cells[cell] = 'x'; });
  ForEach(Discs(1), [&](int cell) { cells[cell] = 'o'; });
  return cells;
}

template <int kSize>
std::string Othello<kSize>::ToText() const {
  return WriteBoardText(kShape<kSize>, {Cells(), to_move_});
}

template <int kSize>
std::string Othello<kSize>::Draw() const {
  return DrawBoard(kShape<kSize>, {Cells(), to_move_});
}

template <int kSize>
absl::StatusOr<Othello<kSize>> Othello<kSize>::FromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(kShape<kSize>, text));
  Othello position;
  position.own_ = position.opponent_ = Bits{};
  position.to_move_ = static_cast<std::int8_t>(board.to_move);
  const char own = board.to_move == 0 ? 'x' : 'o';
  for (int cell = 0; cell < kCells; ++cell) {
    if (board.cells[cell] != '.') Add(board.cells[cell] == own ? position.own_ : position.opponent_, cell);
  }
  position.FindMoves();
  return position;
}

template class Othello<8>;  // for tests over the plain struct

}  // namespace tandem
