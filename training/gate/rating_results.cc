#include "training/gate/rating_results.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/agent/agent.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

namespace json = boost::json;

json::array MovesArray(const std::vector<Action>& moves) {
  json::array array;
  for (const Action move : moves) array.push_back(static_cast<std::int64_t>(move));
  return array;
}

absl::StatusOr<std::vector<Action>> MovesOf(const json::object& line, std::string_view key) {
  const json::value* moves = line.if_contains(json::string_view(key.data(), key.size()));
  if (moves == nullptr || !moves->is_array()) return BadInput("expected an array \"", std::string(key), "\"");
  std::vector<Action> actions;
  for (const json::value& move : moves->get_array()) {
    if (!move.is_int64()) return BadInput("expected integers in \"", std::string(key), "\"");
    actions.push_back(static_cast<Action>(move.get_int64()));
  }
  return actions;
}

bool Flag(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(json::string_view(key.data(), key.size()));
  return value != nullptr && value->is_bool() && value->get_bool();
}

absl::StatusOr<RatedPair> ParsePair(const json::object& line) {
  RatedPair pair;
  TANDEM_ASSIGN_OR_RETURN(pair.net_a, JsonString(line, "a"));
  TANDEM_ASSIGN_OR_RETURN(pair.net_b, JsonString(line, "b"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t result, JsonInteger(line, "class"));
  if (result < 0 || result > 4) return BadInput("class ", result, ", expected 0 to 4");
  pair.result = static_cast<int>(result);
  pair.gate = Flag(line, "gate");
  TANDEM_ASSIGN_OR_RETURN(pair.token_id, JsonString(line, "token"));
  TANDEM_ASSIGN_OR_RETURN(pair.a_first, MovesOf(line, "a_first"));
  TANDEM_ASSIGN_OR_RETURN(pair.b_first, MovesOf(line, "b_first"));
  return pair;
}

absl::StatusOr<GateVerdict> ParseVerdict(const json::object& line) {
  GateVerdict verdict;
  TANDEM_ASSIGN_OR_RETURN(verdict.net_id, JsonString(line, "net_id"));
  TANDEM_ASSIGN_OR_RETURN(verdict.against, JsonString(line, "against"));
  TANDEM_ASSIGN_OR_RETURN(verdict.llr, JsonNumber(line, "llr"));
  verdict.passed = Flag(line, "passed");
  const json::value* pairs = line.if_contains("pairs");
  if (pairs == nullptr || !pairs->is_array() || pairs->get_array().size() != verdict.pairs.size())
    return BadInput("expected five \"pairs\"");
  for (std::size_t i = 0; i < verdict.pairs.size(); ++i) {
    if (!pairs->get_array()[i].is_int64()) return BadInput("expected integers in \"pairs\"");
    verdict.pairs[i] = pairs->get_array()[i].get_int64();
  }
  return verdict;
}

template <typename Item>
absl::StatusOr<std::vector<Item>> ReadItems(const std::filesystem::path& path, absl::StatusOr<Item> (*parse)(const json::object&),
                                            int* skipped) {
  std::vector<Item> items;
  if (skipped != nullptr) *skipped = 0;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return items;
  TANDEM_ASSIGN_OR_RETURN(const JsonLines lines, ReadJsonLines(path));
  for (const json::object& line : lines.objects) {
    auto item = parse(line);
    if (item.ok()) {
      items.push_back(*std::move(item));
    } else if (skipped != nullptr) {
      ++*skipped;
    }
  }
  if (skipped != nullptr) *skipped += static_cast<int>(lines.problems.size());
  return items;
}

absl::Status AppendLine(const std::filesystem::path& path, const json::object& line) {
  TANDEM_RETURN_IF_ERROR(CutTornLine(path).status());
  return AppendFile(path, JsonText(line) + "\n");
}

}  // namespace

std::filesystem::path RatingsPath(const RunDirectory& directory) { return directory.root() / "ratings.jsonl"; }
std::filesystem::path GatePath(const RunDirectory& directory) { return directory.root() / "gate.jsonl"; }

absl::StatusOr<std::vector<RatedPair>> ReadRatedPairs(const RunDirectory& directory, int* skipped) {
  return ReadItems<RatedPair>(RatingsPath(directory), ParsePair, skipped);
}

absl::Status AppendRatedPair(const RunDirectory& directory, const RatedPair& pair) {
  return AppendLine(RatingsPath(directory), {{"a", pair.net_a},
                                             {"b", pair.net_b},
                                             {"class", pair.result},
                                             {"gate", pair.gate},
                                             {"token", pair.token_id},
                                             {"a_first", MovesArray(pair.a_first)},
                                             {"b_first", MovesArray(pair.b_first)}});
}

absl::StatusOr<std::vector<GateVerdict>> ReadGateVerdicts(const RunDirectory& directory) {
  return ReadItems<GateVerdict>(GatePath(directory), ParseVerdict, nullptr);
}

absl::Status AppendGateVerdict(const RunDirectory& directory, const GateVerdict& verdict) {
  json::array pairs;
  for (const std::int64_t count : verdict.pairs) pairs.push_back(count);
  return AppendLine(GatePath(directory), {{"net_id", verdict.net_id},
                                          {"against", verdict.against},
                                          {"passed", verdict.passed},
                                          {"pairs", std::move(pairs)},
                                          {"llr", verdict.llr}});
}

std::vector<CheckpointInfo> ChoosePool(const std::vector<CheckpointInfo>& checkpoints, int most) {
  std::vector<CheckpointInfo> distinct, spaced;
  std::set<std::string> seen;
  for (const CheckpointInfo& info : checkpoints) {
    if (!seen.insert(info.net_id).second) continue;
    distinct.push_back(info);
    if (info.snapshot) spaced.push_back(info);
  }
  if (distinct.empty()) return {};
  if (spaced.size() < 2) spaced = distinct;
  if (spaced.front().net_id != distinct.front().net_id) spaced.insert(spaced.begin(), distinct.front());
  const CheckpointInfo newest = distinct.back();
  if (spaced.back().net_id == newest.net_id) spaced.pop_back();
  std::size_t stride = 1;
  while ((spaced.size() + stride - 1) / stride + 1 > static_cast<std::size_t>(most)) stride *= 2;
  std::vector<CheckpointInfo> pool;
  for (std::size_t i = 0; i < spaced.size(); i += stride) pool.push_back(spaced[i]);
  pool.push_back(newest);
  return pool;
}

absl::StatusOr<RatedPool> RatePool(const std::vector<CheckpointInfo>& pool, const std::vector<RatedPair>& pairs,
                                   const std::string& opponent) {
  RatedPool rated;
  rated.opponent = opponent;
  std::map<std::string, int> number;
  for (const CheckpointInfo& info : pool) {
    number.emplace(info.net_id, static_cast<int>(rated.networks.size()));
    rated.networks.push_back({info.net_id, info.step, {}});
  }
  // The opponent stands beside the newest network until they have met.
  if (!opponent.empty()) number.emplace(opponent, static_cast<int>(pool.size()));
  const int num_players = static_cast<int>(pool.size()) + (opponent.empty() ? 0 : 1);
  if (pool.empty() || num_players < 2) return rated;
  std::map<std::pair<int, int>, Pentanomial> counts;
  for (int i = 0; i + 1 < num_players; ++i) counts[{i, i + 1}];
  for (const RatedPair& pair : pairs) {
    const auto a = number.find(pair.net_a), b = number.find(pair.net_b);
    if (a == number.end() || b == number.end() || a->second == b->second) continue;
    const bool in_order = a->second < b->second;
    const std::pair<int, int> key = in_order ? std::pair(a->second, b->second) : std::pair(b->second, a->second);
    ++counts[key][static_cast<std::size_t>(in_order ? pair.result : 4 - pair.result)];
  }
  for (const auto& [key, classes] : counts) rated.pairings.push_back({key.first, key.second, classes});
  RatingOptions options;
  options.bootstrap_samples = 100;
  TANDEM_ASSIGN_OR_RETURN(rated.fit, RatingPool::Fit(num_players, rated.pairings, options));
  for (std::size_t i = 0; i < rated.networks.size(); ++i) rated.networks[i].rating = rated.fit->ratings()[i];
  if (!opponent.empty()) rated.opponent_rating = rated.fit->ratings().back();
  return rated;
}

absl::StatusOr<std::string> OpponentOf(const RatingConfig& config) {
  if (config.opponent().empty()) return "";
  const absl::StatusOr<AgentSpec> spec = ParseAgentSpec(config.opponent());
  if (!spec.ok()) return Annotate(spec.status(), "rating.opponent");
  return spec->Canonical();
}

absl::StatusOr<RatedPool> RateRun(const RunDirectory& directory, const RatingConfig& config) {
  TANDEM_ASSIGN_OR_RETURN(const std::vector<CheckpointInfo> checkpoints, directory.ReadCheckpoints());
  TANDEM_ASSIGN_OR_RETURN(const std::vector<RatedPair> pairs, ReadRatedPairs(directory));
  TANDEM_ASSIGN_OR_RETURN(const std::string opponent, OpponentOf(config));
  return RatePool(ChoosePool(checkpoints, config.pool()), pairs, opponent);
}

}  // namespace tandem
