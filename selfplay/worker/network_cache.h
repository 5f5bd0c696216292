// Networks on a worker's host: each is fetched once, by whichever worker comes first, in parts that survive a broken connection, and has
// its name only when its content is right.
//
//   CACHE/ID.safetensors         whole and verified
//   CACHE/ID.STORED.part         the compressed form as far as it has come; STORED is its hash
//   CACHE/lock                   held while one is being fetched
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "proto/wire.pb.h"

namespace tandem {

// Thread-compatible; processes may share a directory.
class NetworkCache {
 public:
  explicit NetworkCache(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::filesystem::path Path(const std::string& net_id) const { return directory_ / (net_id + ".safetensors"); }
  bool Has(const std::string& net_id) const;
  // Removes a network that turned out to be unusable, so that it is fetched again.
  void Remove(const std::string& net_id) const;

  // One network on its way. Ends the lock when destroyed; what has come stays for the next one.
  class Fetch {
   public:
    ~Fetch();
    Fetch(const Fetch&) = delete;
    std::uint64_t offset() const { return offset_; }  // of the next part
    bool done() const { return done_; }
    // Takes the part in. kDataLoss when the parts do not make the network (all are dropped); other errors are the disk's.
    absl::Status Add(const NetworkPart& part);

   private:
    friend class NetworkCache;
    Fetch(const NetworkCache& cache, std::string net_id) : cache_(cache), net_id_(std::move(net_id)) {}
    std::filesystem::path PartPath() const;
    void StartOver(const std::string& stored_id);
    absl::Status Complete(std::uint64_t raw_bytes);

    const NetworkCache& cache_;
    const std::string net_id_;
    std::string stored_id_;
    std::uint64_t offset_ = 0;
    bool done_ = false;
    int lock_fd_ = -1;
  };
  // Null when another process fetches one just now: wait, and look whether it is there. kPermissionDenied when the directory can not be
  // written.
  absl::StatusOr<std::unique_ptr<Fetch>> Begin(const std::string& net_id) const;

 private:
  void RemoveOld() const;

  const std::filesystem::path directory_;
};

}  // namespace tandem
