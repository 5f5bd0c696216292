// Numbers of games: a number is given away once, and a game with it is taken in once.
//
// Given away: ranges, in order; the next one is on disk (RUN/serve/numbers.json) before a range leaves, so that a coordinator that was
// killed never gives a number twice. Taken in: a set of numbers in memory, rebuilt from the chunks at start.
//
// A run that is begun anew with the same settings has the same id, and gives the same numbers to others. So the file also has a name that
// was drawn when it was made, the numbering, by which a worker sees that the numbers it kept are worth nothing here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tandem {

// A set of integers as ranges: numbers that come roughly in order take a few bytes for each gap. Thread-compatible.
class NumberSet {
 public:
  bool Contains(std::int64_t number) const;
  // False when it was there.
  bool Insert(std::int64_t number);
  std::int64_t size() const { return size_; }
  std::size_t num_ranges() const { return ranges_.size(); }

 private:
  std::map<std::int64_t, std::int64_t> ranges_;  // begin -> end (not included), disjoint, with gaps between them
  std::int64_t size_ = 0;
};

// Thread-compatible.
class NumberLedger {
 public:
  // Goes on where the file says, but not below `at_least`; makes the file when there is none. kDataLoss when the file is unreadable.
  static absl::StatusOr<NumberLedger> Open(const std::filesystem::path& path, std::int64_t at_least);

  // First of `count` numbers that nobody else will get. On error (a full disk) none is given.
  absl::StatusOr<std::int64_t> Give(std::int64_t count);
  // Numbers below this were given to somebody.
  std::int64_t next() const { return next_; }
  // Empty when the disk did not take the file.
  const std::string& numbering() const { return numbering_; }

 private:
  NumberLedger(std::filesystem::path path, std::int64_t next, std::string numbering)
      : path_(std::move(path)), next_(next), numbering_(std::move(numbering)) {}

  std::filesystem::path path_;
  std::int64_t next_;
  std::string numbering_;
};

// Numbers below this were given away by a coordinator of the run; 0 without a file. Errors as for NumberLedger::Open.
absl::StatusOr<std::int64_t> NumbersGiven(const std::filesystem::path& path);

}  // namespace tandem
