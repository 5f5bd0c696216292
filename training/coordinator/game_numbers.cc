#include "training/coordinator/game_numbers.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <random>

#include "absl/strings/str_format.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {

bool NumberSet::Contains(std::int64_t number) const {
  const auto after = ranges_.upper_bound(number);
  return after != ranges_.begin() && std::prev(after)->second > number;
}

bool NumberSet::Insert(std::int64_t number) {
  if (Contains(number)) return false;
  ++size_;
  const auto after = ranges_.upper_bound(number);
  const bool joins_after = after != ranges_.end() && after->first == number + 1;
  const bool joins_before = after != ranges_.begin() && std::prev(after)->second == number;
  const std::int64_t end = joins_after ? after->second : number + 1;
  if (joins_before) {
    std::prev(after)->second = end;
  } else {
    ranges_[number] = end;
  }
  if (joins_after) ranges_.erase(after);
  return true;
}

namespace {

struct LedgerFile {
  std::int64_t next_number = 0;
  std::string numbering;  // empty in files of earlier programs
};

absl::StatusOr<LedgerFile> ReadLedger(const std::filesystem::path& path) {
  LedgerFile file;
  auto text = ReadFile(path, 1 << 16);
  if (absl::IsNotFound(text.status())) return file;
  if (!text.ok()) return text.status();
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value json, ParseJson(*text, path.string()));
  if (!json.is_object()) return Corrupt(path.string(), ": expected a JSON object");
  const auto next = JsonInteger(json.get_object(), "next_number");
  if (!next.ok() || *next < 0) return Corrupt(path.string(), ": expected next_number >= 0");
  file.next_number = *next;
  if (const auto numbering = JsonString(json.get_object(), "numbering"); numbering.ok()) file.numbering = *numbering;
  return file;
}

absl::Status WriteLedger(const std::filesystem::path& path, const LedgerFile& file) {
  return WriteFileAtomic(path, JsonPage(boost::json::object{{"next_number", file.next_number}, {"numbering", file.numbering}}));
}

// Nothing that a seed may decide: two runs with the same seed must not have the same one.
std::string DrawNumbering() {
  std::random_device device;
  return absl::StrFormat("%08x%08x", device(), device());
}

}  // namespace

absl::StatusOr<NumberLedger> NumberLedger::Open(const std::filesystem::path& path, std::int64_t at_least) {
  TANDEM_ASSIGN_OR_RETURN(LedgerFile file, ReadLedger(path));
  file.next_number = std::max(file.next_number, at_least);
  if (file.numbering.empty()) {
    file.numbering = DrawNumbering();
    if (!WriteLedger(path, file).ok()) file.numbering.clear();  // one that nobody will remember is none
  }
  return NumberLedger(path, file.next_number, file.numbering);
}

absl::StatusOr<std::int64_t> NumberLedger::Give(std::int64_t count) {
  if (next_ > std::numeric_limits<std::int64_t>::max() - count) return absl::ResourceExhaustedError("no game numbers are left");
  TANDEM_RETURN_IF_ERROR(WriteLedger(path_, {next_ + count, numbering_}));
  const std::int64_t first = next_;
  next_ += count;
  return first;
}

absl::StatusOr<std::int64_t> NumbersGiven(const std::filesystem::path& path) {
  TANDEM_ASSIGN_OR_RETURN(const LedgerFile file, ReadLedger(path));
  return file.next_number;
}

}  // namespace tandem
