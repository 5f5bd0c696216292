// Tokens of workers: who may bring games. A token is 192 random bits with a readable head, "tandem_ID_SECRET"; the store keeps its SHA-256
// only, so the file does not let anybody in (a random secret needs no slow hash). Stored as JSON in RUN/serve/tokens.json; the coordinator
// and `tandem token` both change it, each change under a lock on RUN/serve/tokens.lock, and a revocation counts at once: whoever asks looks
// whether the file is another one than before, and reads it only then.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"

namespace tandem {

struct TokenInfo {
  std::string id;    // 8 hex digits, also the middle part of the token
  std::string name;  // unique among those that are not revoked
  std::string hash;  // SHA-256 of the whole token, hex
  absl::Time created;
  absl::Time expires = absl::InfiniteFuture();
  bool revoked = false;
  std::int64_t bad_uploads = 0;  // since the last quarantine
  absl::Time quarantined_until = absl::InfinitePast();
};

// Thread-safe, also across processes.
class TokenStore {
 public:
  // `clock` tells the wall-clock time.
  TokenStore(std::filesystem::path directory, const Clock* clock) : directory_(std::move(directory)), clock_(clock) {}

  // The new token: the only time it can be seen. kAlreadyExists when the name is in use, kInvalidArgument for a name that is empty, longer
  // than 64 characters or not printable.
  absl::StatusOr<std::string> Create(const std::string& name, absl::Duration lifetime);
  absl::StatusOr<std::vector<TokenInfo>> List() const;  // reads the file
  // By id or name; kNotFound lists what exists.
  absl::Status Revoke(const std::string& id_or_name);

  // The token's entry. kUnauthenticated: unknown, expired or revoked (which of them is said only for a token that was once right);
  // kResourceExhausted: in quarantine. Takes the same time for every token of equal length.
  absl::StatusOr<TokenInfo> Check(const std::string& token) const;
  // The same for a token that was checked before.
  absl::Status CheckStill(const std::string& id) const;
  // Counts a bad upload; at `limit` of them the token goes into quarantine for `length` (and the count begins anew).
  absl::StatusOr<TokenInfo> CountBadUpload(const std::string& id, int limit, absl::Duration length);

 private:
  using Tokens = std::shared_ptr<const std::vector<TokenInfo>>;

  std::filesystem::path path() const { return directory_ / "tokens.json"; }
  // As List, from memory while the file is the same.
  absl::StatusOr<Tokens> Known() const;
  absl::Status Change(const std::function<absl::Status(std::vector<TokenInfo>&)>& change);
  absl::Status Usable(const TokenInfo& token) const;

  const std::filesystem::path directory_;
  const Clock* const clock_;
  mutable absl::Mutex mutex_;
  mutable std::string stamp_ ABSL_GUARDED_BY(mutex_);  // of the file that was read
  mutable Tokens known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tandem
