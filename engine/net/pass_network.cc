#include "engine/net/pass_network.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/net/cpu/heads.h"
#include "engine/net/spec.h"

namespace tandem {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Logits to probabilities; false when something is not finite.
bool FinishOutputs(std::span<EvalRequest> batch, std::span<const RawValues> values, float temperature) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!SoftmaxInPlace(batch[i].prior, temperature)) return false;
    std::array<float, 3> wdl = {values[i][0], values[i][1], values[i][2]};
    if (!SoftmaxInPlace(wdl, 1.0f) || !std::isfinite(values[i][3])) return false;
    const float x = values[i][3];
    const float softplus = std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x)));
    *batch[i].evaluation = {.win = wdl[0], .draw = wdl[1], .loss = wdl[2], .moves_left = softplus * kMovesLeftUnitPlies};
  }
  return true;
}

class PassNetwork : public Network, public std::enable_shared_from_this<PassNetwork> {
 public:
  PassNetwork(const Game& game, PassNetworkParts parts) : game_(game), parts_(std::move(parts)) {}

  const std::string& id() const override { return parts_.id; }
  const Game& game() const override { return game_; }
  Precision precision() const override { return parts_.precision; }
  std::string description() const override { return parts_.description; }
  std::unique_ptr<Evaluator> NewEvaluator(float policy_temperature) const override;

  absl::Status Compute(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values, float temperature) const {
    if (parts_.before_batch) parts_.before_batch();
    if (parts_.positions != nullptr) parts_.positions->Offer(batch);
    parts_.fast->Run(planes, batch, values);
    if (FinishOutputs(batch, values, temperature)) return absl::OkStatus();
    if (parts_.safe != parts_.fast) {
      if (!warned_.exchange(true)) {
        Log().warn("network {}: {} gave a value that is not finite; such batches are computed again in fp32", parts_.id,
                   PrecisionName(parts_.precision));
      }
      parts_.safe->Run(planes, batch, values);
      if (FinishOutputs(batch, values, temperature)) return absl::OkStatus();
    }
    return Corrupt("network ", parts_.id, ": output is not finite, in fp32 too");
  }

 private:
  const Game& game_;
  const PassNetworkParts parts_;
  mutable std::atomic<bool> warned_{false};
};

class PassEvaluator : public Evaluator {
 public:
  PassEvaluator(std::shared_ptr<const PassNetwork> network, float temperature) : network_(std::move(network)), temperature_(temperature) {}

  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    if (batch.empty()) return absl::OkStatus();
    const auto start = SteadyClock::now();
    absl::Status status;
    try {  // LibTorch throws
      WritePlanes(batch);
      values_.resize(batch.size());
      status = network_->Compute(planes_.data(), batch, values_, temperature_);
    } catch (const std::exception& error) {
      const std::string text = error.what();  // its first line; a stack trace follows
      status = absl::InternalError(absl::StrCat("network ", network_->id(), ": ", text.substr(0, text.find('\n'))));
    }
    counters_.requests += static_cast<std::int64_t>(batch.size());
    counters_.evaluations += static_cast<std::int64_t>(batch.size());
    counters_.batches += 1;
    counters_.network_nanoseconds += std::chrono::nanoseconds(SteadyClock::now() - start).count();
    return status;
  }
  EvalCounters counters() const override { return counters_; }
  std::string id() const override { return network_->id(); }

 private:
  // [B, H, W, C] over memory that is kept between calls.
  void WritePlanes(std::span<EvalRequest> batch) {
    const GameFacts& facts = network_->game().facts();
    const std::size_t row = static_cast<std::size_t>(facts.cells()) * facts.num_planes;
    planes_.resize(std::max(planes_.size(), batch.size() * row));
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].state->WritePlanes(std::span<float>(planes_.data() + i * row, row));
  }

  const std::shared_ptr<const PassNetwork> network_;
  const float temperature_;
  std::vector<float> planes_;
  std::vector<RawValues> values_;
  EvalCounters counters_;
};

std::unique_ptr<Evaluator> PassNetwork::NewEvaluator(float policy_temperature) const {
  return std::make_unique<PassEvaluator>(shared_from_this(), policy_temperature);
}

}  // namespace

std::shared_ptr<const Network> MakePassNetwork(const Game& game, PassNetworkParts parts) {
  return std::make_shared<const PassNetwork>(game, std::move(parts));
}

}  // namespace tandem
