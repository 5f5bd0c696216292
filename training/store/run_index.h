// The index of a run: an SQLite database (write-ahead log) of its chunks, games, networks, tokens and ratings, for whoever wants to ask
// questions without reading every file: RUN/index.sqlite. It is derived from the files and never the truth: SyncIndex makes it follow them,
// RebuildIndex makes it anew, and nothing is lost when it is.
//
//   chunk(key, id, bytes, games, turns, rows, stored_at, token, deleted)   game(number, chunk, net, result, plies, rows, ended)
//   network(id, step, games, rows, seconds, snapshot, bytes)               token(id, name, chunks, games)
//   rating(net_id, step, elo, low, high, games)                            name(key, id): ids of networks in games
//   view games: the games with their ids in place of keys
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/net/run_directory.h"
#include "proto/run_config.pb.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tandem {

std::filesystem::path IndexPath(const RunDirectory& directory);
// Where the coordinator says which token brought which chunk: {"chunk":ID,"token":ID,"name":NAME,"games":N} a line.
std::filesystem::path UploadsPath(const RunDirectory& directory);

struct IndexCounts {
  std::int64_t chunks = 0, deleted_chunks = 0, games = 0, rows = 0, networks = 0, tokens = 0, ratings = 0;
  bool operator==(const IndexCounts&) const = default;
};

struct IndexedToken {
  std::string id, name;
  std::int64_t chunks = 0, games = 0;
};

// Single-threaded. Errors: kDataLoss: the file is no index of this version (remove it); kUnavailable: somebody holds its lock (later);
// kResourceExhausted: the disk is full.
class RunIndex {
 public:
  enum class Mode { kRead, kWrite };
  // kWrite makes it when there is none; kRead gives kNotFound. Waits `patience` for another process' lock, here and later.
  static absl::StatusOr<std::unique_ptr<RunIndex>> Open(const std::filesystem::path& path, Mode mode,
                                                        absl::Duration patience = absl::Seconds(2));
  ~RunIndex();
  RunIndex(const RunIndex&) = delete;

  absl::StatusOr<IndexCounts> Counts();
  // Chunks whose file should be there.
  absl::StatusOr<std::set<std::string>> ChunkIds();
  absl::StatusOr<std::vector<IndexedToken>> Tokens();
  // Everything as text, in a fixed order: equal for equal content.
  absl::StatusOr<std::string> Dump();
  // The file is another one by now, or gone.
  bool Replaced() const;

 private:
  friend class IndexWriter;
  RunIndex(std::filesystem::path path, sqlite3* database);
  absl::Status Run(const char* sql);

  const std::filesystem::path path_;
  sqlite3* const database_;
  std::uint64_t inode_ = 0;
  std::string sources_;  // state of the line files when they were last taken in
};

struct SyncReport {
  std::int64_t added_chunks = 0;      // files without row
  std::int64_t removed_chunks = 0;    // rows without file, deletions included
  std::vector<std::string> lost;      // of these, chunks that nobody deleted: files that were there once
  std::vector<std::string> problems;  // unreadable files, a line each
};

// Brings the index up to date with the files. A chunk is a transaction; what a crash interrupts, the next call does.
absl::StatusOr<SyncReport> SyncIndex(const RunDirectory& directory, RunIndex* index);

// A new index in place of the old one, whatever that was; renamed into place when it is whole.
absl::StatusOr<SyncReport> RebuildIndex(const RunDirectory& directory);

// Compares without changing anything.
struct IndexCheck {
  std::int64_t files_without_row = 0;
  std::vector<std::string> rows_without_file;  // chunk ids
};
absl::StatusOr<IndexCheck> CheckIndex(const RunDirectory& directory, RunIndex* index);

}  // namespace tandem
