// A run on tic-tac-toe in a fresh directory, with a network that is only a file, a coordinator, and games that it takes.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "engine/base/clock.h"
#include "training/coordinator/coordinator.h"

namespace tandem {

class TestRun {
 public:
  explicit TestRun(const std::string& name);

  // A network whose file holds `content`, made the newest. Returns its id.
  std::string AddNetwork(const std::string& content, std::int64_t step = 0);
  // A coordinator on the directory, as after a restart.
  std::unique_ptr<Coordinator> Open();
  std::string NewToken(const std::string& name);

  // A random game of this run that the coordinator must take, if its number was given away.
  GameRecord Game(std::int64_t number) const;
  PutChunk Chunk(const std::vector<GameRecord>& games) const;
  // Numbers of all games in the run's chunks, sorted, as often as they occur.
  std::vector<std::int64_t> StoredNumbers() const;

  RunDirectory directory;
  RunConfig config;
  CoordinatorLimits limits;
  FakeClock clock;
  const Clock* used_clock = &clock;
  std::string net_id;
};

// The first frame of a worker with this token.
Hello HelloWith(const std::string& token);
// Asks for numbers and returns the first.
std::int64_t TakeNumbers(Coordinator& coordinator, std::uint64_t worker);
ChunkAck Put(Coordinator& coordinator, std::uint64_t worker, const PutChunk& chunk);

}  // namespace tandem
