// Transposition table of the exact solver: for a position key, the answers to "is the value at least 0?" and "... at least 1?". Bounded
// in bytes. Starts small enough for the processor's cache, where most searches end (measured: 13-ply Connect Four positions take half
// the time of a table of 64 MB), and doubles up to the bound as answers pile up. Keys are verified in full, so an answer is never another
// position's. Buckets of two entries: the first keeps the answer that cost most nodes, the second the newest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "engine/game/types.h"

namespace tandem {

// Thread-compatible.
class SolutionTable {
 public:
  enum Answer : std::uint8_t { kUnknown, kNo, kYes };

  // Uses at most `bytes` (at least one bucket; twice that for a moment while it grows).
  explicit SolutionTable(std::size_t bytes)
      : max_buckets_(std::max<std::size_t>(bytes / sizeof(Bucket), 1)), buckets_(std::min(max_buckets_, kFirstBuckets)) {}

  Answer Find(const PositionKey& key, int bound) const {
    const Bucket& bucket = buckets_[Index(key)];
    for (const Entry& entry : bucket.entries) {
      if (entry.key == key && entry.answer[bound] != kUnknown) return entry.answer[bound];
    }
    return kUnknown;
  }

  // `nodes`: what the answer cost.
  void Store(const PositionKey& key, int bound, bool yes, std::uint64_t nodes) {
    if (++num_stores_ > kStoresPerBucket * buckets_.size() && 2 * buckets_.size() <= max_buckets_) Grow();
    Bucket& bucket = buckets_[Index(key)];
    const auto cost = static_cast<std::uint32_t>(std::min<std::uint64_t>(nodes + 1, 0xffffffffu));
    Entry* entry = &bucket.entries[0];
    if (!(entry->key == key) || entry->cost == 0) {
      if (cost >= entry->cost) {
        bucket.entries[1] = bucket.entries[0];
      } else {
        entry = &bucket.entries[1];
      }
    }
    if (!(entry->key == key) || entry->cost == 0) *entry = Entry{.key = key};
    entry->cost = std::max(entry->cost, cost);
    entry->answer[bound] = yes ? kYes : kNo;
    // At least 1 implies at least 0; less than 0 implies less than 1.
    if (yes) entry->answer[0] = kYes;
    if (!yes && bound == 0) entry->answer[1] = kNo;
  }

  std::size_t bytes() const { return buckets_.size() * sizeof(Bucket); }

 private:
  struct Entry {
    PositionKey key;
    std::uint32_t cost = 0;  // 0: empty
    Answer answer[2] = {kUnknown, kUnknown};
  };
  struct Bucket {
    Entry entries[2];
  };

  // 1 MB of buckets, and how many answers go into each on average before there are twice as many.
  static constexpr std::size_t kFirstBuckets = 20000;
  static constexpr std::size_t kStoresPerBucket = 32;

  // The multiply-shift index sends the entries of bucket i to buckets 2i and 2i + 1.
  void Grow() {
    std::vector<Bucket> old(2 * buckets_.size());
    old.swap(buckets_);
    num_stores_ = 0;
    for (const Bucket& bucket : old) {
      for (const Entry& entry : bucket.entries) {
        if (entry.cost == 0) continue;
        Bucket& target = buckets_[Index(entry.key)];
        target.entries[target.entries[0].cost == 0 ? 0 : 1] = entry;
      }
    }
  }

  // Multiply-shift: the hash's high bits choose among any number of buckets.
  std::size_t Index(const PositionKey& key) const {
    return static_cast<std::size_t>((static_cast<unsigned __int128>(key.Hash()) * buckets_.size()) >> 64);
  }

  std::size_t max_buckets_;
  std::vector<Bucket> buckets_;
  std::size_t num_stores_ = 0;  // since the last growth
};

}  // namespace tandem
