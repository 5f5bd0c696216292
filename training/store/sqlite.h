// A prepared statement of SQLite with absl::Status, and what SQLite's results mean to us. Single-threaded.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace tandem {

// OK, kUnavailable (locked by somebody), kDataLoss (no database, or a damaged one), kResourceExhausted (full), kPermissionDenied,
// kInternal.
inline absl::Status SqliteStatus(sqlite3* database, int result) {
  if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) return absl::OkStatus();
  const std::string message = absl::StrCat("index: ", database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result));
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:  // a table that is not as it should be
      return absl::DataLossError(message);
    case SQLITE_FULL:
      return absl::ResourceExhaustedError(message);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return absl::PermissionDeniedError(message);
    default:
      return absl::InternalError(message);
  }
}

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    prepared_ = sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;

  Statement& Bind(int parameter, std::int64_t value) {
    sqlite3_bind_int64(statement_, parameter, value);
    return *this;
  }
  Statement& Bind(int parameter, double value) {
    sqlite3_bind_double(statement_, parameter, value);
    return *this;
  }
  Statement& Bind(int parameter, std::string_view value) {
    sqlite3_bind_text(statement_, parameter, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  // True: there is a row to be read.
  absl::StatusOr<bool> Step() {
    if (prepared_ != SQLITE_OK) return SqliteStatus(database_, prepared_);
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    return SqliteStatus(database_, result);
  }
  // Executes a statement without rows and makes it ready for the next parameters.
  absl::Status Execute() {
    const absl::Status status = Step().status();
    Reset();
    return status;
  }
  void Reset() { sqlite3_reset(statement_); }
  std::int64_t Integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string Text(int column) const {
    const unsigned char* text = sqlite3_column_text(statement_, column);
    return text == nullptr ? "" : reinterpret_cast<const char*>(text);
  }
  int num_columns() const { return sqlite3_column_count(statement_); }

 private:
  sqlite3* const database_;
  sqlite3_stmt* statement_ = nullptr;
  int prepared_ = SQLITE_OK;
};

}  // namespace tandem
