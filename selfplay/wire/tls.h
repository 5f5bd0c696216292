// TLS 1.3 for both ends, with OpenSSL: the coordinator's certificate, made on first start, and how a worker knows it: by the fingerprint
// that the coordinator prints (SHA-256 of the certificate, as hex), or by a certificate authority and the host's name.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace boost::asio::ssl {
class context;
}

namespace tandem {

struct ServerIdentity {
  std::filesystem::path certificate;  // PEM, may hold a chain
  std::filesystem::path key;          // PEM
  std::string fingerprint;            // 64 hex digits
};

// DIRECTORY/server.crt and server.key; without the certificate both are made (self-signed, P-256), the key readable by its owner only.
// kDataLoss when the certificate is unreadable; a missing or foreign key shows in MakeServerContext.
absl::StatusOr<ServerIdentity> LoadOrMakeIdentity(const std::filesystem::path& directory);

// How to know the coordinator; exactly one of the two.
struct ServerTrust {
  std::string fingerprint;        // hex digits, colons and case ignored
  std::filesystem::path ca_file;  // PEM; then the certificate must be for `host`
  std::string host;
};
// 64 lower-case hex digits; kInvalidArgument for anything else.
absl::StatusOr<std::string> ParseFingerprint(const std::string& text);

// Shared by all connections of a process.
absl::StatusOr<std::unique_ptr<boost::asio::ssl::context>> MakeServerContext(const ServerIdentity& identity);
absl::StatusOr<std::unique_ptr<boost::asio::ssl::context>> MakeClientContext(const ServerTrust& trust);

}  // namespace tandem
