#include "engine/games/breakthrough/breakthrough.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"

namespace tandem {
namespace {

constexpr int kDefaultSize = 8, kMinSize = 5;
constexpr int kCellText = 2;  // characters of a cell's name

// The left-right mirror also swaps the diagonal directions.
Symmetry Mirror(int size) {
  Symmetry mirror = CellActionSymmetry(size, size, BoardTransform::kMirrorColumns, Breakthrough::kNumDirections);
  const int cells = size * size;
  for (int cell = 0; cell < cells; ++cell) std::swap(mirror.action[cell], mirror.action[2 * cells + cell]);
  return mirror;
}

absl::StatusOr<std::unique_ptr<const Game>> MakeBreakthrough(const GameOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const int size, options.Int("size", kDefaultSize, kMinSize, Breakthrough::kMaxSize));
  GameFacts facts;
  options.Identify(&facts);
  facts.title = absl::StrCat("Breakthrough ", size, "x", size);
  facts.rows = facts.cols = size;
  facts.num_planes = Breakthrough::kNumPlanes;
  facts.policy_planes = Breakthrough::kNumDirections;
  facts.num_actions = Breakthrough::kNumDirections * size * size;
  // Every move is a step forward: `size` pieces of each player have size - 1 steps before them, `size` have size - 2.
  facts.max_plies = 2 * size * (2 * size - 3);
  facts.notation = "from and to, a2a3 (a1 bottom left)";
  std::vector<Symmetry> symmetries = {CellActionSymmetry(size, size, BoardTransform::kIdentity, Breakthrough::kNumDirections),
                                      Mirror(size)};
  return std::make_unique<GameOf<Breakthrough>>(std::move(facts), std::move(symmetries), Breakthrough(size));
}

TANDEM_REGISTER_GAME("breakthrough", MakeBreakthrough, "size", "");

}  // namespace

Breakthrough::Breakthrough(int size) : size_(static_cast<std::uint8_t>(size)) {
  TANDEM_CHECK(size >= kMinSize && size <= kMaxSize);
  own_ = Rank(0) | Rank(1);
  opponent_ = Rank(size - 1) | Rank(size - 2);
}

std::uint64_t Breakthrough::Mirrored(std::uint64_t bits) const {
  bits = (bits >> 1 & 0x5555555555555555ull) | (bits & 0x5555555555555555ull) << 1;
  bits = (bits >> 2 & 0x3333333333333333ull) | (bits & 0x3333333333333333ull) << 2;
  bits = (bits >> 4 & 0x0f0f0f0f0f0f0f0full) | (bits & 0x0f0f0f0f0f0f0f0full) << 4;
  return bits >> (kMaxSize - size_);
}

PositionKey Breakthrough::CanonicalKey() const {
  const std::pair<std::uint64_t, std::uint64_t> key = {own_, opponent_}, mirrored = {Mirrored(own_), Mirrored(opponent_)};
  const auto& least = std::min(key, mirrored);
  return {.low = least.first, .high = least.second};
}

void Breakthrough::LegalActions(ActionList& legal) const {
  legal.clear();
  if (GetOutcome() != Outcome::kOngoing) return;
  for (int direction = 0; direction < kNumDirections; ++direction) {
    for (std::uint64_t from = Movers(direction); from != 0; from &= from - 1) {
      legal.push_back(static_cast<Action>(direction * cells() + CellOf(std::countr_zero(from))));
    }
  }
}

void Breakthrough::OrderedActions(ActionList& actions) const {
  ActionList legal;
  LegalActions(legal);
  actions.clear();
  const auto target = [&](Action action) {
    const int direction = action / cells();
    return std::uint64_t{1} << (BitOf(action - direction * cells()) + 7 + direction);
  };
  const std::uint64_t runners = opponent_ & Rank(1);
  for (const Action action : legal) {
    if (runners == 0 || (target(action) & runners) != 0) actions.push_back(action);
  }
  if (actions.empty()) actions.push_back(legal[0]);  // nothing stops the runner: any move will do
  const auto score = [&](Action action) { return ((target(action) & opponent_) != 0 ? kMaxSize : 0) + action % cells() / size_; };
  std::stable_sort(actions.begin(), actions.end(), [&](Action a, Action b) { return score(a) > score(b); });
}

void Breakthrough::WritePlanes(std::span<float> planes) const {
  TANDEM_DCHECK(planes.size() == static_cast<std::size_t>(cells() * kNumPlanes));
  float* at = planes.data();
  for (int cell = 0; cell < cells(); ++cell, at += kNumPlanes) {
    const int bit = BitOf(cell);
    at[0] = static_cast<float>(own_ >> bit & 1);
    at[1] = static_cast<float>(opponent_ >> bit & 1);
    at[2] = 1.0f;
  }
}

std::string Breakthrough::ActionText(Action action) const {
  const int direction = action / cells();
  const int from = action % cells();
  const int to = from + size_ + direction - 1;
  return absl::StrCat(CellName(Shape(), SeenFrom(to_move_, from)), CellName(Shape(), SeenFrom(to_move_, to)));
}

absl::StatusOr<Action> Breakthrough::ActionFromText(std::string_view text) const {
  const auto error = [&] {
    return BadInput("move ", QuotedText(text), " is no step forward; expected two cells from a1 to ", CellName(Shape(), cells() - 1),
                    " such as a2a3");
  };
  if (text.size() != 2 * kCellText) return error();
  const absl::StatusOr<int> from_name = CellFromName(Shape(), text.substr(0, kCellText));
  const absl::StatusOr<int> to_name = CellFromName(Shape(), text.substr(kCellText));
  if (!from_name.ok() || !to_name.ok()) return error();
  const int from = SeenFrom(to_move_, *from_name), to = SeenFrom(to_move_, *to_name);
  const int direction = to % size_ - from % size_ + 1;
  if (to / size_ != from / size_ + 1 || direction < 0 || direction >= kNumDirections) return error();
  return static_cast<Action>(direction * cells() + from);
}

std::string Breakthrough::CellText() const {
  std::string text(cells(), '.');
  for (int cell = 0; cell < cells(); ++cell) {
    const int bit = BitOf(SeenFrom(to_move_, cell));
    if (own_ >> bit & 1) text[cell] = "xo"[to_move_];
    if (opponent_ >> bit & 1) text[cell] = "ox"[to_move_];
  }
  return text;
}

std::string Breakthrough::ToText() const { return WriteBoardText(Shape(), {CellText(), to_move_}); }

std::string Breakthrough::Draw() const { return DrawBoard(Shape(), {CellText(), to_move_}); }

absl::StatusOr<Breakthrough> Breakthrough::FromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(Shape(), text));
  Breakthrough position(size_);
  position.to_move_ = static_cast<std::int8_t>(board.to_move);
  position.own_ = position.opponent_ = 0;
  for (int cell = 0; cell < cells(); ++cell) {
    if (board.cells[cell] == '.') continue;
    const std::uint64_t bit = std::uint64_t{1} << BitOf(SeenFrom(board.to_move, cell));
    (board.cells[cell] == "xo"[board.to_move] ? position.own_ : position.opponent_) |= bit;
  }
  const auto error = [&](const auto&... pieces) { return BadInput("position ", QuotedText(text), ": ", pieces...); };
  for (const std::uint64_t pieces : {position.own_, position.opponent_}) {
    if (const int count = std::popcount(pieces); count > 2 * size_) {
      return error("a player has ", count, " pieces; expected at most ", 2 * size_);
    }
  }
  if (position.opponent_ == 0 || (position.own_ & Rank(size_ - 1)) != 0) {
    return error("the side to move has won already; expected the game to have ended before");
  }
  if (std::popcount(position.opponent_ & Rank(0)) > 1) return error("two pieces on the far rank; expected the first to end the game");
  return position;
}

}  // namespace tandem
