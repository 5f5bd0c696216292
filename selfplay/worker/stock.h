// Stock: what a worker may play with without asking, on its own disk: the last assignment, the network that it played with, and the game
// numbers that nobody has used yet. A worker that is started while its coordinator is away goes on with these.
//
//   SPOOL/assignment.json   {"run_id", "numbering", "game", "config_hash", "config", "net_id", "numbers": [[first, end], ...]}
//
// Numbers leave the file in blocks before the first one of a block is used. So whatever dies, and whenever, none is used twice; a worker
// that is killed wastes the rest of its block.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace tandem {

struct KeptAssignment {
  std::string run_id;
  std::string numbering;  // whose numbers they are (Welcome.numbering)
  std::string game;       // canonical spec
  std::string config_hash;
  std::string config_text;  // RunConfig

  bool operator==(const KeptAssignment&) const = default;
};

// Thread-compatible.
class Stock {
 public:
  explicit Stock(std::filesystem::path path) : path_(std::move(path)) {}

  // What the file says. kNotFound when there is none, kInvalidArgument or kDataLoss when it makes no sense; the stock is empty then.
  absl::Status Load();
  // Another run, or the same one with another numbering, takes the numbers and the network away.
  void SetAssignment(KeptAssignment assignment);
  void AddNumbers(std::int64_t first, std::int64_t count);
  void SetNetwork(const std::string& net_id);
  // A number that is nobody else's; none when they are used up.
  std::optional<std::int64_t> Take();
  // Nothing more is taken: the rest of the block goes back into the file.
  void Close();

  const std::optional<KeptAssignment>& assignment() const { return assignment_; }
  const std::string& net_id() const { return net_id_; }
  std::int64_t left() const { return left_; }

  static constexpr std::int64_t kBlock = 1024;

 private:
  struct Range {
    std::int64_t next = 0;
    std::int64_t end = 0;
  };
  // Numbers below `block_end` of the first range are out of the file. A disk that takes no file leaves none: numbers on it could be used
  // again by the next worker.
  void Save(std::int64_t block_end);
  absl::Status Parse(const std::string& text);

  const std::filesystem::path path_;
  std::optional<KeptAssignment> assignment_;
  std::string net_id_;
  std::deque<Range> ranges_;
  std::int64_t left_ = 0;
  std::int64_t block_end_ = 0;  // of the first range
  bool unwritable_ = false;     // has been reported
};

}  // namespace tandem
