#include "training/coordinator/token_store.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxNameLength = 64;
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kSecretBytes = 24;
constexpr std::uint64_t kMaxFileBytes = 1 << 24;

std::string RandomHex(std::size_t bytes) {
  std::string random(bytes, '\0');
  TANDEM_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) == 1);
  return absl::BytesToHexString(random);
}

// Never and always have no number in JSON.
boost::json::value TimeJson(absl::Time time) {
  if (time == absl::InfiniteFuture() || time == absl::InfinitePast()) return nullptr;
  return absl::ToUnixSeconds(time);
}

absl::StatusOr<absl::Time> JsonTime(const boost::json::object& object, std::string_view key, absl::Time otherwise) {
  const boost::json::value* value = object.if_contains(boost::json::string_view(key.data(), key.size()));
  if (value == nullptr || value->is_null()) return otherwise;
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t seconds, JsonInteger(object, key));
  return absl::FromUnixSeconds(seconds);
}

boost::json::object ToJson(const TokenInfo& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"sha256", token.hash},
          {"created", TimeJson(token.created)},
          {"expires", TimeJson(token.expires)},
          {"revoked", token.revoked},
          {"bad_uploads", token.bad_uploads},
          {"quarantined_until", TimeJson(token.quarantined_until)}};
}

absl::StatusOr<TokenInfo> FromJson(const boost::json::object& object) {
  TokenInfo token;
  TANDEM_ASSIGN_OR_RETURN(token.id, JsonString(object, "id"));
  TANDEM_ASSIGN_OR_RETURN(token.name, JsonString(object, "name"));
  TANDEM_ASSIGN_OR_RETURN(token.hash, JsonString(object, "sha256"));
  TANDEM_ASSIGN_OR_RETURN(token.created, JsonTime(object, "created", absl::UnixEpoch()));
  TANDEM_ASSIGN_OR_RETURN(token.expires, JsonTime(object, "expires", absl::InfiniteFuture()));
  const boost::json::value* revoked = object.if_contains("revoked");
  // What cannot be read as "not revoked" is revoked.
  token.revoked = revoked == nullptr || !revoked->is_bool() || revoked->get_bool();
  TANDEM_ASSIGN_OR_RETURN(token.bad_uploads, JsonInteger(object, "bad_uploads"));
  TANDEM_ASSIGN_OR_RETURN(token.quarantined_until, JsonTime(object, "quarantined_until", absl::InfinitePast()));
  return token;
}

// Another one for every content, since each change puts a new file in the old one's place; empty where there is no file.
std::string StampOf(const std::filesystem::path& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return "";
  return absl::StrCat(info.st_ino, " ", info.st_size, " ", info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec);
}

class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    held_ = descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) == 0;
  }
  ~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileLock(const FileLock&) = delete;
  bool held() const { return held_; }

 private:
  const int descriptor_;
  bool held_ = false;
};

}  // namespace

absl::StatusOr<std::vector<TokenInfo>> TokenStore::List() const {
  std::vector<TokenInfo> tokens;
  auto text = ReadFile(path(), kMaxFileBytes);
  if (absl::IsNotFound(text.status())) return tokens;
  if (!text.ok()) return text.status();
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value json, ParseJson(*text, path().string()));
  if (!json.is_array()) return Corrupt(path().string(), ": expected a JSON array");
  for (const boost::json::value& entry : json.get_array()) {
    if (!entry.is_object()) return Corrupt(path().string(), ": expected objects");
    auto token = FromJson(entry.get_object());
    if (!token.ok()) return Corrupt(path().string(), ": ", std::string(token.status().message()));
    tokens.push_back(*std::move(token));
  }
  return tokens;
}

absl::StatusOr<TokenStore::Tokens> TokenStore::Known() const {
  const std::string stamp = StampOf(path());  // before it is read: a file that changes meanwhile is read once more
  absl::MutexLock lock(&mutex_);
  if (known_ == nullptr || stamp.empty() || stamp != stamp_) {
    TANDEM_ASSIGN_OR_RETURN(std::vector<TokenInfo> tokens, List());
    known_ = std::make_shared<const std::vector<TokenInfo>>(std::move(tokens));
    stamp_ = stamp;
  }
  return known_;
}

absl::Status TokenStore::Change(const std::function<absl::Status(std::vector<TokenInfo>&)>& change) {
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory_));
  const FileLock lock(directory_ / "tokens.lock");
  if (!lock.held()) return absl::PermissionDeniedError("cannot lock " + (directory_ / "tokens.lock").string());
  TANDEM_ASSIGN_OR_RETURN(std::vector<TokenInfo> tokens, List());
  TANDEM_RETURN_IF_ERROR(change(tokens));
  boost::json::array json;
  for (const TokenInfo& token : tokens) json.push_back(ToJson(token));
  return WriteFileAtomic(path(), JsonPage(json));
}

absl::StatusOr<std::string> TokenStore::Create(const std::string& name, absl::Duration lifetime) {
  const bool printable = std::all_of(name.begin(), name.end(), [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (name.empty() || name.size() > kMaxNameLength || !printable) {
    return BadInput("token name '", absl::CHexEscape(name), "': expected 1 to ", kMaxNameLength, " printable characters without blanks");
  }
  TokenInfo token;
  token.id = RandomHex(kIdBytes);
  token.name = name;
  const std::string text = absl::StrCat("tandem_", token.id, "_", RandomHex(kSecretBytes));
  token.hash = Sha256Hex(text);
  token.created = clock_->Now();
  token.expires = clock_->Now() + lifetime;
  const absl::Status changed = Change([&](std::vector<TokenInfo>& tokens) {
    for (const TokenInfo& other : tokens) {
      if (other.name == name && !other.revoked)
        return absl::AlreadyExistsError("a token named " + name + " exists; revoke it, or choose another name");
    }
    tokens.push_back(token);
    return absl::OkStatus();
  });
  if (!changed.ok()) return changed;
  return text;
}

absl::Status TokenStore::Revoke(const std::string& id_or_name) {
  return Change([&](std::vector<TokenInfo>& tokens) {
    std::vector<std::string> names;
    for (TokenInfo& token : tokens) {
      if (token.revoked) continue;
      if (token.id == id_or_name || token.name == id_or_name) {
        token.revoked = true;
        return absl::OkStatus();
      }
      names.push_back(token.name);
    }
    return absl::NotFoundError(
        absl::StrCat("no token '", id_or_name, "'; there ", names.empty() ? "is none" : "are: ", absl::StrJoin(names, ", ")));
  });
}

absl::Status TokenStore::Usable(const TokenInfo& token) const {
  const absl::Time now = clock_->Now();
  const std::string name = absl::StrCat("token ", token.name);
  if (token.revoked) return absl::UnauthenticatedError(name + " was revoked; ask for a new one (tandem token create)");
  if (token.expires <= now) {
    return absl::UnauthenticatedError(absl::StrCat(name, " expired on ", absl::FormatTime("%Y-%m-%d", token.expires, absl::UTCTimeZone()),
                                                   "; ask for a new one (tandem token create)"));
  }
  if (token.quarantined_until > now) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name, " is in quarantine for bad uploads until ",
                     absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", token.quarantined_until, absl::UTCTimeZone())));
  }
  return absl::OkStatus();
}

absl::StatusOr<TokenInfo> TokenStore::Check(const std::string& token) const {
  const std::string hash = Sha256Hex(token);
  TANDEM_ASSIGN_OR_RETURN(const Tokens tokens, Known());
  const TokenInfo* found = nullptr;
  for (const TokenInfo& candidate : *tokens) {
    if (candidate.hash.size() == hash.size() && CRYPTO_memcmp(candidate.hash.data(), hash.data(), hash.size()) == 0) found = &candidate;
  }
  if (found == nullptr) return absl::UnauthenticatedError("the token is unknown here; ask for one (tandem token create)");
  TANDEM_RETURN_IF_ERROR(Usable(*found));
  return *found;
}

absl::Status TokenStore::CheckStill(const std::string& id) const {
  TANDEM_ASSIGN_OR_RETURN(const Tokens tokens, Known());
  for (const TokenInfo& token : *tokens) {
    if (token.id == id) return Usable(token);
  }
  return absl::UnauthenticatedError("the token is gone; ask for a new one (tandem token create)");
}

absl::StatusOr<TokenInfo> TokenStore::CountBadUpload(const std::string& id, int limit, absl::Duration length) {
  TokenInfo result;
  TANDEM_RETURN_IF_ERROR(Change([&](std::vector<TokenInfo>& tokens) {
    for (TokenInfo& token : tokens) {
      if (token.id != id) continue;
      if (++token.bad_uploads >= limit) {
        token.bad_uploads = 0;
        token.quarantined_until = clock_->Now() + length;
      }
      result = token;
      return absl::OkStatus();
    }
    return absl::NotFoundError("no token with id " + id);
  }));
  return result;
}

}  // namespace tandem
