// Evaluations kept: the same position is computed once, whatever order of moves or which thread's tree leads to it.
//
// A cache is a number of shards, each a lock, a ring of bytes that records are appended to (the oldest are overwritten), and a table of
// ring positions, four to a bucket, found by the key's hash. A record is found only when its full 128-bit key agrees and it has not been
// overwritten since; priors are kept as floats, so a hit is bit for bit what the network said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "engine/eval/evaluator.h"

namespace tandem {

struct EvalCacheCounters {
  std::int64_t lookups = 0;
  std::int64_t hits = 0;
  std::int64_t inserts = 0;
};

// Thread-safe. Memory is taken once, at construction.
class EvalCache {
 public:
  // At most `capacity_bytes` for everything it stores (rings and tables); 0 keeps nothing.
  explicit EvalCache(std::size_t capacity_bytes);
  ~EvalCache();
  // Bytes that hold about `num_entries` positions of a game with `num_actions`, reckoned with 64 legal moves where it has more: chess has
  // 4,672 actions and some 35 legal moves. Only the legal ones take room, so a wider position takes the place of several.
  static std::size_t BytesForEntries(std::int64_t num_entries, int num_actions);

  // kInvalidArgument, with the value named `option`, when that many would not fit the machine's memory.
  static absl::Status CheckEntries(std::string_view option, std::int64_t num_entries, int num_actions);

  // True when known; then `prior` (LegalActions order; its size must be the position's) and `evaluation` are filled.
  bool Lookup(const PositionKey& key, std::span<float> prior, Evaluation* evaluation);
  // Ignored when `generation` is no longer the current one (a result computed by an older network) or the value is not finite.
  void Insert(const PositionKey& key, std::span<const float> prior, const Evaluation& evaluation, std::uint64_t generation);

  // Forgets everything and starts a new generation: call it when the network changes.
  void Clear();
  std::uint64_t generation() const;
  std::size_t capacity_bytes() const;  // really allocated
  EvalCacheCounters counters() const;

 private:
  struct Shard;
  Shard& ShardOf(std::uint64_t hash) const;

  std::size_t num_shards_ = 0;
  std::unique_ptr<Shard[]> shards_;
};

// Asks `inner` only for positions that are not in the cache, each once a batch even when the batch holds it several times.
//
// With a game in `mirror` (it must outlive the evaluator), mirror images of a position count as that position, in the cache and in the
// batch: the evaluation of the first image seen answers for all, its prior turned along. All evaluators of a cache must agree on this.
// Where the game has but one symmetry nothing changes. What it costs and gives: docs/performance.md.
std::unique_ptr<Evaluator> NewCachingEvaluator(std::unique_ptr<Evaluator> inner, std::shared_ptr<EvalCache> cache,
                                               const Game* mirror = nullptr);

}  // namespace tandem
