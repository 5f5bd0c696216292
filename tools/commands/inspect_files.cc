// inspect: single files, chunks and weights.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/net/weights.h"
#include "selfplay/record/chunk.h"
#include "tools/commands/inspect_report.h"

namespace tandem {
namespace {

namespace json = boost::json;

void CheckName(const std::filesystem::path& path, const std::string& id, InspectReport* report) {
  if (path.stem() != id) report->problems.push_back(absl::StrCat(path.string(), ": the content's id is ", id, ", the name says otherwise"));
}

// Moves as text, from the rules; as bare numbers where the record does not follow them.
std::string MovesText(const GameRecord& record) {
  std::vector<std::string> moves;
  const auto game = FindGame(record.game());
  if (!game.ok() || !VerifyRecord(record).ok()) {
    return absl::StrCat("actions ", absl::StrJoin(record.moves(), " "));
  }
  std::unique_ptr<State> state = (*game)->NewState();
  if (!record.start().empty()) {
    auto start = (*game)->StateFromText(record.start());
    if (start.ok()) state = *std::move(start);
  }
  for (const std::uint32_t action : record.moves()) {
    moves.push_back(state->ActionText(static_cast<Action>(action)));
    state->Apply(static_cast<Action>(action));
  }
  return absl::StrJoin(moves, " ");
}

json::object GameRow(const GameRecord& record) {
  return {{"index", record.index()},      {"net", record.net_id().substr(0, 8)},     {"result", record.result()},
          {"plies", record.moves_size()}, {"opening_plies", record.opening_plies()}, {"moves", MovesText(record)}};
}

json::object TensorRow(const std::string& name, const Tensor& tensor) {
  double squares = 0;
  double largest = 0;
  for (const float x : tensor.data) {
    squares += double{x} * x;
    largest = std::max(largest, std::abs(double{x}));
  }
  const double count = std::max<double>(1, static_cast<double>(tensor.data.size()));
  return {{"tensor", name},
          {"shape", absl::StrCat("[", absl::StrJoin(tensor.shape, ", "), "]")},
          {"elements", tensor.data.size()},
          {"rms", std::sqrt(squares / count)},
          {"largest", largest}};
}

}  // namespace

absl::StatusOr<InspectReport> InspectChunk(const std::filesystem::path& path, const InspectRequest& request) {
  TANDEM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  const auto parsed = ParseChunk(bytes);
  if (!parsed.ok()) return Annotate(parsed.status(), path.string());
  const Chunk& chunk = *parsed;

  InspectReport report;
  const std::string id = ChunkId(bytes);
  CheckName(path, id, &report);
  for (const std::string& problem : chunk.problems) report.problems.push_back(absl::StrCat(path.string(), ": ", problem));
  std::int64_t plies = 0, turns = 0, full_turns = 0;
  std::map<int, int> results;
  std::set<std::string> nets;
  for (const GameRecord& record : chunk.games) {
    plies += record.moves_size();
    turns += record.turns_size();
    for (const Turn& turn : record.turns()) full_turns += turn.full_search();
    ++results[record.result()];
    nets.insert(record.net_id());
    if (auto status = VerifyRecord(record); !status.ok()) {
      report.problems.push_back(absl::StrCat(path.string(), ": game ", record.index(), ": ", std::string(status.message())));
    }
  }
  report.facts = {{"kind", "chunk"},
                  {"path", path.string()},
                  {"id", id},
                  {"bytes", bytes.size()},
                  {"version", chunk.header.version()},
                  {"game", chunk.header.game()},
                  {"run", chunk.header.run_id()},
                  {"games_promised", chunk.header.num_games()},
                  {"games", chunk.games.size()},
                  {"plies", plies},
                  {"turns", turns},
                  {"full_turns", full_turns},
                  {"first_player_wins", results[1]},
                  {"draws", results[0]},
                  {"second_player_wins", results[-1]},
                  {"dropped_bytes", chunk.dropped_bytes},
                  {"networks", json::array(nets.begin(), nets.end())}};
  if (request.games) {
    json::array rows;
    for (const GameRecord& record : chunk.games) rows.push_back(GameRow(record));
    report.facts["game_list"] = std::move(rows);
  }
  return report;
}

absl::StatusOr<InspectReport> InspectWeights(const std::filesystem::path& path, const InspectRequest& request) {
  TANDEM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  const auto parsed = ParseWeights(bytes);
  if (!parsed.ok()) return Annotate(parsed.status(), path.string());

  InspectReport report;
  const std::string id = WeightsId(bytes);
  CheckName(path, id, &report);
  std::size_t elements = 0;
  json::array rows;
  for (const auto& [name, tensor] : parsed->tensors) {
    elements += tensor.data.size();
    if (request.tensors) rows.push_back(TensorRow(name, tensor));
  }
  json::object metadata;
  for (const auto& [key, value] : parsed->metadata) metadata[key] = value;
  report.facts = {{"kind", "weights"},
                  {"path", path.string()},
                  {"id", id},
                  {"bytes", bytes.size()},
                  {"elements", elements},
                  {"tensors", parsed->tensors.size()},
                  {"metadata", std::move(metadata)}};
  if (const auto network = WeightsNetworkConfig(*parsed); network.ok()) {
    json::object options;
    for (const ConfigOption& option : ConfigHelp(*NetworkConfig::descriptor())) {
      options[option.key] = GetConfigValue(*network, option.key).value();
    }
    report.facts["network"] = std::move(options);
  } else {
    report.problems.push_back(absl::StrCat(path.string(), ": ", std::string(network.status().message())));
  }
  if (request.tensors) report.facts["tensor_list"] = std::move(rows);
  return report;
}

}  // namespace tandem
