#include "training/coordinator/game_numbers.h"

#include <algorithm>
#include <iterator>
#include <limits>

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

absl::StatusOr<NumberLedger> NumberLedger::Open(const std::filesystem::path& path, std::int64_t at_least) {
  auto text = ReadFile(path, 1 << 16);
  if (absl::IsNotFound(text.status())) return NumberLedger(path, at_least);
  if (!text.ok()) return text.status();
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value json, ParseJson(*text, path.string()));
  if (!json.is_object()) return Corrupt(path.string(), ": expected a JSON object");
  const auto next = JsonInteger(json.get_object(), "next_number");
  if (!next.ok() || *next < 0) return Corrupt(path.string(), ": expected next_number >= 0");
  return NumberLedger(path, std::max(*next, at_least));
}

absl::StatusOr<std::int64_t> NumberLedger::Give(std::int64_t count) {
  if (next_ > std::numeric_limits<std::int64_t>::max() - count) return absl::ResourceExhaustedError("no game numbers are left");
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(path_, JsonPage(boost::json::object{{"next_number", next_ + count}})));
  const std::int64_t first = next_;
  next_ += count;
  return first;
}

}  // namespace tandem
