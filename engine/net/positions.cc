#include "engine/net/positions.h"

#include "engine/base/rng.h"

namespace tandem {

void PositionSample::Offer(std::span<const EvalRequest> batch) {
  const absl::MutexLock lock(&mutex_);
  for (const EvalRequest& request : batch) {
    if (offers_++ % stride_ != 0) continue;
    if (ring_.size() < capacity_) {
      ring_.push_back(request.state->Clone());
      continue;
    }
    ring_[next_] = request.state->Clone();
    next_ = (next_ + 1) % capacity_;
  }
}

PositionList PositionSample::Positions() const {
  const absl::MutexLock lock(&mutex_);
  if (ring_.size() < capacity_) return {};
  PositionList positions(ring_.begin() + static_cast<std::ptrdiff_t>(next_), ring_.end());
  positions.insert(positions.end(), ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(next_));
  return positions;
}

PositionList RandomPositions(const Game& game, int count) {
  Rng rng = Rng::Stream(0, "network probe");
  PositionList positions;
  std::unique_ptr<State> state = game.NewState();
  while (positions.size() < static_cast<std::size_t>(count)) {
    ActionList legal;
    if (!state->IsTerminal()) state->LegalActions(legal);
    if (legal.empty()) {
      if (state->Ply() == 0) break;
      state = game.NewState();
      continue;
    }
    positions.push_back(state->Clone());
    state->Apply(legal[rng.Below(legal.size())]);
  }
  return positions;
}

}  // namespace tandem
