#include "selfplay/worker/canary.h"

#include <algorithm>
#include <cmath>

#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr int kPositions = 8;
constexpr int kMaxCanaryPlies = 4096;

// Evaluates one position. `prior` gets its size here.
absl::Status Evaluate(Evaluator& evaluator, const State& state, std::vector<float>* prior, Evaluation* evaluation) {
  ActionList legal;
  state.LegalActions(legal);
  prior->resize(static_cast<std::size_t>(legal.size()));
  EvalRequest request{&state, legal.span(), *prior, evaluation};
  return evaluator.Evaluate({&request, 1});
}

absl::StatusOr<std::unique_ptr<State>> Replay(const Game& game, const Canary& canary) {
  auto state = game.NewState();
  ActionList legal;
  if (canary.moves_size() > kMaxCanaryPlies) return Corrupt("canary of ", canary.moves_size(), " moves");
  for (const std::uint32_t move : canary.moves()) {
    state->LegalActions(legal);
    if (move >= kNoAction || legal.Find(static_cast<Action>(move)) < 0) return Corrupt("canary: move ", move, " is not legal");
    state->Apply(static_cast<Action>(move));
  }
  state->LegalActions(legal);
  if (legal.empty() || legal.size() != canary.prior_size()) {
    return Corrupt("canary: ", canary.prior_size(), " priors for ", legal.size(), " legal moves");
  }
  return state;
}

}  // namespace

absl::StatusOr<std::vector<Canary>> MakeCanaries(const Network& network) {
  const auto evaluator = network.NewEvaluator();
  std::vector<Canary> canaries;
  ActionList legal;
  for (std::uint64_t i = 0; i < kPositions; ++i) {
    Rng rng = Rng::Stream(i, "canary");
    Canary canary;
    auto state = network.game().NewState();
    // Position i lies up to i / 8 of the longest game away from the start.
    const int plies = static_cast<int>(rng.Below(1 + static_cast<std::uint32_t>(network.game().facts().max_plies * i / kPositions)));
    for (int ply = 0; ply < plies; ++ply) {
      state->LegalActions(legal);
      auto next = state->Clone();
      const Action action = legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))];
      next->Apply(action);
      if (next->IsTerminal()) break;
      canary.add_moves(action);
      state = std::move(next);
    }
    std::vector<float> prior;
    Evaluation evaluation;
    TANDEM_RETURN_IF_ERROR(Evaluate(*evaluator, *state, &prior, &evaluation));
    canary.set_win(evaluation.win);
    canary.set_draw(evaluation.draw);
    canary.set_loss(evaluation.loss);
    canary.mutable_prior()->Add(prior.begin(), prior.end());
    canaries.push_back(std::move(canary));
  }
  return canaries;
}

absl::Status CheckCanaries(const Network& network, const Canaries& canaries) {
  if (canaries.positions().empty()) return absl::OkStatus();
  const auto evaluator = network.NewEvaluator();
  double value_error = 0, kl = 0;
  for (const Canary& canary : canaries.positions()) {
    TANDEM_ASSIGN_OR_RETURN(const auto state, Replay(network.game(), canary));
    std::vector<float> prior;
    Evaluation evaluation;
    TANDEM_RETURN_IF_ERROR(Evaluate(*evaluator, *state, &prior, &evaluation));
    value_error +=
        std::abs(evaluation.win - canary.win()) + std::abs(evaluation.draw - canary.draw()) + std::abs(evaluation.loss - canary.loss());
    for (std::size_t i = 0; i < prior.size(); ++i) {
      const double p = canary.prior(static_cast<int>(i));
      if (p > 0) kl += p * std::log(p / std::max<double>(prior[i], 1e-8));
    }
  }
  value_error /= canaries.positions_size();
  kl /= canaries.positions_size();
  if (value_error <= kMaxCanaryValueError && kl <= kMaxCanaryKl) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "this machine computes network ", network.id(), " differently from the coordinator (value error ", value_error, ", at most ",
      kMaxCanaryValueError, " allowed; policy KL ", kl, ", at most ", kMaxCanaryKl, "): try --precision fp32, or another build"));
}

}  // namespace tandem
