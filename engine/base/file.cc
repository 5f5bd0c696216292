#include "engine/base/file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "absl/strings/escaping.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

absl::Status ErrnoStatus(int error, std::string_view what, const std::filesystem::path& path) {
  const std::string message = absl::StrCat("cannot ", std::string(what), " ", path.string(), ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
      return absl::NotFoundError(message);
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

class FileDescriptor {
 public:
  FileDescriptor(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  int get() const { return fd_; }
  int Close() {
    const int result = ::close(fd_);
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

absl::Status WriteAll(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoStatus(errno, "write", path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

constexpr std::string_view kTemporaryMark = ".tmp-";

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path, std::uint64_t max_bytes) {
  FileDescriptor file(path, O_RDONLY);
  if (file.get() < 0) return ErrnoStatus(errno, "open", path);
  struct stat info;
  if (::fstat(file.get(), &info) != 0) return ErrnoStatus(errno, "stat", path);
  if (S_ISDIR(info.st_mode)) return ErrnoStatus(EISDIR, "read", path);
  std::string content;
  char block[1 << 16];
  for (;;) {
    const ssize_t got = ::read(file.get(), block, sizeof(block));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, "read", path);
    if (got == 0) return content;
    content.append(block, static_cast<std::size_t>(got));
    if (content.size() > max_bytes) {
      return BadInput(path.string(), " is longer than the ", max_bytes, " bytes expected at most");
    }
  }
}

absl::Status WriteFileAtomic(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path temporary = path.string() + std::string(kTemporaryMark) + std::to_string(::getpid());
  auto fail = [&](absl::Status status) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    return status;
  };
  {
    FileDescriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (file.get() < 0) return ErrnoStatus(errno, "create", temporary);
    if (auto status = WriteAll(file.get(), content, temporary); !status.ok()) return fail(status);
    if (::fsync(file.get()) != 0) return fail(ErrnoStatus(errno, "flush", temporary));
    if (file.Close() != 0) return fail(ErrnoStatus(errno, "close", temporary));
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail(ErrnoStatus(errno, "rename to", path));
  FileDescriptor directory(path.has_parent_path() ? path.parent_path() : ".", O_RDONLY | O_DIRECTORY);
  // Some file systems have no flush for directories and say so.
  if (directory.get() >= 0 && ::fsync(directory.get()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    return ErrnoStatus(errno, "flush the directory of", path);
  }
  return absl::OkStatus();
}

absl::Status MakeDirectories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return ErrnoStatus(error.value(), "make directory", path);
  return absl::OkStatus();
}

absl::Status AppendFile(const std::filesystem::path& path, std::string_view content) {
  FileDescriptor file(path, O_WRONLY | O_CREAT | O_APPEND);
  if (file.get() < 0) return ErrnoStatus(errno, "open", path);
  return WriteAll(file.get(), content, path);
}

int RemoveTemporaryFiles(const std::filesystem::path& directory) {
  std::error_code error;
  int removed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().filename().string().find(kTemporaryMark) == std::string::npos) continue;
    std::error_code ignored;
    removed += std::filesystem::remove(entry.path(), ignored);
  }
  return removed;
}

std::string Sha256Hex(std::string_view content) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(content.data(), content.size(), digest, &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

std::uint32_t Crc32c(std::string_view content) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(content.data(), content.size());
  return crc.checksum();
}

}  // namespace tandem
