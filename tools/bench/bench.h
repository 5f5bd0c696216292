// Measurements behind `tandem bench`: how fast each stage is on this machine, and what it is compared with. Every section gives rows of
// named values; the text table and the JSON are two prints of the same rows. Rates are over at least BenchRequest::seconds a row, after one
// run that warms up: net and rollouts, which one thread does, by its processor time, which other programs disturb less; the rest by a
// steady clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json.hpp"
#include "engine/game/state.h"
#include "engine/net/network.h"
#include "proto/run_config.pb.h"

namespace tandem {

// Checked by CheckBenchRequest before any section runs.
struct BenchRequest {
  const Game* game = nullptr;
  bool all_games = false;  // rollouts: every registered game and not `game` alone
  RunConfig config;        // network, search, selfplay and learner as in a run; its threads are not looked at
  int threads = 1;
  std::vector<int> batches = {1, 8, 32, 128};
  std::vector<Precision> precisions;  // empty: all that this machine has
  double seconds = 1;
};

struct BenchSection {
  std::string name;                       // "net"
  std::string title;                      // one line on what the rows mean
  std::vector<boost::json::object> rows;  // members in the order of the columns, alike in all rows
};

// kInvalidArgument: more threads than processors, a batch below 1, a cache that is empty or larger than the machine's memory.
absl::Status CheckBenchRequest(const BenchRequest& request);

// Evaluations a second by precision and batch, LibTorch's eager fp32 first, with the share of what one core reaches in the tower's own
// convolution and the ratio to eager, all of one run.
absl::StatusOr<BenchSection> BenchNetwork(const BenchRequest& request);
// Simulations a second of one tree: with a free evaluator on one thread and on `threads`, then with the network.
absl::StatusOr<BenchSection> BenchSearch(const BenchRequest& request);
// Random games a second, and simulations a second of UCT at 1,000 simulations a move, on one thread.
absl::StatusOr<BenchSection> BenchRollouts(const BenchRequest& request);
// Self-play on `threads` threads with a fresh network, each with its own games and cache, after a quarter of the time for warming up.
absl::StatusOr<BenchSection> BenchSelfplay(const BenchRequest& request);
// Learner steps on made-up rows, by the precision of the trunk; operations a second against the same convolution.
absl::StatusOr<BenchSection> BenchTrain(const BenchRequest& request);
// The node signature: a fixed suite of searches whose totals are the same on every run and every machine with the same compiler and
// C library; a change of it is a change of the search's behaviour.
absl::StatusOr<BenchSection> NodeSignature();

std::string SectionText(const BenchSection& section);
boost::json::object SectionJson(const BenchSection& section);

// A fresh network of the request's game and configuration, on the processor whatever `options` say.
absl::StatusOr<std::shared_ptr<const Network>> FreshNetwork(const BenchRequest& request, NetworkOptions options);

// Calls `work` once to warm up, then again and again for `seconds` by `clock`, and returns the items a second of the latter. `work` returns
// a StatusOr of the number of items it has done.
enum class RateClock { kWall, kThread };  // kThread: processor time of the calling thread
absl::StatusOr<double> RatePerSecond(RateClock clock, double seconds, const std::function<absl::StatusOr<std::int64_t>()>& work);

}  // namespace tandem
