// Tokens of workers: who may bring games. A token is 192 random bits with a readable head, "tandem_ID_SECRET"; the store keeps its SHA-256
// only, so the file does not let anybody in (a random secret needs no slow hash). Stored as JSON in RUN/serve/tokens.json; the coordinator
// and `tandem token` both change it, each change under a lock on RUN/serve/tokens.lock, and a revocation counts at once.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
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
  absl::StatusOr<std::vector<TokenInfo>> List() const;
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
  std::filesystem::path path() const { return directory_ / "tokens.json"; }
  absl::Status Change(const std::function<absl::Status(std::vector<TokenInfo>&)>& change);
  absl::Status Usable(const TokenInfo& token) const;

  const std::filesystem::path directory_;
  const Clock* const clock_;
};

}  // namespace tandem
