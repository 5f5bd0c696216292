// Games small enough to work out by hand: a tree whose positions, moves and results are written down. The first player moves at the root,
// sides alternate.
//
//   ToyGame game({{.children = {1, 2}},                       // 0: first player moves, action 0 leads to 1, action 1 to 2
//                 {.outcome = Outcome::kFirstWins},           // 1
//                 {.children = {3}}, ...});
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/game/state.h"

namespace tandem {

struct ToyPosition {
  std::vector<int> children = {};    // child of action i; empty = the game is over
  Outcome outcome = Outcome::kDraw;  // of a position without children
};

class ToyGame final : public Game {
 public:
  explicit ToyGame(std::vector<ToyPosition> positions) : positions_(std::move(positions)) {
    facts_.name = facts_.spec = facts_.title = "toy";
    facts_.rows = facts_.cols = facts_.num_planes = 1;
    facts_.max_plies = static_cast<int>(positions_.size());
    for (const ToyPosition& position : positions_) {
      facts_.num_actions = std::max(facts_.num_actions, static_cast<int>(position.children.size()));
    }
    Symmetry identity{{0}, {}};
    for (int a = 0; a < facts_.num_actions; ++a) identity.action.push_back(static_cast<Action>(a));
    symmetries_.push_back(identity);
  }
  // A random tree: every position down to `depth` plies has 1 to `width` moves; some end early, with random results.
  static ToyGame Random(Rng& rng, int depth, int width) {
    std::vector<ToyPosition> positions;
    Grow(rng, depth, width, &positions);
    return ToyGame(std::move(positions));
  }

  const GameFacts& facts() const override { return facts_; }
  const std::vector<Symmetry>& symmetries() const override { return symmetries_; }
  std::unique_ptr<State> NewState() const override;
  absl::StatusOr<std::unique_ptr<State>> StateFromText(std::string_view text) const override;
  std::uint64_t Perft(const State& state, int depth) const override;
  std::unique_ptr<Solver> NewSolver(std::size_t table_bytes) const override;
  const ToyPosition& At(int index) const { return positions_[static_cast<std::size_t>(index)]; }

 private:
  static int Grow(Rng& rng, int depth, int width, std::vector<ToyPosition>* positions) {
    const int index = static_cast<int>(positions->size());
    positions->push_back({.outcome = static_cast<Outcome>(static_cast<int>(rng.Below(3)) - 1)});
    const bool root = index == 0;
    if (depth == 0 || (!root && rng.Below(6) == 0)) return index;
    const int count = 1 + static_cast<int>(rng.Below(static_cast<std::uint32_t>(width)));
    std::vector<int> children;
    for (int i = 0; i < count; ++i) children.push_back(Grow(rng, depth - 1, width, positions));
    (*positions)[static_cast<std::size_t>(index)].children = children;
    return index;
  }

  GameFacts facts_;
  std::vector<Symmetry> symmetries_;
  std::vector<ToyPosition> positions_;
};

class ToyState final : public State {
 public:
  ToyState(const ToyGame& game, int index, int ply) : game_(&game), index_(index), ply_(ply) {}

  int index() const { return index_; }
  std::unique_ptr<State> Clone() const override { return std::make_unique<ToyState>(*this); }
  void CopyFrom(const State& other) override { *this = static_cast<const ToyState&>(other); }
  int ToMove() const override { return ply_ % 2; }
  Outcome GetOutcome() const override { return Here().children.empty() ? Here().outcome : Outcome::kOngoing; }
  int Ply() const override { return ply_; }
  PositionKey Key() const override { return {static_cast<std::uint64_t>(index_), 1}; }
  void LegalActions(ActionList& legal) const override {
    legal.clear();
    for (std::size_t i = 0; i < Here().children.size(); ++i) legal.push_back(static_cast<Action>(i));
  }
  void Apply(Action action) override {
    TANDEM_CHECK(action < Here().children.size());
    index_ = Here().children[action];
    ++ply_;
  }
  void WritePlanes(std::span<float> planes) const override { planes[0] = ToMove() == 0 ? 1.0f : -1.0f; }
  FinalScore GetFinalScore() const override { return {}; }
  std::string ActionText(Action action) const override { return std::to_string(action); }
  absl::StatusOr<Action> ParseAction(std::string_view text) const override {
    int action = -1;
    if (!absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &action) || action < 0 ||
        action >= static_cast<int>(Here().children.size())) {
      return BadInput("move '", std::string(text), "': expected a number below ", Here().children.size());
    }
    return static_cast<Action>(action);
  }
  std::string ToText() const override { return std::to_string(index_) + (ToMove() == 0 ? " x" : " o"); }
  std::string Draw() const override { return ToText() + "\n"; }
  Outcome Rollout(Rng& rng) const override {
    ToyState state = *this;
    while (!state.IsTerminal()) state.Apply(static_cast<Action>(rng.Below(static_cast<std::uint32_t>(state.Here().children.size()))));
    return state.GetOutcome();
  }

 private:
  const ToyPosition& Here() const { return game_->At(index_); }

  const ToyGame* game_;
  int index_;
  int ply_;
};

// Plain negamax over states, for any game that is small enough.
class ToySolver final : public Solver {
 public:
  absl::StatusOr<Solution> Solve(const State& state, bool with_moves, std::uint64_t max_nodes, const bool* stop) override {
    Solution solution;
    if (stop != nullptr && *stop) return absl::ResourceExhaustedError("stopped");
    solution.value = Value(state, &solution.nodes);
    if (solution.nodes > max_nodes) return absl::ResourceExhaustedError("too many positions");
    ActionList legal;
    state.LegalActions(legal);
    for (const Action action : legal) {
      if (!with_moves) break;
      const std::unique_ptr<State> child = state.Clone();
      child->Apply(action);
      solution.move_values.push_back(-Value(*child, &solution.nodes));
    }
    return solution;
  }

 private:
  static int Value(const State& state, std::uint64_t* nodes) {
    ++*nodes;
    if (state.IsTerminal()) return MoverResult(state.GetOutcome(), state.ToMove());
    ActionList legal;
    state.LegalActions(legal);
    int best = -1;
    for (const Action action : legal) {
      const std::unique_ptr<State> child = state.Clone();
      child->Apply(action);
      best = std::max(best, -Value(*child, nodes));
    }
    return best;
  }
};

inline std::unique_ptr<State> ToyGame::NewState() const { return std::make_unique<ToyState>(*this, 0, 0); }

inline absl::StatusOr<std::unique_ptr<State>> ToyGame::StateFromText(std::string_view text) const {
  int index = -1;
  const std::string word(text.substr(0, text.find(' ')));
  const bool second = text.ends_with(" o");
  if (!absl::SimpleAtoi(word, &index) || index < 0 || index >= static_cast<int>(positions_.size())) {
    return BadInput("position '", std::string(text), "': expected NUMBER x or NUMBER o");
  }
  return std::make_unique<ToyState>(*this, index, second ? 1 : 0);
}

inline std::uint64_t ToyGame::Perft(const State& state, int depth) const {
  if (depth == 0) return 1;
  ActionList legal;
  state.LegalActions(legal);
  std::uint64_t leaves = 0;
  for (const Action action : legal) {
    const std::unique_ptr<State> child = state.Clone();
    child->Apply(action);
    leaves += Perft(*child, depth - 1);
  }
  return leaves;
}

inline std::unique_ptr<Solver> ToyGame::NewSolver(std::size_t) const { return std::make_unique<ToySolver>(); }

}  // namespace tandem
