// What `tandem inspect` finds in one file or directory, as a JSON object that is also printed for people, and the damage it met.
// One function for each kind; each reads only (but --rebuild), and a damaged file is described as far as it can be read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json.hpp"
#include "engine/net/run_directory.h"
#include "training/gate/rating_results.h"

namespace tandem {

struct InspectReport {
  boost::json::object facts;
  std::vector<std::string> problems;  // one line each; empty = sound
};

struct InspectRequest {
  bool games = false;    // chunks: a line for each game
  bool tensors = false;  // weights: a line for each tensor
  bool rebuild = false;  // runs: build the index anew from the files first
};

// Finds out which of the four `path` is. An error is kNotFound, or kInvalidArgument for something that is none of them.
absl::StatusOr<InspectReport> Inspect(const std::filesystem::path& path, const InspectRequest& request);

absl::StatusOr<InspectReport> InspectChunk(const std::filesystem::path& path, const InspectRequest& request);
absl::StatusOr<InspectReport> InspectWeights(const std::filesystem::path& path, const InspectRequest& request);
absl::StatusOr<InspectReport> InspectCheckpoint(const std::filesystem::path& directory);
absl::StatusOr<InspectReport> InspectRun(const std::filesystem::path& directory);
// The part of a run's report about its store: index, tokens, ratings, gate.
void InspectStore(const RunDirectory& run, const RunConfig& config, InspectReport* report);
// Networks that have played rating games.
boost::json::array RatingRows(const RatedPool& rated);

// SVG of one number of metrics.jsonl over minutes of training, a line for each run; numbers whose name ends in "bytes" in MiB. kNotFound
// without the file, kInvalidArgument when it has no such number (the message lists those that it has).
absl::StatusOr<std::string> MetricPlot(const std::vector<std::string>& runs, const std::string& metric);

// The report for people: "key  value" lines, tables for lists of objects, problems at the end.
std::string InspectText(const InspectReport& report);

}  // namespace tandem
