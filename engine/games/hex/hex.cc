#include "engine/games/hex/hex.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"

namespace tandem {
namespace {

constexpr int kDefaultSize = 11, kMinSize = 2, kMaxSize = 19;
constexpr char kSwapText[] = "swap";

template <int kWords>
std::unique_ptr<const Game> Make(int size, bool swap, GameFacts facts) {
  const Hex<kWords> start(size, swap);
  const int num_global_actions = swap ? 1 : 0;
  facts.title = absl::StrCat("Hex ", size, "x", size, swap ? " with swap" : "");
  facts.rows = facts.cols = size;
  facts.num_planes = start.NumPlanes();
  facts.num_global_actions = num_global_actions;
  facts.num_actions = facts.max_plies = size * size + num_global_actions;
  facts.notation = absl::StrCat("a1 (top left) to ", CellName({.rows = size, .cols = size}, size * size - 1), swap ? ", swap" : "");
  std::vector<Symmetry> symmetries;
  for (const BoardTransform transform : {BoardTransform::kIdentity, BoardTransform::kRotate180}) {
    symmetries.push_back(CellActionSymmetry(size, size, transform, 1, num_global_actions));
  }
  return std::make_unique<GameOf<Hex<kWords>>>(std::move(facts), std::move(symmetries), start);
}

absl::StatusOr<std::unique_ptr<const Game>> MakeHex(const GameOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const int size, options.Int("size", kDefaultSize, kMinSize, kMaxSize));
  TANDEM_ASSIGN_OR_RETURN(const bool swap, options.Bool("swap", false));
  GameFacts facts;
  options.Identify(&facts);
  const int num_bits = size * (size + 1);
  if (num_bits <= 64) return Make<1>(size, swap, facts);
  if (num_bits <= 128) return Make<2>(size, swap, facts);
  if (num_bits <= 192) return Make<3>(size, swap, facts);
  return Make<6>(size, swap, facts);
}

TANDEM_REGISTER_GAME("hex", MakeHex, "size swap", "");

// Bits in reverse order.
std::uint64_t Reversed(std::uint64_t bits) {
  bits = (bits >> 1 & 0x5555555555555555ull) | (bits & 0x5555555555555555ull) << 1;
  bits = (bits >> 2 & 0x3333333333333333ull) | (bits & 0x3333333333333333ull) << 2;
  bits = (bits >> 4 & 0x0f0f0f0f0f0f0f0full) | (bits & 0x0f0f0f0f0f0f0f0full) << 4;
  return __builtin_bswap64(bits);
}

}  // namespace

template <int kWords>
struct Hex<kWords>::Masks {
  Bits board{};
  Bits edges[2][2] = {};  // [player][edge]
};

template <int kWords>
const typename Hex<kWords>::Masks& Hex<kWords>::MasksOf(int size) {
  static const auto kMasks = [] {
    std::array<Masks, kMaxSize + 1> all;
    for (int n = kMinSize; n <= kMaxSize && n * (n + 1) <= 64 * kWords; ++n) {
      for (int row = 0; row < n; ++row) {
        for (int col = 0; col < n; ++col) {
          const int bit = row * (n + 1) + col;
          bits::Add(all[n].board, bit);
          for (const int player : {0, 1}) {
            const int line = player == 0 ? row : col;
            if (line == 0) bits::Add(all[n].edges[player][0], bit);
            if (line == n - 1) bits::Add(all[n].edges[player][1], bit);
          }
        }
      }
    }
    return all;
  }();
  return kMasks[size];
}

template <int kWords>
Hex<kWords>::Hex(int size, bool swap) : size_(static_cast<std::uint8_t>(size)), swap_(swap) {
  TANDEM_CHECK(size >= kMinSize && size <= kMaxSize && size * (size + 1) <= 64 * kWords);
}

template <int kWords>
PositionKey Hex<kWords>::CanonicalKey() const {
  if constexpr (kWords == 1) {
    // Bit b goes to (size - 1) * (size + 2) - b.
    const int shift = 63 - (size_ - 1) * (size_ + 2);
    const PositionKey key = Key();
    const PositionKey turned = bits::KeyOfSets(Reversed(stones_[0]) >> shift, Reversed(stones_[1]) >> shift, to_move_);
    return std::pair(turned.low, turned.high) < std::pair(key.low, key.high) ? turned : key;
  } else {
    return Key();
  }
}

template <int kWords>
void Hex<kWords>::LegalActions(ActionList& legal) const {
  legal.clear();
  if (outcome_ != Outcome::kOngoing) return;
  bits::ForEach(Empty(), [&](int bit) { legal.push_back(static_cast<Action>(CellOf(bit))); });
  if (CanSwap()) legal.push_back(SwapAction());
}

template <int kWords>
std::uint64_t Hex<kWords>::CountActions() const {
  if (outcome_ != Outcome::kOngoing) return 0;
  return static_cast<std::uint64_t>(size_ * size_ - bits::Count(stones_[0] | stones_[1]) + (CanSwap() ? 1 : 0));
}

template <int kWords>
void Hex<kWords>::SwapPieces() {
  int bit = 0;
  bits::ForEach(stones_[0], [&](int only) { bit = only; });
  Hex swapped(size_, swap_);
  swapped.to_move_ = to_move_;
  swapped.Place(1, bit % Stride() * Stride() + bit / Stride());
  *this = swapped;
}

template <int kWords>
Outcome Hex<kWords>::Playout(Rng& rng) const {
  if (outcome_ != Outcome::kOngoing) return outcome_;
  std::uint16_t empty[kMaxSize * kMaxSize];
  int num_empty = 0;
  bits::ForEach(Empty(), [&](int bit) { empty[num_empty++] = static_cast<std::uint16_t>(bit); });
  if (CanSwap() && rng.Below(static_cast<std::uint32_t>(num_empty + 1)) == 0) {
    Hex swapped = *this;
    swapped.Apply(SwapAction());
    return swapped.Playout(rng);
  }
  // The mover gets a random half of the empty cells, the odd one included.
  Bits own = stones_[to_move_];
  for (int i = 0; i < (num_empty + 1) / 2; ++i) {
    const int pick = i + static_cast<int>(rng.Below(static_cast<std::uint32_t>(num_empty - i)));
    bits::Add(own, empty[pick]);
    empty[pick] = empty[i];
  }
  // Flood from one edge of the mover; whoever does not join his edges has lost.
  const Masks& mask = masks();
  const Bits& goal = mask.edges[to_move_][1];
  Bits reached{};
  Bits front = (mask.edges[to_move_][0] | linked_[to_move_][0]) & own;
  while (bits::Any(front)) {
    reached |= front;
    if (bits::Any(front & goal)) return to_move_ == 0 ? Outcome::kFirstWins : Outcome::kSecondWins;
    front = Neighbours(front) & own & ~reached;
  }
  return to_move_ == 0 ? Outcome::kSecondWins : Outcome::kFirstWins;
}

template <int kWords>
typename Hex<kWords>::Bits Hex<kWords>::WinningCells(int player) const {
  const Masks& mask = masks();
  Bits cells = Empty();
  for (const int edge : {0, 1}) cells &= Neighbours(linked_[player][edge]) | mask.edges[player][edge];
  return cells;
}

template <int kWords>
ValueBounds Hex<kWords>::QuickBounds() const {
  if (bits::Any(WinningCells(to_move_))) return {1, 1};
  if (!CanSwap() && bits::Count(WinningCells(to_move_ ^ 1)) > 1) return {-1, -1};
  return {-1, 1};
}

template <int kWords>
void Hex<kWords>::OrderedActions(ActionList& actions) const {
  LegalActions(actions);
  if (CanSwap()) return;
  Bits forced = WinningCells(to_move_);
  if (!bits::Any(forced)) forced = WinningCells(to_move_ ^ 1);
  if (bits::Any(forced)) {
    actions.clear();
    bits::ForEach(forced, [&](int bit) {
      if (actions.empty()) actions.push_back(static_cast<Action>(CellOf(bit)));
    });
    return;
  }
  // Twice the distance from the centre in hex steps; stable, so that the order is the same everywhere.
  const auto from_centre = [&](Action cell) {
    const int down = 2 * (cell / size_) - (size_ - 1), right = 2 * (cell % size_) - (size_ - 1);
    return std::max({std::abs(down), std::abs(right), std::abs(down + right)});
  };
  std::stable_sort(actions.begin(), actions.end(), [&](Action a, Action b) { return from_centre(a) < from_centre(b); });
}

template <int kWords>
void Hex<kWords>::WritePlanes(std::span<float> planes) const {
  const int num_planes = NumPlanes();
  TANDEM_DCHECK(planes.size() == static_cast<std::size_t>(size_ * size_ * num_planes));
  const Masks& mask = masks();
  const Bits edges = mask.edges[to_move_][0] | mask.edges[to_move_][1];
  const float swap = CanSwap() ? 1.0f : 0.0f;
  float* at = planes.data();
  for (int cell = 0; cell < size_ * size_; ++cell, at += num_planes) {
    const int bit = BitOf(cell);
    at[0] = bits::Has(stones_[to_move_], bit) ? 1.0f : 0.0f;
    at[1] = bits::Has(stones_[to_move_ ^ 1], bit) ? 1.0f : 0.0f;
    at[2] = to_move_ == 0 ? 1.0f : -1.0f;
    at[3] = bits::Has(edges, bit) ? 1.0f : 0.0f;
    if (swap_) at[4] = swap;
  }
}

template <int kWords>
std::string Hex<kWords>::ActionText(Action action) const {
  return action == SwapAction() ? kSwapText : CellName(Shape(), action);
}

template <int kWords>
absl::StatusOr<Action> Hex<kWords>::ActionFromText(std::string_view text) const {
  if (swap_ && text == kSwapText) return SwapAction();
  const absl::StatusOr<int> cell = CellFromName(Shape(), text);
  if (!cell.ok()) return swap_ ? BadInput(cell.status().message(), " or ", kSwapText) : cell.status();
  return static_cast<Action>(*cell);
}

template <int kWords>
std::string Hex<kWords>::CellText() const {
  std::string cells(size_ * size_, '.');
  for (const int player : {0, 1}) {
    bits::ForEach(stones_[player], [&](int bit) { cells[CellOf(bit)] = "xo"[player]; });
  }
  return cells;
}

template <int kWords>
std::string Hex<kWords>::ToText() const {
  return WriteBoardText(Shape(), {CellText(), to_move_});
}

template <int kWords>
std::string Hex<kWords>::Draw() const {
  const std::string cells = CellText();
  std::string text = "   ";
  for (int col = 0; col < size_; ++col) absl::StrAppendFormat(&text, "%2c", 'a' + col);
  text += "   (x joins top and bottom, o joins left and right)\n";
  for (int row = 0; row < size_; ++row) {
    absl::StrAppendFormat(&text, "%*s%2d ", row, "", row + 1);
    for (int col = 0; col < size_; ++col) absl::StrAppendFormat(&text, " %c", cells[row * size_ + col]);
    text += '\n';
  }
  absl::StrAppendFormat(&text, "%c to move%s\n", "xo"[to_move_], CanSwap() ? " (or swap)" : "");
  return text;
}

template <int kWords>
absl::StatusOr<Hex<kWords>> Hex<kWords>::FromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(Shape(), text));
  const auto lead = std::count(board.cells.begin(), board.cells.end(), 'x') - std::count(board.cells.begin(), board.cells.end(), 'o');
  // After a swap the second player is a stone ahead of the usual count.
  const bool swapped = swap_ && lead == board.to_move - 1;
  if (!swapped) TANDEM_RETURN_IF_ERROR(CheckAlternation(board, text));
  Hex position(size_, swap_);
  bool joined[2] = {};
  for (int cell = 0; cell < size_ * size_; ++cell) {
    if (board.cells[cell] == '.') continue;
    const int player = board.cells[cell] == 'x' ? 0 : 1;
    joined[player] |= position.Place(player, BitOf(cell));
  }
  position.to_move_ = static_cast<std::int8_t>(board.to_move);
  if (swapped && position.num_stones_ == 0) return CheckAlternation(board, text);
  if (joined[board.to_move]) {
    return BadInput("position ", QuotedText(text), ": the side to move has joined its edges; expected the game to have ended before");
  }
  if (joined[board.to_move ^ 1]) position.outcome_ = board.to_move == 1 ? Outcome::kFirstWins : Outcome::kSecondWins;
  return position;
}

template class Hex<1>;
template class Hex<2>;
template class Hex<3>;
template class Hex<6>;

}  // namespace tandem
