#include "engine/eval/cache.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/status.h"
#include "engine/eval/mirror.h"

namespace tandem {
namespace {

// What stands in the ring before a record's priors.
struct RecordHeader {
  PositionKey key;
  Evaluation evaluation;
  std::uint32_t num_legal;
  std::uint32_t num_bytes;  // of the whole record, a multiple of 8
};

constexpr std::size_t kMaxShards = 64;
constexpr std::size_t kMinShardBytes = 64 << 10;  // smaller shards would hold too few records of a wide game
constexpr std::size_t kWays = 4;
constexpr std::size_t kMeanRecordBytes = 64;  // what a table slot is reckoned for: a record of few legal moves
constexpr int kMaxUsualLegal = 64;  // most legal moves of a position that sizes are reckoned with
constexpr std::uint64_t kEmpty = std::numeric_limits<std::uint64_t>::max();

std::size_t RecordBytes(std::size_t num_legal) { return (sizeof(RecordHeader) + num_legal * sizeof(float) + 7) / 8 * 8; }

}  // namespace

struct alignas(64) EvalCache::Shard {
  // Where a record may lie: `ring` is written at `head` modulo its size, and a record that would cross the end starts anew at 0, so that
  // each is contiguous. A position is alive while it is at or above `first` (the last Clear) and less than a ring's length behind head.
  mutable absl::Mutex mutex;
  std::vector<std::byte> ring ABSL_GUARDED_BY(mutex);
  std::vector<std::uint64_t> slots ABSL_GUARDED_BY(mutex);
  std::uint64_t head ABSL_GUARDED_BY(mutex) = 0;
  std::uint64_t first ABSL_GUARDED_BY(mutex) = 0;
  std::uint64_t generation ABSL_GUARDED_BY(mutex) = 0;
  EvalCacheCounters counters ABSL_GUARDED_BY(mutex);

  void Allocate(std::size_t bytes) {
    absl::MutexLock lock(&mutex);
    const std::size_t num_slots = std::max(bytes / (kMeanRecordBytes + sizeof(std::uint64_t)) / kWays, std::size_t{1}) * kWays;
    slots.assign(num_slots, kEmpty);
    ring.resize((bytes - num_slots * sizeof(std::uint64_t)) / 8 * 8);
  }
  std::uint64_t* Bucket(std::uint64_t hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return &slots[(hash >> 8) % (slots.size() / kWays) * kWays];
  }
  bool Alive(std::uint64_t position) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    return position != kEmpty && position >= first && head - position <= ring.size();
  }
  // Byte offset of the record of `key`, or kEmpty.
  std::uint64_t Find(const PositionKey& key, std::uint64_t hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const std::uint64_t* bucket = Bucket(hash);
    for (std::size_t i = 0; i < kWays; ++i) {
      if (!Alive(bucket[i])) continue;
      const std::uint64_t offset = bucket[i] % ring.size();
      PositionKey stored;
      std::memcpy(&stored, &ring[offset], sizeof(stored));
      if (stored == key) return offset;
    }
    return kEmpty;
  }
};

EvalCache::EvalCache(std::size_t capacity_bytes) {
  if (capacity_bytes < 4096) return;  // keeps nothing
  num_shards_ = std::bit_floor(std::clamp<std::size_t>(capacity_bytes / kMinShardBytes, 1, kMaxShards));
  shards_ = std::make_unique<Shard[]>(num_shards_);
  for (std::size_t i = 0; i < num_shards_; ++i) shards_[i].Allocate(capacity_bytes / num_shards_);
}

EvalCache::~EvalCache() = default;

std::size_t EvalCache::BytesForEntries(std::int64_t num_entries, int num_actions) {
  if (num_entries <= 0) return 0;
  const auto num_legal = static_cast<std::size_t>(std::min(num_actions, kMaxUsualLegal));
  return static_cast<std::size_t>(num_entries) * (RecordBytes(num_legal) + sizeof(std::uint64_t));
}

absl::Status EvalCache::CheckEntries(std::string_view option, std::int64_t num_entries, int num_actions) {
  const double memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  const double one = static_cast<double>(BytesForEntries(1, num_actions));
  if (static_cast<double>(num_entries) * one <= memory) return absl::OkStatus();
  return BadInput(std::string(option), " ", num_entries, ": expected at most ", static_cast<std::int64_t>(memory / one),
                  " positions, which fill the machine's ", static_cast<std::int64_t>(memory) >> 20, " MiB");
}

EvalCache::Shard& EvalCache::ShardOf(std::uint64_t hash) const { return shards_[hash & (num_shards_ - 1)]; }

bool EvalCache::Lookup(const PositionKey& key, std::span<float> prior, Evaluation* evaluation) {
  if (num_shards_ == 0) return false;
  const std::uint64_t hash = key.Hash();
  Shard& shard = ShardOf(hash);
  absl::MutexLock lock(&shard.mutex);
  ++shard.counters.lookups;
  const std::uint64_t offset = shard.Find(key, hash);
  if (offset == kEmpty) return false;
  RecordHeader header;
  std::memcpy(&header, &shard.ring[offset], sizeof(header));
  if (header.num_legal != prior.size()) return false;
  *evaluation = header.evaluation;
  if (!prior.empty()) std::memcpy(prior.data(), &shard.ring[offset + sizeof(header)], prior.size_bytes());
  ++shard.counters.hits;
  return true;
}

void EvalCache::Insert(const PositionKey& key, std::span<const float> prior, const Evaluation& evaluation, std::uint64_t generation) {
  if (num_shards_ == 0 || !std::isfinite(evaluation.Value())) return;
  const std::uint64_t hash = key.Hash();
  Shard& shard = ShardOf(hash);
  absl::MutexLock lock(&shard.mutex);
  const std::size_t num_bytes = RecordBytes(prior.size());
  if (generation != shard.generation || num_bytes > shard.ring.size() || shard.Find(key, hash) != kEmpty) return;
  const std::uint64_t rest = shard.ring.size() - shard.head % shard.ring.size();
  if (rest < num_bytes) shard.head += rest;
  const std::uint64_t position = shard.head;
  const std::uint64_t offset = position % shard.ring.size();
  const RecordHeader header{key, evaluation, static_cast<std::uint32_t>(prior.size()), static_cast<std::uint32_t>(num_bytes)};
  std::memcpy(&shard.ring[offset], &header, sizeof(header));
  if (!prior.empty()) std::memcpy(&shard.ring[offset + sizeof(header)], prior.data(), prior.size_bytes());
  shard.head += num_bytes;
  ++shard.counters.inserts;
  // Into a dead slot, else over the oldest record of the bucket.
  std::uint64_t* bucket = shard.Bucket(hash);
  std::uint64_t* victim = bucket;
  for (std::size_t i = 0; i < kWays; ++i) {
    if (!shard.Alive(bucket[i])) {
      victim = &bucket[i];
      break;
    }
    if (bucket[i] < *victim) victim = &bucket[i];
  }
  *victim = position;
}

void EvalCache::Clear() {
  for (std::size_t i = 0; i < num_shards_; ++i) {
    absl::MutexLock lock(&shards_[i].mutex);
    shards_[i].first = shards_[i].head;
    ++shards_[i].generation;
  }
}

std::uint64_t EvalCache::generation() const {
  if (num_shards_ == 0) return 0;
  // The last shard is cleared last: whoever reads an old number here is refused by the shards that are cleared already.
  const Shard& last = shards_[num_shards_ - 1];
  absl::MutexLock lock(&last.mutex);
  return last.generation;
}

std::size_t EvalCache::capacity_bytes() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < num_shards_; ++i) {
    absl::MutexLock lock(&shards_[i].mutex);
    bytes += shards_[i].ring.size() + shards_[i].slots.size() * sizeof(std::uint64_t);
  }
  return bytes;
}

EvalCacheCounters EvalCache::counters() const {
  EvalCacheCounters sum;
  for (std::size_t i = 0; i < num_shards_; ++i) {
    absl::MutexLock lock(&shards_[i].mutex);
    sum.lookups += shards_[i].counters.lookups;
    sum.hits += shards_[i].counters.hits;
    sum.inserts += shards_[i].counters.inserts;
  }
  return sum;
}

namespace {

// Asks for the key that planes and legal moves follow from; with mirror images, for that of the canonical one, and keeps priors in its
// order.
class CachingEvaluator final : public Evaluator {
 public:
  CachingEvaluator(std::unique_ptr<Evaluator> inner, std::shared_ptr<EvalCache> cache, const Game* mirror)
      : inner_(std::move(inner)), cache_(std::move(cache)) {
    if (mirror != nullptr && mirror->symmetries().size() > 1) images_.emplace(*mirror);
  }

  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    const std::uint64_t generation = cache_->generation();
    counters_.requests += static_cast<std::int64_t>(batch.size());
    FindMisses(batch);
    if (!misses_.empty()) {
      const absl::Status status = inner_->Evaluate(misses_);
      if (!status.ok()) return status;
    }
    for (std::size_t i = 0; i < misses_.size(); ++i) {
      cache_->Insert(miss_keys_[i], InCanonicalOrder(misses_[i], miss_requests_[i]), *misses_[i].evaluation, generation);
    }
    for (const auto& [request, miss] : duplicates_) {
      TakeFromCanonical(InCanonicalOrder(misses_[miss], miss_requests_[miss]), request, batch[request].prior);
      *batch[request].evaluation = *misses_[miss].evaluation;
    }
    return absl::OkStatus();
  }

  EvalCounters counters() const override {
    EvalCounters result = inner_->counters();
    result.requests = counters_.requests;
    result.cache_hits += counters_.cache_hits;
    result.duplicates += counters_.duplicates;
    return result;
  }
  std::string id() const override { return inner_->id(); }

 private:
  // Answers what the cache knows; the rest goes, each position once, to misses_, and its repetitions to duplicates_.
  void FindMisses(std::span<EvalRequest> batch) {
    misses_.clear();
    miss_keys_.clear();
    miss_requests_.clear();
    duplicates_.clear();
    if (orders_.size() < batch.size()) orders_.resize(batch.size());
    const std::size_t table_size = std::bit_ceil(batch.size() * 2);
    table_.assign(table_size, kNoMiss);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const PositionKey key = images_ ? images_->Canonical(*batch[i].state, batch[i].legal, &orders_[i]) : batch[i].state->EvaluationKey();
      std::size_t slot = key.Hash() & (table_size - 1);
      while (table_[slot] != kNoMiss && miss_keys_[table_[slot]] != key) slot = (slot + 1) & (table_size - 1);
      if (table_[slot] != kNoMiss) {
        duplicates_.push_back({i, table_[slot]});
        ++counters_.duplicates;
      } else if (Known(key, i, batch[i])) {
        ++counters_.cache_hits;
      } else {
        table_[slot] = static_cast<std::uint32_t>(misses_.size());
        misses_.push_back(batch[i]);
        miss_keys_.push_back(key);
        miss_requests_.push_back(i);
      }
    }
  }

  // Whether the cache answers `request`, number `index` of the batch.
  bool Known(const PositionKey& key, std::size_t index, const EvalRequest& request) {
    if (!images_) return cache_->Lookup(key, request.prior, request.evaluation);
    canonical_.resize(request.prior.size());
    if (!cache_->Lookup(key, canonical_, request.evaluation)) return false;
    TakeFromCanonical(canonical_, index, request.prior);
    return true;
  }

  // The prior of a request in the order of its canonical image's moves; valid until the next call.
  std::span<const float> InCanonicalOrder(const EvalRequest& request, std::size_t index) {
    if (!images_) return request.prior;
    canonical_.resize(request.prior.size());
    for (std::size_t i = 0; i < canonical_.size(); ++i) canonical_[orders_[index][i]] = request.prior[i];
    return canonical_;
  }
  void TakeFromCanonical(std::span<const float> canonical, std::size_t index, std::span<float> prior) const {
    for (std::size_t i = 0; i < prior.size(); ++i) prior[i] = images_ ? canonical[orders_[index][i]] : canonical[i];
  }

  static constexpr std::uint32_t kNoMiss = ~std::uint32_t{0};

  const std::unique_ptr<Evaluator> inner_;
  const std::shared_ptr<EvalCache> cache_;
  std::optional<MirrorImages> images_;  // empty: a position is only itself
  EvalCounters counters_;               // of this layer only
  // Scratch of one call, kept to save allocations.
  std::vector<EvalRequest> misses_;
  std::vector<PositionKey> miss_keys_;
  std::vector<std::size_t> miss_requests_;                         // which request of the batch it is
  std::vector<std::pair<std::size_t, std::uint32_t>> duplicates_;  // request, index into misses_
  std::vector<std::uint32_t> table_;                               // open addressing by key, indices into misses_
  std::vector<std::vector<std::uint16_t>> orders_;                 // MirrorImages::Canonical's, by request
  std::vector<float> canonical_;
};

}  // namespace

std::unique_ptr<Evaluator> NewCachingEvaluator(std::unique_ptr<Evaluator> inner, std::shared_ptr<EvalCache> cache, const Game* mirror) {
  return std::make_unique<CachingEvaluator>(std::move(inner), std::move(cache), mirror);
}

}  // namespace tandem
