// doctor: the rules and the network compute what they should.
#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/net/network.h"
#include "engine/net/spec.h"
#include "tools/commands/doctor_checks.h"

namespace tandem {
namespace {

constexpr std::uint64_t kMaxLeaves = 200000;  // keeps the slow recursion below a second a game
constexpr int kMaxDepth = 6;
constexpr int kBatch = 64;  // positions compared, and size of the timed batches
constexpr absl::Duration kTimed = absl::Milliseconds(300);
// Twice what the choice of a precision allows on its own positions (engine/net/torch); these are others.
constexpr double kLargestPolicyKl = 0.02;    // nats, mean
constexpr double kLargestValueError = 0.02;  // of win - loss, mean

std::uint64_t CountLeaves(const State& state, int depth) {
  if (depth == 0) return 1;
  ActionList legal;
  state.LegalActions(legal);
  std::uint64_t leaves = 0;
  for (const Action action : legal) {
    const std::unique_ptr<State> child = state.Clone();
    child->Apply(action);
    leaves += CountLeaves(*child, depth - 1);
  }
  return leaves;
}

CheckResult CheckGame(const Game& game) {
  const std::string name = absl::StrCat("rules ", game.facts().spec);
  const std::unique_ptr<State> state = game.NewState();
  std::uint64_t counted = 0;
  int depth = 1;
  for (;; ++depth) {
    const std::uint64_t leaves = game.Perft(*state, depth);
    if (depth > 1 && (leaves > kMaxLeaves || depth > kMaxDepth)) break;
    counted = CountLeaves(*state, depth);
    if (counted == leaves) continue;
    return {name, CheckLevel::kFailure, absl::StrCat("perft ", depth, " is ", leaves, ", plain recursion counts ", counted)};
  }
  return {name, CheckLevel::kOk, absl::StrCat("perft ", depth - 1, " is ", counted)};
}

// Positions at random plies with room for what an evaluator answers about them.
struct Positions {
  std::vector<std::unique_ptr<State>> states;
  std::vector<ActionList> legal;

  struct Answers {
    std::vector<std::vector<float>> priors;
    std::vector<Evaluation> evaluations;
  };
  // `requests` point into `answers`.
  std::vector<EvalRequest> Requests(Answers* answers) const {
    answers->evaluations.assign(states.size(), {});
    answers->priors.clear();
    for (const ActionList& list : legal) answers->priors.emplace_back(static_cast<std::size_t>(list.size()));
    std::vector<EvalRequest> requests;
    for (std::size_t i = 0; i < states.size(); ++i) {
      requests.push_back({states[i].get(), legal[i].span(), answers->priors[i], &answers->evaluations[i]});
    }
    return requests;
  }
};

Positions PlayedPositions(const Game& game, int count) {
  Rng rng = Rng::Stream(1, "doctor");
  Positions positions;
  std::unique_ptr<State> state = game.NewState();
  while (static_cast<int>(positions.states.size()) < count) {
    ActionList legal;
    state->LegalActions(legal);
    if (legal.empty()) {
      state = game.NewState();
      continue;
    }
    positions.states.push_back(state->Clone());
    positions.legal.push_back(legal);
    state->Apply(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
  }
  return positions;
}

// Mean KL(a, b) of the priors in nats.
double MeanPolicyKl(const Positions::Answers& a, const Positions::Answers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.priors.size(); ++i) {
    for (std::size_t k = 0; k < a.priors[i].size(); ++k) {
      const double p = a.priors[i][k];
      if (p > 0) sum += p * std::log(p / std::max(1e-12, double{b.priors[i][k]}));
    }
  }
  return sum / static_cast<double>(a.priors.size());
}

// Of win - loss.
double MeanValueError(const Positions::Answers& a, const Positions::Answers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.evaluations.size(); ++i) sum += std::abs(a.evaluations[i].Value() - b.evaluations[i].Value());
  return sum / static_cast<double>(a.evaluations.size());
}

// Fresh weights are nearly indifferent by design: their last layers and residual branches start at or near zero, and a comparison of
// their outputs would say little. This gives them the sizes that training does, so that errors of arithmetic show.
void Awaken(const Game& game, const NetworkConfig& config, Weights* weights) {
  constexpr float kLastLinearGain = 100;  // undoes the small start of the heads (engine/net/initial.h)
  constexpr float kBranchScale = 0.5;
  for (const TensorSpec& spec : NetworkTensors(game.facts(), config)) {
    for (float& x : weights->tensors[spec.name].data) {
      if (spec.role == TensorRole::kLastLinear) x *= kLastLinearGain;
      if (spec.role == TensorRole::kZeroScale) x = kBranchScale;
    }
  }
}

// Evaluations a second of one thread.
absl::StatusOr<double> MeasureSpeed(Evaluator& evaluator, std::vector<EvalRequest>& requests) {
  const Clock& clock = Clock::Real();
  const absl::Time begin = clock.Now();
  double evaluations = 0;
  absl::Duration taken;
  do {
    TANDEM_RETURN_IF_ERROR(evaluator.Evaluate(requests));
    evaluations += static_cast<double>(requests.size());
    taken = clock.Now() - begin;
  } while (taken < kTimed);
  return evaluations / absl::ToDoubleSeconds(taken);
}

absl::StatusOr<CheckResult> CompareNetworks(const Game& game, const std::string& name) {
  const NetworkConfig config;
  TANDEM_ASSIGN_OR_RETURN(Weights weights, InitialWeights(game, config, /*seed=*/1));
  Awaken(game, config, &weights);
  const std::string id = WeightsId(SerializeWeights(weights));
  NetworkOptions exact;
  exact.precision = Precision::kFloat32;
  TANDEM_ASSIGN_OR_RETURN(const auto reference, MakeNetwork(game, weights, id, exact));
  TANDEM_ASSIGN_OR_RETURN(const auto chosen, MakeNetwork(game, weights, id, NetworkOptions()));

  const Positions positions = PlayedPositions(game, kBatch);
  Positions::Answers expected, got;
  std::vector<EvalRequest> expected_requests = positions.Requests(&expected);
  std::vector<EvalRequest> requests = positions.Requests(&got);
  TANDEM_RETURN_IF_ERROR(reference->NewEvaluator()->Evaluate(expected_requests));
  const std::unique_ptr<Evaluator> evaluator = chosen->NewEvaluator();
  TANDEM_RETURN_IF_ERROR(evaluator->Evaluate(requests));
  const double kl = MeanPolicyKl(expected, got);
  const double value_error = MeanValueError(expected, got);
  TANDEM_ASSIGN_OR_RETURN(const double speed, MeasureSpeed(*evaluator, requests));

  CheckResult result{name, CheckLevel::kOk,
                     absl::StrFormat("%s; against fp32 policy KL %.1e nats, value error %.1e; %.0f evaluations/s a thread in batches of %d",
                                     chosen->description(), kl, value_error, speed, kBatch)};
  if (!(kl <= kLargestPolicyKl) || !(value_error <= kLargestValueError)) {
    result.level = CheckLevel::kFailure;
    absl::StrAppendFormat(&result.detail, "; expected at most %.1e and %.1e", kLargestPolicyKl, kLargestValueError);
  }
  return result;
}

}  // namespace

std::vector<CheckResult> CheckRules() {
  std::vector<CheckResult> results;
  for (const RegisteredGame& registered : RegisteredGames()) {
    const auto game = FindGame(registered.name);
    results.push_back(game.ok() ? CheckGame(**game)
                                : CheckResult{"rules " + registered.name, CheckLevel::kFailure, std::string(game.status().message())});
  }
  if (results.empty()) results.push_back({"rules", CheckLevel::kFailure, "no game is registered"});
  return results;
}

CheckResult CheckNetwork(const Game& game) {
  const std::string name = absl::StrCat("network ", game.facts().spec);
  SetNetworkThreads(1);
  auto result = CompareNetworks(game, name);
  if (result.ok()) return *std::move(result);
  // A program built without a backend still plays and searches; one whose backend fails is broken.
  const bool absent = absl::IsUnimplemented(result.status()) || absl::IsFailedPrecondition(result.status());
  return {name, absent ? CheckLevel::kWarning : CheckLevel::kFailure, std::string(result.status().message())};
}

}  // namespace tandem
