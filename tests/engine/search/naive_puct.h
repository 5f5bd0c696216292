// PUCT as one would write it on a blackboard: recursion, a state in every position, no arena, no batches. The fast search must visit the
// same moves the same number of times.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "engine/eval/evaluator.h"
#include "proto/run_config.pb.h"

namespace tandem {

class NaivePuct {
 public:
  NaivePuct(const SearchConfig& config, Evaluator& evaluator, const State& root) : config_(config), evaluator_(evaluator) {
    root_.state = root.Clone();
  }

  void Run(int simulations) {
    for (int i = 0; i < simulations; ++i) Simulate(root_, config_.fpu_reduction_root());
  }

  // By action, ascending.
  std::vector<std::int64_t> RootVisits() const {
    std::vector<const Move*> moves;
    for (const Move& move : root_.moves) moves.push_back(&move);
    std::sort(moves.begin(), moves.end(), [](const Move* a, const Move* b) { return a->action < b->action; });
    std::vector<std::int64_t> visits;
    for (const Move* move : moves) visits.push_back(move->visits);
    return visits;
  }
  double RootValue() const { return root_.known ? root_.known_value : Mean(root_); }

 private:
  struct Place;
  struct Move {
    Action action = kNoAction;
    float prior = 0;
    int visits = 0;
    std::unique_ptr<Place> below;
  };
  struct Place {
    std::unique_ptr<State> state;
    std::vector<Move> moves;
    int visits = 0;
    double sum = 0;  // view of the side to move
    bool evaluated = false;
    bool known = false;
    bool known_draw = false;  // some move draws for certain
    int known_value = 0;
  };

  // Returns the value for the side to move.
  double Simulate(Place& place, double fpu_reduction) {
    double value = 0;
    if (place.known) {
      value = place.known_value;
    } else if (place.state->IsTerminal()) {
      place.known = true;
      place.known_value = MoverResult(place.state->GetOutcome(), place.state->ToMove());
      value = place.known_value;
    } else if (!place.evaluated) {
      value = Evaluate(place);
    } else {
      Move& move = Choose(place, fpu_reduction);
      if (move.below == nullptr) {
        move.below = std::make_unique<Place>();
        move.below->state = place.state->Clone();
        move.below->state->Apply(move.action);
      }
      value = -Simulate(*move.below, config_.fpu_reduction());
      ++move.visits;
      if (config_.prove() && move.below->known) {
        place.known_draw |= move.below->known_value == 0;
        Prove(place);
        if (place.known) value = place.known_value;
      }
    }
    ++place.visits;
    place.sum += value;
    return place.known_draw && !place.known ? Mean(place) : value;
  }

  static double Mean(const Place& place) {
    const double mean = place.sum / place.visits;
    return place.known_draw && mean < 0 ? 0 : mean;
  }

  double Evaluate(Place& place) {
    ActionList legal;
    place.state->LegalActions(legal);
    std::vector<float> prior(static_cast<std::size_t>(legal.size()));
    Evaluation evaluation;
    EvalRequest request{place.state.get(), legal.span(), prior, &evaluation};
    (void)evaluator_.Evaluate({&request, 1});
    for (int i = 0; i < legal.size(); ++i) {
      Move& move = place.moves.emplace_back();
      move.action = legal[i];
      move.prior = prior[static_cast<std::size_t>(i)];
    }
    std::stable_sort(place.moves.begin(), place.moves.end(), [](const Move& a, const Move& b) { return a.prior > b.prior; });
    place.evaluated = true;
    return evaluation.Value();
  }

  Move& Choose(Place& place, double fpu_reduction) {
    const bool prove = config_.prove();
    const auto known = [&](const Move& move) { return move.below != nullptr && move.below->known; };
    const auto skipped = [&](const Move& move) { return prove && known(move); };
    if (prove) {
      for (Move& move : place.moves) {
        if (known(move) && move.below->known_value == -1) return move;
      }
    }
    const double n = place.visits;
    const double c = config_.cpuct() + config_.cpuct_log() * std::log((n + config_.cpuct_base()) / config_.cpuct_base());
    double mass = 0;
    for (const Move& move : place.moves) mass += move.visits > 0 ? move.prior : 0.0f;
    const double unvisited = Mean(place) - fpu_reduction * std::sqrt(mass);
    Move* best = nullptr;
    double best_score = 0;
    for (Move& move : place.moves) {
      if (skipped(move)) continue;
      double q = move.visits > 0 ? -Mean(*move.below) : unvisited;
      if (known(move)) q = -move.below->known_value;
      const double score = q + c * std::sqrt(n) * move.prior / (1.0 + move.visits);
      if (best == nullptr || score > best_score) {
        best = &move;
        best_score = score;
      }
    }
    return best != nullptr ? *best : place.moves[0];
  }

  static void Prove(Place& place) {
    int best = -1;
    bool all = true;
    for (const Move& move : place.moves) {
      if (move.below == nullptr || !move.below->known) {
        all = false;
        continue;
      }
      best = std::max(best, -move.below->known_value);
    }
    if (best == 1 || all) {
      place.known = true;
      place.known_value = best;
    }
  }

  const SearchConfig config_;
  Evaluator& evaluator_;
  Place root_;
};

}  // namespace tandem
