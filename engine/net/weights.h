// Weights of one network on disk and in memory: a safetensors file (u64 little-endian header length, JSON header, raw data) whose
// metadata say which game and tower they belong to. The file's name is its content: ID.safetensors, ID = first 32 hex digits of the
// SHA-256 of its bytes. Everything read is range-checked before it is used; a corrupt file is kDataLoss, never a crash.
// Format and example: docs/weights_format.md. Partner: network.h (computing with them), torch/module.h (training them).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "proto/run_config.pb.h"

namespace tandem {

struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> data;  // row-major, shape's product elements
};

// Tensors by name, and string metadata: "tandem.format" "1", "tandem.game" (canonical spec), "tandem.network" (NetworkConfig as protobuf
// text), "tandem.step" (learner steps), and free keys.
struct Weights {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;
};

// Bytes of the safetensors file; the same weights give the same bytes.
std::string SerializeWeights(const Weights& weights);
absl::StatusOr<Weights> ParseWeights(std::string_view bytes);
std::string WeightsId(std::string_view bytes);

// A file whose name is an id must have that content (kDataLoss). `id`, when given, gets the id of the content.
absl::StatusOr<Weights> ReadWeights(const std::filesystem::path& path, std::string* id = nullptr);
// Writes DIRECTORY/ID.safetensors atomically and returns the id.
absl::StatusOr<std::string> WriteWeights(const std::filesystem::path& directory, const Weights& weights);

// Shape of the tower that `weights` hold, read from the metadata.
absl::StatusOr<NetworkConfig> WeightsNetworkConfig(const Weights& weights);

}  // namespace tandem
