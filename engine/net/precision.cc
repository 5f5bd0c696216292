#include "engine/net/precision.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/net/pass_network.h"

namespace tandem {
namespace {

constexpr int kTimedPositions = 32;
constexpr int kRepetitions = 3;

// Seconds of a timed batch by shape and precision.
class SpeedTable {
 public:
  template <typename Measure>
  double Find(const std::string& key, Measure&& measure) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = seconds_.find(key);
    if (found != seconds_.end()) return found->second;
    return seconds_[key] = measure();
  }

 private:
  std::mutex mutex_;
  std::map<std::string, double> seconds_;
};

SpeedTable& Speeds() {
  static SpeedTable& table = *new SpeedTable;
  return table;
}

}  // namespace

ProbeBatch::ProbeBatch(const Game& game, std::span<const std::shared_ptr<const State>> positions)
    : states_(positions.begin(), positions.end()), legals_(positions.size()) {
  const std::size_t row = static_cast<std::size_t>(game.facts().cells()) * game.facts().num_planes;
  planes_.resize(states_.size() * row);
  for (std::size_t i = 0; i < states_.size(); ++i) {
    states_[i]->WritePlanes(std::span<float>(planes_.data() + i * row, row));
    states_[i]->LegalActions(legals_[i]);
  }
}

absl::StatusOr<ProbeBatch::Outputs> ProbeBatch::Run(const Game& game, const std::shared_ptr<const ForwardPass>& pass) const {
  Outputs outputs;
  outputs.evaluations.resize(states_.size());
  for (const ActionList& legal : legals_) outputs.priors.emplace_back(legal.size());
  std::vector<EvalRequest> batch;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    batch.push_back({states_[i].get(), legals_[i].span(), outputs.priors[i], &outputs.evaluations[i]});
  }
  const auto network = MakePassNetwork(game, {.id = "on trial", .fast = pass, .safe = pass});
  TANDEM_RETURN_IF_ERROR(network->NewEvaluator()->Evaluate(batch));
  return outputs;
}

double ProbeBatch::Seconds(const ForwardPass& pass, int count) const {
  const std::size_t size = std::min<std::size_t>(count, states_.size());
  std::vector<std::vector<float>> logits;
  std::vector<RawValues> values(size);
  for (std::size_t i = 0; i < size; ++i) logits.emplace_back(legals_[i].size());
  std::vector<EvalRequest> batch;
  for (std::size_t i = 0; i < size; ++i) batch.push_back({nullptr, legals_[i].span(), logits[i], nullptr});
  double best = 1e30;
  for (int i = 0; i <= kRepetitions; ++i) {  // the first call also prepares kernels
    const auto start = std::chrono::steady_clock::now();
    pass.Run(planes_.data(), batch, values);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (i > 0) best = std::min(best, seconds);
  }
  return best;
}

Agreement Compare(const ProbeBatch::Outputs& reference, const ProbeBatch::Outputs& other) {
  Agreement result;
  const double scale = 1.0 / static_cast<double>(std::max<std::size_t>(1, reference.priors.size()));
  for (std::size_t i = 0; i < reference.priors.size(); ++i) {
    for (std::size_t k = 0; k < reference.priors[i].size(); ++k) {
      const double p = reference.priors[i][k];
      if (p > 0) result.policy_kl += scale * p * std::log(p / std::max<double>(other.priors[i][k], 1e-30));
    }
    result.value_error += scale * std::abs(reference.evaluations[i].Value() - other.evaluations[i].Value());
  }
  return result;
}

absl::StatusOr<Choice> ChoosePrecision(const Game& game, std::span<const Candidate> candidates, const ProbeBatch& held_out,
                                       const std::string& shape, bool timed) {
  Choice choice;
  std::vector<std::string> notes;
  const absl::StatusOr<ProbeBatch::Outputs> reference = held_out.Run(game, candidates[0].pass);
  if (!reference.ok()) {  // the evaluator will refuse it by its id when it is asked
    choice.description = "fp32: outputs on trial positions are not finite";
    return choice;
  }
  double best = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = candidates[i];
    const std::string name(PrecisionName(candidate.precision));
    if (candidate.pass == nullptr) {
      notes.push_back(absl::StrCat("no ", name, " (", candidate.problem, ")"));
      continue;
    }
    std::string agreement_text;
    bool accepted = true;
    if (i > 0) {
      const absl::StatusOr<ProbeBatch::Outputs> outputs = held_out.Run(game, candidate.pass);
      const Agreement agreement = outputs.ok() ? Compare(*reference, *outputs) : Agreement{INFINITY, INFINITY};
      accepted = agreement.Accepted();
      agreement_text = absl::StrFormat(" (policy KL %.2g nats, value error %.2g%s)", agreement.policy_kl, agreement.value_error,
                                       accepted ? "" : ", refused");
    }
    if (!timed) {
      notes.push_back(name + agreement_text);
      if (accepted && candidate.precision != Precision::kInt8) choice.index = i;
      continue;
    }
    const double seconds =
        Speeds().Find(absl::StrCat(shape, "|", name), [&] { return held_out.Seconds(*candidate.pass, kTimedPositions); });
    notes.push_back(absl::StrFormat("%s %.2f ms%s", name, 1e3 * seconds, agreement_text));
    if (!accepted || (i > 0 && seconds >= best)) continue;
    best = seconds;
    choice.index = i;
  }
  const std::string batch = timed ? absl::StrCat("batch of ", std::min(kTimedPositions, held_out.size()), ": ") : "";
  choice.description =
      absl::StrCat(std::string(PrecisionName(candidates[choice.index].precision)), "; ", batch, absl::StrJoin(notes, ", "));
  return choice;
}

}  // namespace tandem
