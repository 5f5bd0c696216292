// Transposition table of the exact solver: for a position key, the answers to "is the value at least 0?" and "... at least 1?". Bounded
// in bytes, never grows. Keys are verified in full, so an answer is never another position's. Buckets of two entries: the first keeps the
// answer that cost most nodes, the second the newest.
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

  // Uses at most `bytes` (at least one bucket).
  explicit SolutionTable(std::size_t bytes) : buckets_(std::max<std::size_t>(bytes / sizeof(Bucket), 1)) {}

  Answer Find(const PositionKey& key, int bound) const {
    const Bucket& bucket = buckets_[Index(key)];
    for (const Entry& entry : bucket.entries) {
      if (entry.key == key && entry.answer[bound] != kUnknown) return entry.answer[bound];
    }
    return kUnknown;
  }

  // `nodes`: what the answer cost.
  void Store(const PositionKey& key, int bound, bool yes, std::uint64_t nodes) {
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

  // Multiply-shift: the hash's high bits choose among any number of buckets.
  std::size_t Index(const PositionKey& key) const {
    return static_cast<std::size_t>((static_cast<unsigned __int128>(key.Hash()) * buckets_.size()) >> 64);
  }

  std::vector<Bucket> buckets_;
};

}  // namespace tandem
