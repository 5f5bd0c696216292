#include "training/store/run_index.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <utility>

#include "engine/base/status.h"
#include "training/store/sqlite.h"

namespace tandem {
namespace {

constexpr int kVersion = 1;  // of the tables; another one is built anew
constexpr char kTables[] = R"(
CREATE TABLE chunk(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, bytes INTEGER, games INTEGER, turns INTEGER, rows INTEGER,
                   stored_at INTEGER, token TEXT, deleted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE name(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE game(number INTEGER, chunk INTEGER NOT NULL, net INTEGER, result INTEGER, plies INTEGER, rows INTEGER, ended INTEGER);
CREATE INDEX game_chunk ON game(chunk);
CREATE INDEX game_number ON game(number);
CREATE TABLE network(id TEXT PRIMARY KEY, step INTEGER, games INTEGER, rows INTEGER, seconds REAL, snapshot INTEGER, bytes INTEGER);
CREATE TABLE token(id TEXT PRIMARY KEY, name TEXT, chunks INTEGER, games INTEGER);
CREATE TABLE rating(net_id TEXT PRIMARY KEY, step INTEGER, elo REAL, low REAL, high REAL, games INTEGER);
CREATE VIEW games AS SELECT game.number, chunk.id AS chunk, name.id AS net, result, plies, game.rows, ended
  FROM game JOIN chunk ON chunk.key = game.chunk LEFT JOIN name ON name.key = game.net;
)";

std::uint64_t InodeOf(const std::filesystem::path& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_ino) : 0;
}

}  // namespace

std::filesystem::path IndexPath(const RunDirectory& directory) { return directory.root() / "index.sqlite"; }
std::filesystem::path UploadsPath(const RunDirectory& directory) { return directory.serve() / "uploads.jsonl"; }

RunIndex::RunIndex(std::filesystem::path path, sqlite3* database) : path_(std::move(path)), database_(database), inode_(InodeOf(path_)) {}

RunIndex::~RunIndex() { sqlite3_close(database_); }

bool RunIndex::Replaced() const { return InodeOf(path_) != inode_; }

absl::Status RunIndex::Run(const char* sql) { return SqliteStatus(database_, sqlite3_exec(database_, sql, nullptr, nullptr, nullptr)); }

absl::StatusOr<std::unique_ptr<RunIndex>> RunIndex::Open(const std::filesystem::path& path, Mode mode, absl::Duration patience) {
  std::error_code error;
  const bool exists = std::filesystem::exists(path, error);
  if (!exists && mode == Mode::kRead) return absl::NotFoundError("no index at " + path.string());
  sqlite3* database = nullptr;
  const int flags = mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int opened = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  if (opened != SQLITE_OK) {
    const absl::Status status = SqliteStatus(database, opened);
    sqlite3_close(database);
    return status;
  }
  std::unique_ptr<RunIndex> index(new RunIndex(path, database));
  sqlite3_busy_timeout(database, static_cast<int>(absl::ToInt64Milliseconds(patience)));
  if (mode == Mode::kWrite) {
    // A database on a file system without shared memory stays with its rollback journal: slower, and sound too.
    TANDEM_RETURN_IF_ERROR(index->Run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"));
  }
  Statement version(database, "PRAGMA user_version");
  TANDEM_ASSIGN_OR_RETURN(const bool has_version, version.Step());
  const std::int64_t found = has_version ? version.Integer(0) : 0;
  if (found == kVersion) return index;
  Statement tables(database, "SELECT count(*) FROM sqlite_master");
  TANDEM_ASSIGN_OR_RETURN(const bool has_tables, tables.Step());
  if (found != 0 || (has_tables && tables.Integer(0) > 0) || mode == Mode::kRead) {
    return Corrupt(path.string(), ": tables of version ", found, ", expected ", kVersion);
  }
  tables.Reset();
  const std::string make = absl::StrCat("BEGIN IMMEDIATE;", kTables, "PRAGMA user_version=", kVersion, ";COMMIT;");
  TANDEM_RETURN_IF_ERROR(index->Run(make.c_str()));
  index->inode_ = InodeOf(path);
  return index;
}

absl::StatusOr<IndexCounts> RunIndex::Counts() {
  Statement query(database_,
                  "SELECT (SELECT count(*) FROM chunk WHERE deleted=0), (SELECT count(*) FROM chunk WHERE deleted=1),"
                  " (SELECT count(*) FROM game), (SELECT coalesce(sum(rows),0) FROM chunk WHERE deleted=0),"
                  " (SELECT count(*) FROM network), (SELECT count(*) FROM token), (SELECT count(*) FROM rating)");
  TANDEM_ASSIGN_OR_RETURN(const bool row, query.Step());
  if (!row) return absl::InternalError("the index counts nothing");
  return IndexCounts{query.Integer(0), query.Integer(1), query.Integer(2), query.Integer(3),
                     query.Integer(4), query.Integer(5), query.Integer(6)};
}

absl::StatusOr<std::set<std::string>> RunIndex::ChunkIds() {
  std::set<std::string> ids;
  Statement query(database_, "SELECT id FROM chunk WHERE deleted=0");
  for (;;) {
    TANDEM_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return ids;
    ids.insert(query.Text(0));
  }
}

absl::StatusOr<std::vector<IndexedToken>> RunIndex::Tokens() {
  std::vector<IndexedToken> tokens;
  Statement query(database_, "SELECT id, name, chunks, games FROM token ORDER BY games DESC, id");
  for (;;) {
    TANDEM_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return tokens;
    tokens.push_back({query.Text(0), query.Text(1), query.Integer(2), query.Integer(3)});
  }
}

absl::StatusOr<std::string> RunIndex::Dump() {
  std::string text;
  for (const char* sql : {"SELECT id, bytes, games, turns, rows, stored_at, token, deleted FROM chunk ORDER BY id",
                          "SELECT number, chunk, net, result, plies, rows, ended FROM games ORDER BY number, chunk",
                          "SELECT * FROM network ORDER BY id", "SELECT * FROM token ORDER BY id", "SELECT * FROM rating ORDER BY net_id"}) {
    Statement query(database_, sql);
    for (;;) {
      TANDEM_ASSIGN_OR_RETURN(const bool row, query.Step());
      if (!row) break;
      for (int column = 0; column < query.num_columns(); ++column) absl::StrAppend(&text, query.Text(column), "|");
      text += "\n";
    }
    text += "\n";
  }
  return text;
}

}  // namespace tandem
