#include "engine/games/connect_four/connect_four.h"

#include <algorithm>
#include <memory>

#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/board_text.h"
#include "engine/game/connect_k.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"

namespace tandem {

using namespace connect_four;  // NOLINT: the game's own constants

namespace {

constexpr BoardShape kShape = {.rows = kRows, .cols = kCols, .row_one_on_top = false, .columns_are_numbers = true};

constexpr std::uint64_t BitOfCell(int cell) { return Bit(cell % kCols, cell / kCols); }

// 3, 2, 1, 0, 1, 2, 3: ties in the solver's order go to the centre.
constexpr int FromCentre(int col) { return col > kCols / 2 ? col - kCols / 2 : kCols / 2 - col; }

template <bool kMisere>
std::unique_ptr<const Game> Make(GameFacts facts) {
  return std::make_unique<GameOf<ConnectFour<kMisere>>>(std::move(facts), ColumnMirrorSymmetries(kRows, kCols), ConnectFour<kMisere>());
}

absl::StatusOr<std::unique_ptr<const Game>> MakeConnectFour(const GameOptions& options) {
  ConnectKRules rules = {.gravity = true};
  TANDEM_ASSIGN_OR_RETURN(rules.rows, options.Int("rows", kRows, 1, ConnectKRules::kMaxSide));
  TANDEM_ASSIGN_OR_RETURN(rules.cols, options.Int("cols", kCols, 1, ConnectKRules::kMaxSide));
  TANDEM_ASSIGN_OR_RETURN(rules.k, options.Int("k", kRun, 2, ConnectKRules::kMaxSide));
  TANDEM_ASSIGN_OR_RETURN(const bool misere, options.Bool("misere", false));
  rules.misere = misere;
  GameFacts facts;
  options.Identify(&facts);
  facts.title = misere ? "Connect Four (misere)" : "Connect Four";
  if (rules.rows != kRows || rules.cols != kCols || rules.k != kRun) {
    absl::StrAppend(&facts.title, ", ", rules.cols, "x", rules.rows, ", ", rules.k, " in a row");
    return MakeConnectK(rules, std::move(facts));
  }
  facts.rows = kRows;
  facts.cols = kCols;
  facts.num_planes = ConnectFour<false>::kNumPlanes;
  facts.num_actions = kCols;
  facts.policy_layout = PolicyLayout::kColumn;
  facts.max_plies = kCells;
  facts.notation = "column 1 to 7, left to right";
  return misere ? Make<true>(facts) : Make<false>(facts);
}

TANDEM_REGISTER_GAME("connect_four", MakeConnectFour, "rows cols k misere", "");

}  // namespace

std::uint64_t connect_four::MirroredKey(std::uint64_t key) {
#ifdef __BMI2__
  // A byte a column, bytes reversed, packed again.
  constexpr std::uint64_t kColumnsInBytes = 0x007f7f7f7f7f7f7full;
  return _pext_u64(__builtin_bswap64(_pdep_u64(key, kColumnsInBytes)) >> 8, kColumnsInBytes);
#else
  std::uint64_t mirrored = 0;
  for (int col = 0; col < kCols; ++col, key >>= kStride) mirrored = mirrored << kStride | (key & ((1u << kStride) - 1));
  return mirrored;
#endif
}

template <bool kMisere>
PositionKey ConnectFour<kMisere>::CanonicalKey() const {
  const std::uint64_t key = Key().low;
  return {.low = std::min(key, MirroredKey(key)), .high = 0};
}

template <bool kMisere>
void ConnectFour<kMisere>::LegalActions(ActionList& legal) const {
  legal.clear();
  if (HasFour(Opponent())) return;
  for (std::uint64_t cells = Landing(); cells != 0; cells &= cells - 1) {
    legal.push_back(static_cast<Action>(std::countr_zero(cells) / kStride));
  }
}

template <bool kMisere>
std::uint64_t ConnectFour<kMisere>::SafeCells() const {
  if constexpr (kMisere) {
    return Landing() & ~CompletingCells(mover_, occupied_);
  } else {
    const std::uint64_t threats = CompletingCells(Opponent(), occupied_);
    std::uint64_t cells = Landing();
    const std::uint64_t forced = cells & threats;
    if (forced != 0) cells = std::has_single_bit(forced) ? forced : 0;  // only one of two threats can be met
    return cells & ~(threats >> 1);                                     // nor may a stone lift the opponent to a threat
  }
}

template <bool kMisere>
ValueBounds ConnectFour<kMisere>::QuickBounds() const {
  if (!kMisere && (Landing() & CompletingCells(mover_, occupied_)) != 0) return {1, 1};
  if (SafeCells() == 0) return {-1, -1};
  // Who can no longer complete four even with every empty cell does not win (in misere: does not lose).
  const std::uint64_t empty = kBoard & ~occupied_;
  const bool mover_can = HasFour(mover_ | empty);
  const bool opponent_can = HasFour(Opponent() | empty);
  return {.low = (kMisere ? mover_can : opponent_can) ? -1 : 0, .high = (kMisere ? opponent_can : mover_can) ? 1 : 0};
}

template <bool kMisere>
void ConnectFour<kMisere>::OrderedActions(ActionList& actions) const {
  actions.clear();
  const std::uint64_t wins = kMisere ? 0 : Landing() & CompletingCells(mover_, occupied_);
  std::uint64_t cells = wins != 0 ? wins & (0 - wins) : SafeCells();
  if (cells == 0) cells = Landing() & (0 - Landing());  // all lose: any one will do
  int scores[kCols];
  for (; cells != 0; cells &= cells - 1) {
    const std::uint64_t cell = cells & (0 - cells);
    const int col = std::countr_zero(cell) / kStride;
    // In misere each completing cell of one's own is one cell less to move to.
    const int threats = std::popcount(CompletingCells(mover_ | cell, occupied_ | cell));
    const int score = (kMisere ? -threats : threats) * kCols - FromCentre(col);
    int i = actions.size();
    actions.push_back(static_cast<Action>(col));
    for (; i > 0 && scores[i - 1] < score; --i) {
      scores[i] = scores[i - 1];
      actions.begin()[i] = actions[i - 1];
    }
    scores[i] = score;
    actions.begin()[i] = static_cast<Action>(col);
  }
}

template <bool kMisere>
void ConnectFour<kMisere>::WritePlanes(std::span<float> planes) const {
  TANDEM_DCHECK(planes.size() == kCells * kNumPlanes);
  const std::uint64_t sets[kNumPlanes] = {mover_, Opponent(), kBoard, GetOutcome() == Outcome::kOngoing ? Landing() : 0};
  for (int cell = 0; cell < kCells; ++cell) {
    for (int plane = 0; plane < kNumPlanes; ++plane) {
      planes[cell * kNumPlanes + plane] = (sets[plane] & BitOfCell(cell)) != 0 ? 1.0f : 0.0f;
    }
  }
}

template <bool kMisere>
std::string ConnectFour<kMisere>::ActionText(Action action) const {
  return std::string(1, static_cast<char>('1' + action));
}

template <bool kMisere>
absl::StatusOr<Action> ConnectFour<kMisere>::ActionFromText(std::string_view text) const {
  if (text.size() != 1 || text[0] < '1' || text[0] > '0' + kCols) {
    return BadInput("move ", QuotedText(text), " is no column; expected 1 to ", kCols);
  }
  return static_cast<Action>(text[0] - '1');
}

template <bool kMisere>
std::string ConnectFour<kMisere>::Cells() const {
  std::string cells(kCells, '.');
  const std::uint64_t first = ToMove() == 0 ? mover_ : Opponent();
  for (int cell = 0; cell < kCells; ++cell) {
    if ((occupied_ & BitOfCell(cell)) != 0) cells[cell] = (first & BitOfCell(cell)) != 0 ? 'x' : 'o';
  }
  return cells;
}

template <bool kMisere>
std::string ConnectFour<kMisere>::ToText() const {
  return WriteBoardText(kShape, {Cells(), ToMove()});
}

template <bool kMisere>
std::string ConnectFour<kMisere>::Draw() const {
  return DrawBoard(kShape, {Cells(), ToMove()});
}

template <bool kMisere>
absl::StatusOr<ConnectFour<kMisere>> ConnectFour<kMisere>::FromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(kShape, text));
  TANDEM_RETURN_IF_ERROR(CheckAlternation(board, text));
  ConnectFour position;
  for (int cell = 0; cell < kCells; ++cell) {
    if (board.cells[cell] == '.') continue;
    if (cell >= kCols && board.cells[cell - kCols] == '.') {
      return BadInput("position ", QuotedText(text), ": the stone in column ", cell % kCols + 1, ", row ", cell / kCols + 1,
                      " hangs over an empty cell; expected columns filled from the bottom");
    }
    position.occupied_ |= BitOfCell(cell);
    if (board.cells[cell] == (board.to_move == 0 ? 'x' : 'o')) position.mover_ |= BitOfCell(cell);
  }
  if (HasFour(position.mover_)) {
    return BadInput("position ", QuotedText(text), ": the side to move has four in a row; expected the game to have ended before");
  }
  return position;
}

template class ConnectFour<false>;
template class ConnectFour<true>;

}  // namespace tandem
