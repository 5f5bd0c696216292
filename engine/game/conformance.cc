#include "engine/game/conformance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/game/symmetry.h"

namespace tandem {
namespace {

template <typename... Pieces>
absl::Status Violation(const State& state, const Pieces&... pieces) {
  return absl::InternalError(absl::StrCat(pieces..., "; in ", state.ToText()));
}

std::vector<Action> Legal(const State& state) {
  ActionList legal;
  state.LegalActions(legal);
  return {legal.begin(), legal.end()};
}

// Games may be drawn while moves are left (fifty moves, repetition): Perft goes on counting there, as is the custom, and text that leaves
// out the moves before reads as a game that goes on.
bool IsDraw(const State& state) { return state.GetOutcome() == Outcome::kDraw; }

// One run over one game. Remembers what it saw to compare keys over all positions.
class Checker {
 public:
  Checker(const Game& game, std::uint64_t seed)
      : game_(game), facts_(game.facts()), rng_(Rng::Stream(seed, "conformance")), num_values_(facts_.cells() * facts_.num_planes) {}

  absl::Status CheckFacts() const;
  absl::Status CheckSymmetries() const;
  absl::Status PlayOneGame();
  absl::Status PlayMappedGame(const Symmetry& symmetry);
  bool KeepsStart(const Symmetry& symmetry) const;

 private:
  std::vector<float> Planes(const State& state) const;
  std::vector<float> MappedPlanes(const State& state, const Symmetry& symmetry) const;
  absl::Status CheckPosition(const State& state);
  absl::Status CheckLegal(const State& state) const;
  absl::Status CheckText(const State& state) const;
  absl::Status CheckPlanes(const State& state) const;
  absl::Status CheckKey(const State& state);
  absl::Status CheckApply(const State& state) const;
  absl::Status CheckEnd(const State& state) const;
  absl::Status CheckOtherOrder(const State& before);
  absl::Status CheckMapped(const State& state, const State& mapped, const Symmetry& symmetry) const;

  using Key = std::pair<std::uint64_t, std::uint64_t>;
  struct Seen {
    std::vector<float> planes;
    std::vector<Action> legal;
  };

  const Game& game_;
  const GameFacts& facts_;
  Rng rng_;
  const std::size_t num_values_;
  std::map<Key, Seen> seen_by_key_;
  std::map<std::string, Key> key_by_text_;
};

std::vector<float> Checker::Planes(const State& state) const {
  std::vector<float> planes(num_values_, std::numeric_limits<float>::quiet_NaN());
  state.WritePlanes(planes);
  return planes;
}

std::vector<float> Checker::MappedPlanes(const State& state, const Symmetry& symmetry) const {
  const std::vector<float> planes = Planes(state);
  std::vector<float> mapped(planes.size());
  for (int cell = 0; cell < facts_.cells(); ++cell) {
    std::copy_n(planes.begin() + cell * facts_.num_planes, facts_.num_planes, mapped.begin() + symmetry.cell[cell] * facts_.num_planes);
  }
  return mapped;
}

absl::Status Checker::CheckFacts() const {
  const int heads = facts_.policy_layout == PolicyLayout::kColumn ? facts_.cols : facts_.policy_planes * facts_.cells();
  if (facts_.num_actions != heads + facts_.num_global_actions) {
    return absl::InternalError(
        absl::StrCat(facts_.spec, ": ", facts_.num_actions, " actions, but the policy layout has ", heads + facts_.num_global_actions));
  }
  if (facts_.name.empty() || facts_.spec.rfind(facts_.name, 0) != 0 || facts_.title.empty() || facts_.notation.empty() ||
      facts_.cells() <= 0 || facts_.num_planes <= 0 || facts_.max_plies <= 0) {
    return absl::InternalError(absl::StrCat(facts_.spec, ": a fact is missing"));
  }
  return absl::OkStatus();
}

template <typename T>
bool IsPermutation(std::vector<T> values, std::size_t size) {
  std::sort(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] != i) return false;
  }
  return values.size() == size;
}

absl::Status Checker::CheckSymmetries() const {
  std::set<std::pair<std::vector<std::uint16_t>, std::vector<Action>>> all;
  for (const Symmetry& symmetry : game_.symmetries()) {
    if (!IsPermutation(symmetry.cell, facts_.cells()) || !IsPermutation(symmetry.action, facts_.num_actions)) {
      return absl::InternalError(absl::StrCat(facts_.spec, ": symmetry ", all.size(), " is no permutation of cells and actions"));
    }
    if (all.empty() &&
        !(std::is_sorted(symmetry.cell.begin(), symmetry.cell.end()) && std::is_sorted(symmetry.action.begin(), symmetry.action.end()))) {
      return absl::InternalError(absl::StrCat(facts_.spec, ": the first symmetry is not the identity"));
    }
    all.emplace(symmetry.cell, symmetry.action);
  }
  if (all.empty() || all.size() != game_.symmetries().size()) {
    return absl::InternalError(absl::StrCat(facts_.spec, ": symmetries are missing or double"));
  }
  for (const Symmetry& symmetry : game_.symmetries()) {
    const Symmetry inverse = InverseSymmetry(symmetry);
    if (all.count({inverse.cell, inverse.action}) == 0) return absl::InternalError(absl::StrCat(facts_.spec, ": an inverse is missing"));
  }
  return absl::OkStatus();
}

absl::Status Checker::CheckLegal(const State& state) const {
  const std::vector<Action> legal = Legal(state);
  if (legal.empty() != state.IsTerminal()) return Violation(state, legal.size(), " legal moves, terminal ", state.IsTerminal());
  if (std::adjacent_find(legal.begin(), legal.end(), std::greater_equal<>()) != legal.end()) {
    return Violation(state, "legal moves are not strictly ascending");
  }
  if (!legal.empty() && legal.back() >= facts_.num_actions) return Violation(state, "action ", legal.back(), " is out of range");
  if (state.ToMove() != 0 && state.ToMove() != 1) return Violation(state, "side to move ", state.ToMove());
  if ((!IsDraw(state) && game_.Perft(state, 1) != legal.size()) || game_.Perft(state, 0) != 1)
    return Violation(state, "Perft disagrees with the legal moves");
  return absl::OkStatus();
}

absl::Status Checker::CheckText(const State& state) const {
  std::set<std::string> texts;
  for (const Action action : Legal(state)) {
    const std::string text = state.ActionText(action);
    const absl::StatusOr<Action> parsed = state.ParseAction(text);
    if (!parsed.ok()) return Violation(state, "move text ", text, " is not read back: ", parsed.status().message());
    if (*parsed != action || !texts.insert(text).second) return Violation(state, "move text ", text, " means more than one action");
  }
  const std::string text = state.ToText();
  const absl::StatusOr<std::unique_ptr<State>> read = game_.StateFromText(text);
  if (!read.ok()) return Violation(state, "position text is not read back: ", read.status().message());
  if ((*read)->ToText() != text || (!IsDraw(state) && Legal(**read) != Legal(state)) || (*read)->ToMove() != state.ToMove()) {
    return Violation(state, "position text reads as ", (*read)->ToText());
  }
  if (state.Draw().empty() || state.Draw().back() != '\n') return Violation(state, "the drawing does not end a line");
  return absl::OkStatus();
}

absl::Status Checker::CheckPlanes(const State& state) const {
  const std::vector<float> planes = Planes(state);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    if (!(std::abs(planes[i]) <= 1)) return Violation(state, "plane element ", i, " is ", planes[i], ", expected -1 to 1");
  }
  return absl::OkStatus();
}

absl::Status Checker::CheckKey(const State& state) {
  const Key key = {state.Key().low, state.Key().high};
  const auto [by_text, new_text] = key_by_text_.emplace(state.ToText(), key);
  if (by_text->second != key) return Violation(state, "two keys for one position text");
  if (state.IsTerminal()) return absl::OkStatus();  // the network never sees it
  Seen now{Planes(state), Legal(state)};
  const Key evaluation_key = {state.EvaluationKey().low, state.EvaluationKey().high};
  const auto [by_key, new_key] = seen_by_key_.try_emplace(evaluation_key, now);
  if (by_key->second.planes != now.planes || by_key->second.legal != now.legal) {
    return Violation(state, "one key for positions with different planes or legal moves");
  }
  return absl::OkStatus();
}

// Plays each legal move on a copy.
absl::Status Checker::CheckApply(const State& state) const {
  const std::string text = state.ToText();
  const std::unique_ptr<State> copy = game_.NewState();
  std::uint64_t num_grandchildren = 0;
  for (const Action action : Legal(state)) {
    copy->CopyFrom(state);
    const std::unique_ptr<State> clone = state.Clone();
    copy->Apply(action);
    clone->Apply(action);
    if (copy->ToText() != clone->ToText() || copy->Ply() != state.Ply() + 1) return Violation(state, "copy and clone differ after a move");
    num_grandchildren += IsDraw(*copy) ? game_.Perft(*copy, 1) : Legal(*copy).size();
  }
  if (state.ToText() != text) return Violation(state, "a move on a copy changed the original ", text);
  if (!IsDraw(state) && game_.Perft(state, 2) != num_grandchildren)
    return Violation(state, "Perft of depth 2 is not the sum over the moves");
  return absl::OkStatus();
}

absl::Status Checker::CheckEnd(const State& state) const {
  const FinalScore score = state.GetFinalScore();
  if (!facts_.has_ownership) {
    return score.owner.empty() ? absl::OkStatus() : Violation(state, "owners in a game without ownership");
  }
  int sum = 0;
  for (const int owner : score.owner) {
    if (owner < -1 || owner > 1) return Violation(state, "owner ", owner);
    sum += owner;
  }
  if (static_cast<int>(score.owner.size()) != facts_.cells() || sum != score.margin) {
    return Violation(state, score.owner.size(), " owners with margin ", score.margin, ", sum ", sum);
  }
  return absl::OkStatus();
}

// Three random moves a, b, c and the same as c, b, a, where that is legal too: one text, one key.
absl::Status Checker::CheckOtherOrder(const State& before) {
  std::unique_ptr<State> forward = before.Clone();
  std::vector<Action> moves;
  while (moves.size() < 3 && !forward->IsTerminal()) {
    const std::vector<Action> legal = Legal(*forward);
    moves.push_back(legal[rng_.Below(static_cast<std::uint32_t>(legal.size()))]);
    forward->Apply(moves.back());
  }
  std::unique_ptr<State> backward = before.Clone();
  for (std::size_t i = moves.size(); i-- > 0;) {
    const std::vector<Action> legal = Legal(*backward);
    if (!std::binary_search(legal.begin(), legal.end(), moves[i])) return absl::OkStatus();
    backward->Apply(moves[i]);
  }
  TANDEM_RETURN_IF_ERROR(CheckKey(*forward));
  return CheckKey(*backward);
}

absl::Status Checker::CheckPosition(const State& state) {
  TANDEM_RETURN_IF_ERROR(CheckLegal(state));
  TANDEM_RETURN_IF_ERROR(CheckText(state));
  TANDEM_RETURN_IF_ERROR(CheckPlanes(state));
  TANDEM_RETURN_IF_ERROR(CheckKey(state));
  TANDEM_RETURN_IF_ERROR(CheckApply(state));
  if (state.Rollout(rng_) == Outcome::kOngoing) return Violation(state, "a playout has no outcome");
  return state.IsTerminal() ? CheckEnd(state) : CheckOtherOrder(state);
}

absl::Status Checker::PlayOneGame() {
  const std::unique_ptr<State> state = game_.NewState();
  TANDEM_RETURN_IF_ERROR(CheckPosition(*state));
  while (!state->IsTerminal()) {
    if (state->Ply() >= facts_.max_plies) return Violation(*state, "the game is longer than ", facts_.max_plies, " plies");
    const std::vector<Action> legal = Legal(*state);
    state->Apply(legal[rng_.Below(static_cast<std::uint32_t>(legal.size()))]);
    TANDEM_RETURN_IF_ERROR(CheckPosition(*state));
  }
  return absl::OkStatus();
}

bool Checker::KeepsStart(const Symmetry& symmetry) const {
  const std::unique_ptr<State> start = game_.NewState();
  return MappedPlanes(*start, symmetry) == Planes(*start);
}

absl::Status Checker::CheckMapped(const State& state, const State& mapped, const Symmetry& symmetry) const {
  std::vector<Action> legal = Legal(state);
  for (Action& action : legal) action = symmetry.action[action];
  std::sort(legal.begin(), legal.end());
  if (legal != Legal(mapped)) return Violation(state, "legal moves do not map to those of ", mapped.ToText());
  if (MappedPlanes(state, symmetry) != Planes(mapped)) return Violation(state, "planes do not map to those of ", mapped.ToText());
  if (state.GetOutcome() != mapped.GetOutcome()) return Violation(state, "another outcome than ", mapped.ToText());
  if (!state.IsTerminal()) return absl::OkStatus();
  const FinalScore score = state.GetFinalScore(), mapped_score = mapped.GetFinalScore();
  for (std::size_t cell = 0; cell < score.owner.size(); ++cell) {
    if (score.owner[cell] != mapped_score.owner[symmetry.cell[cell]]) return Violation(state, "owners do not map");
  }
  return absl::OkStatus();
}

absl::Status Checker::PlayMappedGame(const Symmetry& symmetry) {
  const std::unique_ptr<State> state = game_.NewState();
  const std::unique_ptr<State> mapped = game_.NewState();
  TANDEM_RETURN_IF_ERROR(CheckMapped(*state, *mapped, symmetry));
  while (!state->IsTerminal()) {
    const std::vector<Action> legal = Legal(*state);
    const Action action = legal[rng_.Below(static_cast<std::uint32_t>(legal.size()))];
    state->Apply(action);
    mapped->Apply(symmetry.action[action]);
    TANDEM_RETURN_IF_ERROR(CheckMapped(*state, *mapped, symmetry));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckConformance(const Game& game, const ConformanceOptions& options) {
  Checker checker(game, options.seed);
  TANDEM_RETURN_IF_ERROR(checker.CheckFacts());
  TANDEM_RETURN_IF_ERROR(checker.CheckSymmetries());
  for (int i = 0; i < options.num_games; ++i) {
    TANDEM_RETURN_IF_ERROR(checker.PlayOneGame());
    for (const Symmetry& symmetry : game.symmetries()) {
      if (checker.KeepsStart(symmetry)) TANDEM_RETURN_IF_ERROR(checker.PlayMappedGame(symmetry));
    }
  }
  return absl::OkStatus();
}

}  // namespace tandem
