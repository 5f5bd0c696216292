// Files as a run needs them: whole reads, and writes that either happen or do not. WriteFileAtomic writes PATH.tmp-PID, flushes it to the
// disk (fsync), renames it and flushes the directory, so a reader or a crash sees the old or the new content and never a part.
// Errors name the path and errno's text; a full disk is kResourceExhausted. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tandem {

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 34);
absl::Status WriteFileAtomic(const std::filesystem::path& path, std::string_view content);
absl::Status MakeDirectories(const std::filesystem::path& path);
// Appends a line-oriented text; a torn last line (crash) is the reader's business.
absl::Status AppendFile(const std::filesystem::path& path, std::string_view content);
// Removes what WriteFileAtomic may have left in a directory after a crash. Returns how many.
int RemoveTemporaryFiles(const std::filesystem::path& directory);

// SHA-256 in lower-case hex (OpenSSL). Content addresses of chunks and networks are its first 16 bytes (32 digits).
std::string Sha256Hex(std::string_view content);
// CRC-32C (Castagnoli) by Boost.CRC.
std::uint32_t Crc32c(std::string_view content);

}  // namespace tandem
