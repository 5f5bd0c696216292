#include "selfplay/worker/stock.h"

#include <algorithm>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr std::uint64_t kMaxFileBytes = 1 << 20;
constexpr std::int64_t kMostNumber = std::int64_t{1} << 62;

}  // namespace

absl::Status Stock::Load() {
  assignment_.reset();
  net_id_.clear();
  ranges_.clear();
  left_ = block_end_ = 0;
  TANDEM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path_, kMaxFileBytes));
  absl::Status parsed = Parse(text);
  if (!parsed.ok()) {
    assignment_.reset();
    ranges_.clear();
    left_ = 0;
  }
  return Annotate(parsed, path_.string());
}

absl::Status Stock::Parse(const std::string& text) {
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value json, ParseJson(text, "assignment"));
  if (!json.is_object()) return Corrupt("expected a JSON object");
  const boost::json::object& object = json.get_object();
  KeptAssignment kept;
  TANDEM_ASSIGN_OR_RETURN(kept.run_id, JsonString(object, "run_id"));
  TANDEM_ASSIGN_OR_RETURN(kept.numbering, JsonString(object, "numbering"));
  TANDEM_ASSIGN_OR_RETURN(kept.game, JsonString(object, "game"));
  TANDEM_ASSIGN_OR_RETURN(kept.config_hash, JsonString(object, "config_hash"));
  TANDEM_ASSIGN_OR_RETURN(kept.config_text, JsonString(object, "config"));
  TANDEM_ASSIGN_OR_RETURN(net_id_, JsonString(object, "net_id"));
  const boost::json::value* numbers = object.if_contains("numbers");
  if (numbers == nullptr || !numbers->is_array()) return Corrupt("expected numbers as an array of ranges");
  for (const boost::json::value& pair : numbers->get_array()) {
    const boost::json::array* range = pair.if_array();
    if (range == nullptr || range->size() != 2 || !range->at(0).is_int64() || !range->at(1).is_int64()) {
      return Corrupt("expected a range of numbers as [first, end]");
    }
    const std::int64_t next = range->at(0).get_int64(), end = range->at(1).get_int64();
    if (next < 0 || end < next || end > kMostNumber) return Corrupt("no range of numbers: ", next, " to ", end);
    if (next == end) continue;
    ranges_.push_back({next, end});
    left_ += end - next;
  }
  if (!ranges_.empty()) block_end_ = ranges_.front().next;
  assignment_ = std::move(kept);
  return absl::OkStatus();
}

void Stock::SetAssignment(KeptAssignment assignment) {
  const bool same_numbers =
      assignment_.has_value() && assignment_->run_id == assignment.run_id && assignment_->numbering == assignment.numbering;
  assignment_ = std::move(assignment);
  if (!same_numbers) {
    ranges_.clear();
    left_ = block_end_ = 0;
    net_id_.clear();
  }
  Save(block_end_);
}

void Stock::AddNumbers(std::int64_t first, std::int64_t count) {
  if (count <= 0) return;
  if (ranges_.empty()) block_end_ = first;
  ranges_.push_back({first, first + count});
  left_ += count;
  Save(block_end_);
}

void Stock::SetNetwork(const std::string& net_id) {
  if (net_id_ == net_id) return;
  net_id_ = net_id;
  Save(block_end_);
}

std::optional<std::int64_t> Stock::Take() {
  if (ranges_.empty()) return std::nullopt;
  Range& range = ranges_.front();
  if (range.next == block_end_) {
    block_end_ = std::min(range.next + kBlock, range.end);
    Save(block_end_);
  }
  const std::int64_t number = range.next++;
  --left_;
  if (range.next == range.end) {
    ranges_.pop_front();
    block_end_ = ranges_.empty() ? 0 : ranges_.front().next;
  }
  return number;
}

void Stock::Close() {
  if (!assignment_.has_value()) return;
  if (!ranges_.empty()) block_end_ = ranges_.front().next;
  Save(block_end_);
}

void Stock::Save(std::int64_t block_end) {
  if (!assignment_.has_value()) return;
  boost::json::array numbers;
  for (const Range& range : ranges_) {
    const std::int64_t from = &range == &ranges_.front() ? block_end : range.next;
    if (from < range.end) numbers.push_back(boost::json::array{from, range.end});
  }
  const absl::Status saved = WriteFileAtomic(path_, JsonPage(boost::json::object{{"run_id", assignment_->run_id},
                                                                                 {"numbering", assignment_->numbering},
                                                                                 {"game", assignment_->game},
                                                                                 {"config_hash", assignment_->config_hash},
                                                                                 {"config", assignment_->config_text},
                                                                                 {"net_id", net_id_},
                                                                                 {"numbers", numbers}}));
  if (saved.ok()) {
    unwritable_ = false;
    return;
  }
  std::error_code error;
  std::filesystem::remove(path_, error);
  if (!std::exchange(unwritable_, true)) {
    Log().warn("a restart of this worker will need its coordinator: {}", std::string(saved.message()));
  }
}

}  // namespace tandem
