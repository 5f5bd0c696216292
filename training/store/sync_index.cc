// The index made to follow the files: what is new is read and entered, what is gone is removed, and what stands in line files (checkpoints,
// uploads, ratings) is taken in anew when one of them has changed.
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "selfplay/record/chunk.h"
#include "training/gate/rating_results.h"
#include "training/replay/deleted_chunks.h"
#include "training/store/run_index.h"
#include "training/store/sqlite.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr int kChunksATransaction = 64;

std::int64_t UnixSeconds(fs::file_time_type time) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::file_clock::to_sys(time).time_since_epoch()).count();
}

// Names, without looking at the files.
absl::StatusOr<std::set<std::string>> FilesOf(const fs::path& chunks) {
  std::error_code error;
  std::set<std::string> ids;
  fs::directory_iterator entries(chunks, error);
  if (error) return absl::NotFoundError(absl::StrCat("cannot list chunks of ", chunks.string(), ": ", error.message()));
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (error) break;
    if (entries->path().extension() == ".chunk") ids.insert(entries->path().stem().string());
  }
  return ids;
}

// Changes whenever one of the files does.
std::string SourcesOf(const RunDirectory& directory) {
  std::string text;
  for (const fs::path& path :
       {directory.checkpoints_path(), UploadsPath(directory), RatingsPath(directory), DeletedChunksPath(directory.chunks())}) {
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    const auto time = fs::last_write_time(path, error);
    absl::StrAppend(&text, error ? "-" : absl::StrCat(bytes, "@", time.time_since_epoch().count()), " ");
  }
  return text;
}

}  // namespace

class IndexWriter {
 public:
  IndexWriter(const RunDirectory& directory, RunIndex* index) : directory_(directory), index_(*index), database_(index->database_) {}

  absl::StatusOr<SyncReport> Sync();

 private:
  absl::Status AddChunks(const std::set<std::string>& files, const std::set<std::string>& known);
  absl::Status AddChunk(const std::string& id, const Chunk& chunk, std::int64_t bytes, std::int64_t stored_at);
  absl::Status RemoveChunks(const std::set<std::string>& files, const std::set<std::string>& known);
  absl::Status TakeLines();
  absl::Status TakeNetworks();
  absl::Status TakeUploads();
  absl::Status TakeRatings();
  absl::Status TakeDeleted();
  absl::StatusOr<std::int64_t> NameKey(const std::string& id);
  // Either all of it or nothing.
  template <typename Work>
  absl::Status Transaction(const Work& work) {
    TANDEM_RETURN_IF_ERROR(index_.Run("BEGIN IMMEDIATE"));
    absl::Status status = work();
    if (status.ok()) status = index_.Run("COMMIT");
    if (!status.ok()) index_.Run("ROLLBACK").IgnoreError();
    return status;
  }

  const RunDirectory& directory_;
  RunIndex& index_;
  sqlite3* const database_;
  std::map<std::string, DeletedChunk> deleted_;
  std::map<std::string, std::int64_t> names_;
  SyncReport report_;
};

absl::StatusOr<std::int64_t> IndexWriter::NameKey(const std::string& id) {
  if (const auto found = names_.find(id); found != names_.end()) return found->second;
  TANDEM_RETURN_IF_ERROR(Statement(database_, "INSERT OR IGNORE INTO name(id) VALUES(?)").Bind(1, id).Execute());
  Statement query(database_, "SELECT key FROM name WHERE id=?");
  TANDEM_ASSIGN_OR_RETURN(const bool row, query.Bind(1, id).Step());
  return row ? names_[id] = query.Integer(0) : 0;
}

absl::Status IndexWriter::AddChunk(const std::string& id, const Chunk& chunk, std::int64_t bytes, std::int64_t stored_at) {
  Statement insert(database_, "INSERT OR REPLACE INTO chunk(id,bytes,games,turns,rows,stored_at,token) VALUES(?,?,?,?,?,?,'')");
  std::int64_t turns = 0, rows = 0;
  for (const GameRecord& game : chunk.games) {
    turns += game.turns_size();
    for (const Turn& turn : game.turns()) rows += turn.full_search() ? 1 : 0;
  }
  insert.Bind(1, id).Bind(2, bytes).Bind(3, static_cast<std::int64_t>(chunk.games.size())).Bind(4, turns).Bind(5, rows).Bind(6, stored_at);
  TANDEM_RETURN_IF_ERROR(insert.Execute());
  const std::int64_t key = sqlite3_last_insert_rowid(database_);
  Statement add(database_, "INSERT INTO game(number,chunk,net,result,plies,rows,ended) VALUES(?,?,?,?,?,?,?)");
  for (const GameRecord& game : chunk.games) {
    std::int64_t full = 0;
    for (const Turn& turn : game.turns()) full += turn.full_search() ? 1 : 0;
    TANDEM_ASSIGN_OR_RETURN(const std::int64_t net, NameKey(game.net_id()));
    add.Bind(1, static_cast<std::int64_t>(game.index())).Bind(2, key).Bind(3, net).Bind(4, std::int64_t{game.result()});
    add.Bind(5, std::int64_t{game.moves_size()}).Bind(6, full).Bind(7, std::int64_t{game.end()});
    TANDEM_RETURN_IF_ERROR(add.Execute());
  }
  return absl::OkStatus();
}

absl::Status IndexWriter::AddChunks(const std::set<std::string>& files, const std::set<std::string>& known) {
  std::vector<std::string> fresh;
  for (const std::string& id : files) {
    if (known.count(id) == 0 && deleted_.count(id) == 0) fresh.push_back(id);
  }
  for (std::size_t begin = 0; begin < fresh.size(); begin += kChunksATransaction) {
    const std::size_t end = std::min(fresh.size(), begin + kChunksATransaction);
    std::int64_t added = 0;
    names_.clear();  // a rollback may have taken keys back
    TANDEM_RETURN_IF_ERROR(Transaction([&]() -> absl::Status {
      for (std::size_t i = begin; i < end; ++i) {
        const fs::path path = directory_.chunks() / (fresh[i] + ".chunk");
        const auto bytes = ReadFile(path);
        const auto chunk = bytes.ok() ? ParseChunk(*bytes) : absl::StatusOr<Chunk>(bytes.status());
        if (!chunk.ok()) {
          report_.problems.push_back(absl::StrCat(path.string(), ": ", std::string(chunk.status().message())));
          continue;
        }
        std::error_code error;
        const auto time = fs::last_write_time(path, error);
        TANDEM_RETURN_IF_ERROR(AddChunk(fresh[i], *chunk, static_cast<std::int64_t>(bytes->size()), error ? 0 : UnixSeconds(time)));
        ++added;
      }
      return absl::OkStatus();
    }));
    report_.added_chunks += added;
  }
  return absl::OkStatus();
}

absl::Status IndexWriter::RemoveChunks(const std::set<std::string>& files, const std::set<std::string>& known) {
  std::vector<std::string> gone;
  for (const std::string& id : known) {
    if (files.count(id) == 0 || deleted_.count(id) > 0) gone.push_back(id);
  }
  if (gone.empty()) return absl::OkStatus();
  TANDEM_RETURN_IF_ERROR(Transaction([&]() -> absl::Status {
    Statement games(database_, "DELETE FROM game WHERE chunk=(SELECT key FROM chunk WHERE id=?)");
    Statement chunk(database_, "DELETE FROM chunk WHERE id=?");
    for (const std::string& id : gone) {
      TANDEM_RETURN_IF_ERROR(games.Bind(1, id).Execute());
      TANDEM_RETURN_IF_ERROR(chunk.Bind(1, id).Execute());
    }
    return absl::OkStatus();
  }));
  report_.removed_chunks += static_cast<std::int64_t>(gone.size());
  for (const std::string& id : gone) {
    if (deleted_.count(id) == 0) report_.lost.push_back(id);
  }
  return absl::OkStatus();
}

absl::Status IndexWriter::TakeNetworks() {
  TANDEM_ASSIGN_OR_RETURN(const std::vector<CheckpointInfo> checkpoints, directory_.ReadCheckpoints());
  TANDEM_RETURN_IF_ERROR(index_.Run("DELETE FROM network"));
  Statement insert(database_, "INSERT OR REPLACE INTO network VALUES(?,?,?,?,?,?,?)");
  for (const CheckpointInfo& info : checkpoints) {
    std::error_code error;
    const auto bytes = fs::file_size(directory_.network_path(info.net_id), error);
    insert.Bind(1, info.net_id).Bind(2, info.step).Bind(3, info.games).Bind(4, info.rows).Bind(5, info.seconds);
    insert.Bind(6, std::int64_t{info.snapshot}).Bind(7, error ? std::int64_t{0} : static_cast<std::int64_t>(bytes));
    TANDEM_RETURN_IF_ERROR(insert.Execute());
  }
  return absl::OkStatus();
}

absl::Status IndexWriter::TakeUploads() {
  TANDEM_RETURN_IF_ERROR(index_.Run("DELETE FROM token"));
  std::error_code error;
  if (!fs::exists(UploadsPath(directory_), error)) return absl::OkStatus();
  TANDEM_ASSIGN_OR_RETURN(const JsonLines lines, ReadJsonLines(UploadsPath(directory_)));
  Statement add(
      database_,
      "INSERT INTO token VALUES(?,?,1,?) ON CONFLICT(id) DO UPDATE SET chunks=chunks+1, games=games+excluded.games, name=excluded.name");
  Statement mark(database_, "UPDATE chunk SET token=? WHERE id=?");
  for (const boost::json::object& line : lines.objects) {
    const auto chunk = JsonString(line, "chunk"), token = JsonString(line, "token"), name = JsonString(line, "name");
    const auto games = JsonInteger(line, "games");
    if (!chunk.ok() || !token.ok() || !name.ok() || !games.ok()) continue;
    TANDEM_RETURN_IF_ERROR(add.Bind(1, *token).Bind(2, *name).Bind(3, *games).Execute());
    TANDEM_RETURN_IF_ERROR(mark.Bind(1, *token).Bind(2, *chunk).Execute());
  }
  return absl::OkStatus();
}

absl::Status IndexWriter::TakeRatings() {
  TANDEM_RETURN_IF_ERROR(index_.Run("DELETE FROM rating"));
  const auto config = directory_.ReadConfig();
  const auto rated = RateRun(directory_, config.ok() ? config->rating() : RatingConfig());
  if (!rated.ok()) return rated.status();
  Statement insert(database_, "INSERT OR REPLACE INTO rating VALUES(?,?,?,?,?,?)");
  for (const NetworkRating& network : rated->networks) {
    if (network.rating.games == 0) continue;
    insert.Bind(1, network.net_id)
        .Bind(2, network.step)
        .Bind(3, network.rating.elo)
        .Bind(4, network.rating.low)
        .Bind(5, network.rating.high);
    TANDEM_RETURN_IF_ERROR(insert.Bind(6, network.rating.games).Execute());
  }
  return absl::OkStatus();
}

absl::Status IndexWriter::TakeDeleted() {
  Statement insert(database_, "INSERT OR REPLACE INTO chunk(id,bytes,games,turns,rows,stored_at,token,deleted) VALUES(?,0,?,0,?,0,'',1)");
  for (const auto& [id, chunk] : deleted_) TANDEM_RETURN_IF_ERROR(insert.Bind(1, id).Bind(2, chunk.games).Bind(3, chunk.rows).Execute());
  return absl::OkStatus();
}

absl::Status IndexWriter::TakeLines() {
  const std::string sources = SourcesOf(directory_);
  if (sources == index_.sources_ && report_.added_chunks == 0) return absl::OkStatus();
  TANDEM_RETURN_IF_ERROR(Transaction([&]() -> absl::Status {
    TANDEM_RETURN_IF_ERROR(TakeDeleted());
    TANDEM_RETURN_IF_ERROR(TakeNetworks());
    TANDEM_RETURN_IF_ERROR(TakeUploads());
    return TakeRatings();
  }));
  index_.sources_ = sources;
  return absl::OkStatus();
}

absl::StatusOr<SyncReport> IndexWriter::Sync() {
  // Rows before files, files before deletions: a chunk that comes or goes meanwhile is never taken for lost.
  TANDEM_ASSIGN_OR_RETURN(const std::set<std::string> known, index_.ChunkIds());
  TANDEM_ASSIGN_OR_RETURN(const std::set<std::string> files, FilesOf(directory_.chunks()));
  TANDEM_ASSIGN_OR_RETURN(std::vector<DeletedChunk> deleted, ReadDeletedChunks(directory_.chunks()));
  for (DeletedChunk& chunk : deleted) deleted_[chunk.id] = std::move(chunk);
  TANDEM_RETURN_IF_ERROR(AddChunks(files, known));
  TANDEM_RETURN_IF_ERROR(RemoveChunks(files, known));
  TANDEM_RETURN_IF_ERROR(TakeLines());
  return std::move(report_);
}

absl::StatusOr<SyncReport> SyncIndex(const RunDirectory& directory, RunIndex* index) { return IndexWriter(directory, index).Sync(); }

absl::StatusOr<SyncReport> RebuildIndex(const RunDirectory& directory) {
  const fs::path path = IndexPath(directory);
  const fs::path fresh = path.string() + ".tmp-" + std::to_string(::getpid());
  std::error_code error;
  const auto remove_with_log = [&error](const fs::path& database) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(database.string() + suffix, error);
  };
  remove_with_log(fresh);
  SyncReport report;
  {
    TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<RunIndex> index, RunIndex::Open(fresh, RunIndex::Mode::kWrite));
    auto synced = SyncIndex(directory, index.get());
    if (!synced.ok()) {
      remove_with_log(fresh);
      return synced.status();
    }
    report = *std::move(synced);
  }                       // closing it empties its log into it
  remove_with_log(path);  // a log that is left must not be taken for the new one's
  fs::rename(fresh, path, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot rename ", fresh.string(), ": ", error.message()));
  return report;
}

absl::StatusOr<IndexCheck> CheckIndex(const RunDirectory& directory, RunIndex* index) {
  TANDEM_ASSIGN_OR_RETURN(const std::set<std::string> known, index->ChunkIds());
  TANDEM_ASSIGN_OR_RETURN(const std::set<std::string> files, FilesOf(directory.chunks()));
  TANDEM_ASSIGN_OR_RETURN(const std::vector<DeletedChunk> deleted, ReadDeletedChunks(directory.chunks()));
  std::set<std::string> gone;
  for (const DeletedChunk& chunk : deleted) gone.insert(chunk.id);
  IndexCheck check;
  for (const std::string& id : files) check.files_without_row += known.count(id) == 0 && gone.count(id) == 0 ? 1 : 0;
  for (const std::string& id : known) {
    if (files.count(id) == 0 && gone.count(id) == 0) check.rows_without_file.push_back(id);
  }
  return check;
}

}  // namespace tandem
