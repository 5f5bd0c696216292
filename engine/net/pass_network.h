// A Network over forward passes: writes the planes, turns logits into probabilities, and keeps NaN and infinity from getting out. What the
// fast pass can not represent is computed again by the safe one; a network that is not finite there either is refused by its id.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/net/forward_pass.h"
#include "engine/net/network.h"

namespace tandem {

struct PassNetworkParts {
  std::string id;
  Precision precision = Precision::kFloat32;
  std::string description = {};
  std::shared_ptr<const ForwardPass> fast = nullptr;
  std::shared_ptr<const ForwardPass> safe = nullptr;    // float32; may be the same
  std::shared_ptr<PositionSample> positions = nullptr;  // gets the positions that are evaluated; may be null
  std::function<void()> before_batch = {};              // called in the evaluating thread; may be empty
};
std::shared_ptr<const Network> MakePassNetwork(const Game& game, PassNetworkParts parts);

}  // namespace tandem
