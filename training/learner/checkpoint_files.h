// A learner's state as a directory; free of torch.
//
//   manifest.json          {"format": 1, "step": 1200, "parts": {"training.safetensors": {"bytes": ..., "sha256": "..."}}}
//   training.safetensors   tensors raw/NAME, average/NAME, first/NAME, second/NAME (optimiser), and metadata (engine/net/weights.h)
//
// It is written beside its place under the name DIRECTORY.tmp and then renamed, so that a directory of the right name is whole.
#pragma once

#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/net/weights.h"

namespace tandem {

struct LearnerState {
  std::int64_t step = 0;
  Weights weights;
};

// Replaces a directory of that name.
absl::Status WriteLearnerState(const std::filesystem::path& directory, std::int64_t step, const Weights& weights);
// kNotFound without a manifest, kDataLoss when a part is not what the manifest says.
absl::StatusOr<LearnerState> ReadLearnerState(const std::filesystem::path& directory);

}  // namespace tandem
