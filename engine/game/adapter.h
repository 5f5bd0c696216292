// From a plain Position struct to Game and State:
//
//   absl::StatusOr<std::unique_ptr<const Game>> MakeHex(const GameOptions& options) {
//     ...
//     return std::make_unique<GameOf<Hex>>(facts, symmetries, Hex(size));
//   }
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/game/alpha_beta.h"
#include "engine/game/hot_loops.h"
#include "engine/game/position.h"
#include "engine/game/quoted_text.h"
#include "engine/game/state.h"

namespace tandem {

template <Position P>
class StateOf final : public State {
 public:
  explicit StateOf(const P& position, int ply = 0) : position_(position), ply_(ply) {}

  const P& position() const { return position_; }

  std::unique_ptr<State> Clone() const override { return std::make_unique<StateOf>(*this); }
  void CopyFrom(const State& other) override {
    TANDEM_DCHECK(dynamic_cast<const StateOf*>(&other) != nullptr);
    *this = static_cast<const StateOf&>(other);
  }
  int ToMove() const override { return position_.ToMove(); }
  Outcome GetOutcome() const override { return position_.GetOutcome(); }
  int Ply() const override { return ply_; }
  PositionKey Key() const override { return position_.Key(); }
  PositionKey EvaluationKey() const override {
    if constexpr (HasEvaluationKey<P>) {
      return position_.EvaluationKey();
    } else {
      return position_.Key();
    }
  }
  void LegalActions(ActionList& legal) const override { position_.LegalActions(legal); }
  void Apply(Action action) override {
    TANDEM_DCHECK(IsLegal(action));
    position_.Apply(action);
    ++ply_;
  }
  void WritePlanes(std::span<float> planes) const override { position_.WritePlanes(planes); }
  FinalScore GetFinalScore() const override {
    if constexpr (HasFinalScore<P>) {
      return position_.GetFinalScore();
    } else {
      return {};
    }
  }
  std::string ActionText(Action action) const override { return position_.ActionText(action); }
  absl::StatusOr<Action> ParseAction(std::string_view text) const override {
    TANDEM_ASSIGN_OR_RETURN(const Action action, position_.ActionFromText(text));
    if (!IsLegal(action)) return IllegalMove(text);
    return action;
  }
  std::string ToText() const override { return position_.ToText(); }
  std::string Draw() const override { return position_.Draw(); }
  Outcome Rollout(Rng& rng) const override { return RandomPlayout(position_, rng); }

 private:
  bool IsLegal(Action action) const {
    ActionList legal;
    position_.LegalActions(legal);
    return legal.Find(action) >= 0;
  }

  absl::Status IllegalMove(std::string_view text) const {
    if (IsTerminal()) return BadInput("move ", QuotedText(text), " is illegal: the game is over in ", ToText());
    constexpr int kMostShown = 20;
    ActionList legal;
    position_.LegalActions(legal);
    std::vector<std::string> moves;
    for (int i = 0; i < std::min(legal.size(), kMostShown); ++i) moves.push_back(ActionText(legal[i]));
    if (legal.size() > kMostShown) moves.push_back("...");
    return BadInput("move ", QuotedText(text), " is illegal in ", ToText(), "; legal: ", absl::StrJoin(moves, " "));
  }

  P position_;
  int ply_ = 0;
};

template <Position P>
class SolverOf final : public Solver {
 public:
  explicit SolverOf(std::size_t table_bytes) : alpha_beta_(table_bytes) {}
  absl::StatusOr<Solution> Solve(const State& state, bool with_moves, std::uint64_t max_nodes, const bool* stop) override {
    TANDEM_DCHECK(dynamic_cast<const StateOf<P>*>(&state) != nullptr);
    return alpha_beta_.Solve(static_cast<const StateOf<P>&>(state).position(), with_moves, max_nodes, stop);
  }

 private:
  AlphaBeta<P> alpha_beta_;
};

// A game whose positions all follow from, or are read with the parameters of, `start`.
template <Position P>
class GameOf final : public Game {
 public:
  GameOf(GameFacts facts, std::vector<Symmetry> symmetries, const P& start)
      : facts_(std::move(facts)), symmetries_(std::move(symmetries)), start_(start) {}

  const GameFacts& facts() const override { return facts_; }
  const std::vector<Symmetry>& symmetries() const override { return symmetries_; }
  std::unique_ptr<State> NewState() const override { return std::make_unique<StateOf<P>>(start_); }
  absl::StatusOr<std::unique_ptr<State>> StateFromText(std::string_view text) const override {
    TANDEM_ASSIGN_OR_RETURN(const P position, start_.FromText(text));
    return std::make_unique<StateOf<P>>(position);
  }
  std::uint64_t Perft(const State& state, int depth) const override {
    return CountLeaves(static_cast<const StateOf<P>&>(state).position(), depth);
  }
  std::unique_ptr<Solver> NewSolver(std::size_t table_bytes) const override { return std::make_unique<SolverOf<P>>(table_bytes); }

 private:
  GameFacts facts_;
  std::vector<Symmetry> symmetries_;
  P start_;
};

}  // namespace tandem
