#include "engine/games/go/go.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/board_text.h"
#include "engine/game/quoted_text.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"
#include "engine/games/go/playout.h"
#include "engine/games/go/vertex.h"

namespace tandem {
namespace {

using go::Color;
using go::kBlack;
using go::kEmpty;
using go::kWhite;

constexpr int kDefaultSize = 9;
constexpr double kKomiOfPlane = 20;  // KataGo's scale of its komi input
constexpr char kPassText[] = "pass";

BoardShape ShapeOf(int size) { return {.rows = size, .cols = size}; }

template <int kCapacity>
std::unique_ptr<const Game> Make(GameFacts facts, const GoRules& rules, int num_handicap) {
  using P = Go<kCapacity>;
  const int size = facts.rows;
  facts.num_planes = P::kNumPlanes;
  typename P::History::Setup setup;
  for (const int cell : go::FixedHandicap(size, num_handicap)) setup.black.set(cell);
  setup.to_move = num_handicap > 0 ? 1 : 0;
  return std::make_unique<GameOf<P>>(std::move(facts), SquareSymmetries(size, 1, 1), P(size, rules, setup));
}

absl::StatusOr<std::unique_ptr<const Game>> MakeGo(const GameOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const int size, options.Int("size", kDefaultSize, 2, go::kMaxSize));
  TANDEM_ASSIGN_OR_RETURN(const double komi, options.Double("komi", size >= 7 ? 7.5 : 0.5, -size * size, size * size));
  if (std::floor(2 * komi) != 2 * komi) return BadInput("option komi='", komi, "' of game go: expected a multiple of 0.5");
  GoRules rules{.twice_komi = static_cast<std::int16_t>(2 * komi)};
  TANDEM_ASSIGN_OR_RETURN(rules.suicide, options.Bool("suicide", true));
  TANDEM_ASSIGN_OR_RETURN(const int superko, options.Choice("superko", {"positional", "simple"}));
  rules.positional_superko = superko == 0;
  TANDEM_ASSIGN_OR_RETURN(const int handicap, options.Int("handicap", 0, 0, 9));
  if (handicap == 1 || handicap > go::MaxFixedHandicap(size)) {
    return BadInput("option handicap='", handicap, "' of game go: expected 0",
                    size < 7 ? "" : absl::StrCat(" or 2 to ", go::MaxFixedHandicap(size)), " on a board of size ", size);
  }
  GameFacts facts;
  options.Identify(&facts);
  facts.title = absl::StrCat("Go ", size, "x", size);
  facts.rows = facts.cols = size;
  facts.num_actions = size * size + 1;
  facts.num_global_actions = 1;
  facts.max_plies = go::MaxPlies(size);
  facts.has_ownership = true;
  facts.notation = absl::StrCat("A1 (bottom left) to ", go::VertexName(size, size * size - 1), size > 8 ? " without I, " : ", ", kPassText);
  if (size <= 5) return Make<5>(facts, rules, handicap);
  if (size <= 9) return Make<9>(facts, rules, handicap);
  if (size <= 13) return Make<13>(facts, rules, handicap);
  return Make<19>(facts, rules, handicap);
}

TANDEM_REGISTER_GAME("go", MakeGo, "size komi suicide superko handicap", "");

}  // namespace

template <int kCapacity>
Go<kCapacity>::Go(int size, const GoRules& rules, const typename History::Setup& setup)
    : board_(size), rules_(rules), to_move_(setup.to_move), history_(setup) {
  for (int cell = 0; cell < size * size; ++cell) {
    if (setup.black[cell]) board_.template Play<true>(PointOf(cell), kBlack);
    if (setup.white[cell]) board_.template Play<true>(PointOf(cell), kWhite);
  }
  board_.ClearKo();
  if (rules_.positional_superko) history_.AddBoard(board_.hash());
}

template <int kCapacity>
Outcome Go<kCapacity>::OutcomeOf(int lead) const {
  const int twice_lead = 2 * lead - rules_.twice_komi;
  return twice_lead > 0 ? Outcome::kFirstWins : twice_lead < 0 ? Outcome::kSecondWins : Outcome::kDraw;
}

template <int kCapacity>
Outcome Go<kCapacity>::GetOutcome() const {
  return IsOver() ? OutcomeOf(board_.AreaLead()) : Outcome::kOngoing;
}

template <int kCapacity>
Outcome Go<kCapacity>::Playout(Rng& rng) const {
  return OutcomeOf(go::PlayoutLead(board_, Mover(), passes_, go::MaxPlies(board_.size()) - history_.num_moves(), rng));
}

template <int kCapacity>
std::uint64_t Go<kCapacity>::StonesDigest() const {
  std::uint64_t digest = 0, word = 0;
  for (int cell = 0; cell < PassAction(); ++cell) {
    word = word << 2 | board_.color(PointOf(cell));
    if (cell % 32 == 31) digest = Mix64(digest ^ word);
  }
  return Mix64(digest + word);
}

template <int kCapacity>
PositionKey Go<kCapacity>::Key() const {
  const std::uint64_t rest = (std::uint64_t{board_.ko()} << 32) + (static_cast<std::uint64_t>(history_.num_moves()) << 8) +
                             (static_cast<std::uint64_t>(passes_) << 1) + static_cast<std::uint64_t>(to_move_);
  return {.low = Mix64(board_.hash() ^ Mix64(rest)), .high = Mix64(StonesDigest() + Mix64(history_.boards_digest() ^ ~rest))};
}

template <int kCapacity>
PositionKey Go<kCapacity>::EvaluationKey() const {
  const auto mover = static_cast<std::uint64_t>(to_move_);
  PositionKey key{.low = Mix64(board_.hash() + mover), .high = Mix64(StonesDigest() + mover)};
  const auto add = [&key](std::uint64_t value) {
    key.low = Mix64(key.low ^ value);
    key.high = Mix64(key.high + value);
  };
  ForEachEmpty([&](int cell, Point point) {
    if (IsBanned(point)) add(static_cast<std::uint64_t>(cell));
  });
  const int num_moves = history_.num_moves();
  for (int i = std::max(num_moves - kNumMovesShown, 0); i < num_moves; ++i) add((std::uint64_t{1} << 32) + history_.move(i));
  return key;
}

template <int kCapacity>
void Go<kCapacity>::LegalActions(ActionList& legal) const {
  legal.clear();
  if (IsOver()) return;
  ForEachEmpty([&](int cell, Point point) {
    if (IsLegalPoint(point)) legal.push_back(static_cast<Action>(cell));
  });
  legal.push_back(PassAction());
}

template <int kCapacity>
std::uint64_t Go<kCapacity>::CountActions() const {
  if (IsOver()) return 0;
  std::uint64_t count = 1;
  ForEachEmpty([&](int, Point point) { count += IsLegalPoint(point); });
  return count;
}

template <int kCapacity>
bool Go<kCapacity>::IsLegal(Action action) const {
  if (IsOver() || action > PassAction()) return false;
  if (action == PassAction()) return true;
  return board_.color(PointOf(action)) == kEmpty && IsLegalPoint(PointOf(action));
}

template <int kCapacity>
FinalScore Go<kCapacity>::GetFinalScore() const {
  const auto owners = board_.Owners();
  FinalScore score;
  for (int cell = 0; cell < PassAction(); ++cell) {
    const Color owner = owners[PointOf(cell)];
    score.owner.push_back(owner == kBlack ? 1 : owner == kWhite ? -1 : 0);
    score.margin += score.owner.back();
  }
  return score;
}

template <int kCapacity>
void Go<kCapacity>::WritePlanes(std::span<float> planes) const {
  TANDEM_DCHECK(planes.size() == static_cast<std::size_t>(PassAction() * kNumPlanes));
  constexpr int kLiberties = 3, kBanned = 6, kMoves = 7, kKomi = 12, kPassed = 13, kOwner = 14;
  static_assert(kMoves + kNumMovesShown == kKomi && kOwner + 1 == kNumPlanes);
  std::fill(planes.begin(), planes.end(), 0.0f);
  const auto owners = board_.Owners();
  const auto komi = static_cast<float>(std::clamp(SwitchView(-rules_.twice_komi / (2 * kKomiOfPlane), to_move_), -1.0, 1.0));
  for (int cell = 0; cell < PassAction(); ++cell) {
    float* const at = &planes[cell * kNumPlanes];
    const Point point = PointOf(cell);
    const Color color = board_.color(point);
    if (color != kEmpty) {
      at[color == Mover() ? 0 : 1] = 1;
      if (const int liberties = board_.Liberties(point, 4); liberties < 4) at[kLiberties + liberties - 1] = 1;
    } else if (IsBanned(point)) {
      at[kBanned] = 1;
    }
    at[2] = 1;
    at[kKomi] = komi;
    at[kPassed] = passes_ > 0 ? 1.0f : 0.0f;
    at[kOwner] = owners[point] == kEmpty ? 0.0f : owners[point] == Mover() ? 1.0f : -1.0f;
  }
  for (int i = 0; i < std::min(history_.num_moves(), kNumMovesShown); ++i) {
    const Action action = history_.move(history_.num_moves() - 1 - i);
    if (action != PassAction()) planes[action * kNumPlanes + kMoves + i] = 1;
  }
}

template <int kCapacity>
std::string Go<kCapacity>::ActionText(Action action) const {
  return action == PassAction() ? kPassText : go::VertexName(board_.size(), action);
}

template <int kCapacity>
absl::StatusOr<Action> Go<kCapacity>::ActionFromText(std::string_view text) const {
  if (text == kPassText) return PassAction();
  TANDEM_ASSIGN_OR_RETURN(const int cell, go::VertexFromName(board_.size(), text));
  return static_cast<Action>(cell);
}

template <int kCapacity>
std::string Go<kCapacity>::ToText() const {
  const auto& setup = history_.setup();
  BoardText start{.cells = std::string(PassAction(), '.'), .to_move = setup.to_move};
  for (int cell = 0; cell < PassAction(); ++cell) {
    if (setup.black[cell]) start.cells[cell] = 'x';
    if (setup.white[cell]) start.cells[cell] = 'o';
  }
  std::string text = WriteBoardText(ShapeOf(board_.size()), start);
  for (int ply = 0; ply < history_.num_moves(); ++ply) absl::StrAppend(&text, " ", ActionText(history_.move(ply)));
  return text;
}

template <int kCapacity>
absl::StatusOr<Go<kCapacity>> Go<kCapacity>::FromText(std::string_view text) const {
  const auto error = [&](const auto&... pieces) { return BadInput("position ", QuotedText(text), ": ", pieces...); };
  const std::size_t before_side = text.find(' ');
  const std::size_t before_moves = before_side == text.npos ? text.npos : text.find(' ', before_side + 1);
  TANDEM_ASSIGN_OR_RETURN(const BoardText start, ReadBoardText(ShapeOf(board_.size()), text.substr(0, before_moves)));
  typename History::Setup setup;
  setup.to_move = static_cast<std::int8_t>(start.to_move);
  for (int cell = 0; cell < PassAction(); ++cell) {
    setup.black[cell] = start.cells[cell] == 'x';
    setup.white[cell] = start.cells[cell] == 'o';
  }
  Go position(board_.size(), rules_, setup);
  // A chain without liberties was taken off while the stones were set, or it stands at the end without one.
  for (int cell = 0; cell < PassAction(); ++cell) {
    if (start.cells[cell] == '.') continue;
    const Point point = PointOf(cell);
    if (position.board_.color(point) == kEmpty || position.board_.Liberties(point, 1) == 0) {
      return error("a chain at or beside ", go::VertexName(board_.size(), cell), " has no liberty");
    }
  }
  for (std::size_t at = before_moves; at != text.npos;) {
    const std::size_t end = text.find(' ', at + 1);
    const std::string_view move = text.substr(at + 1, end == text.npos ? end : end - at - 1);
    const absl::StatusOr<Action> action = position.ActionFromText(move);
    const int number = position.history_.num_moves() + 1;
    if (!action.ok()) return error("move ", number, ": ", action.status().message());
    if (!position.IsLegal(*action)) return error("move ", number, ": ", QuotedText(move), " is illegal");
    position.Apply(*action);
    at = end;
  }
  return position;
}

template <int kCapacity>
std::string Go<kCapacity>::Draw() const {
  const int size = board_.size();
  std::string columns = "   ";
  for (int col = 0; col < size; ++col) absl::StrAppendFormat(&columns, " %c", go::ColumnLetter(col));
  columns += '\n';
  std::string text = columns;
  for (int row = size - 1; row >= 0; --row) {
    absl::StrAppendFormat(&text, "%3d", row + 1);
    for (int col = 0; col < size; ++col) absl::StrAppendFormat(&text, " %c", ".xo"[board_.color(board_.At(row, col))]);
    absl::StrAppendFormat(&text, " %d\n", row + 1);
  }
  text += columns;
  const int num_moves = history_.num_moves();
  const std::string last = num_moves == 0 ? "" : absl::StrCat("last move ", ActionText(history_.move(num_moves - 1)), ", ");
  const int lead = board_.AreaLead();
  absl::StrAppendFormat(&text, "%sarea x %+d, komi %g, %c to move\n", last, lead, rules_.twice_komi / 2.0, "xo"[to_move_]);
  return text;
}

// For tests over the plain struct.
template class Go<5>;
template class Go<9>;
template class Go<19>;

}  // namespace tandem
