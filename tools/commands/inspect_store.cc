// inspect: what a run keeps beside its files' contents: the index and whether it agrees with the files, tokens, ratings, the gate.
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "tools/commands/inspect_report.h"
#include "training/gate/rating_results.h"
#include "training/store/run_index.h"

namespace tandem {
namespace {

namespace json = boost::json;

json::object IndexFacts(const RunDirectory& run, RunIndex& index, std::vector<std::string>* problems) {
  const auto counts = index.Counts();
  const auto check = CheckIndex(run, &index);
  if (!counts.ok() || !check.ok()) {
    return {{"state", absl::StrCat("unreadable: ", std::string((counts.ok() ? check.status() : counts.status()).message()),
                                   "; build it anew: tandem inspect --rebuild ", run.root().string())}};
  }
  for (const std::string& id : check->rows_without_file) problems->push_back("chunk " + id + " is in the index, and its file is gone");
  const bool agrees = check->files_without_row == 0 && check->rows_without_file.empty();
  return {{"state", agrees ? "agrees with the files" : "behind the files"},
          {"chunks", counts->chunks},
          {"deleted_chunks", counts->deleted_chunks},
          {"games", counts->games},
          {"rows", counts->rows},
          {"networks", counts->networks},
          {"files_without_row", check->files_without_row},
          {"rows_without_file", check->rows_without_file.size()}};
}

json::array TokenRows(RunIndex& index) {
  json::array rows;
  const auto tokens = index.Tokens();
  if (!tokens.ok()) return rows;
  for (const IndexedToken& token : *tokens) {
    rows.push_back(json::object{{"token", token.id}, {"name", token.name}, {"chunks", token.chunks}, {"games", token.games}});
  }
  return rows;
}

}  // namespace

boost::json::array RatingRows(const RatedPool& rated) {
  json::array rows;
  for (const NetworkRating& network : rated.networks) {
    if (network.rating.games == 0) continue;
    rows.push_back(json::object{{"net_id", network.net_id},
                                {"step", network.step},
                                {"elo", network.rating.elo},
                                {"low", network.rating.low},
                                {"high", network.rating.high},
                                {"games", network.rating.games}});
  }
  return rows;
}

void InspectStore(const RunDirectory& run, const RunConfig& config, InspectReport* report) {
  const auto index = RunIndex::Open(IndexPath(run), RunIndex::Mode::kRead);
  if (index.ok()) {
    report->facts["index"] = IndexFacts(run, **index, &report->problems);
    if (json::array tokens = TokenRows(**index); !tokens.empty()) report->facts["token_list"] = std::move(tokens);
  } else {
    const bool missing = absl::IsNotFound(index.status());
    report->facts["index"] =
        json::object{{"state", missing ? "none" : absl::StrCat("unreadable: ", std::string(index.status().message()))}};
  }
  const auto rated = RateRun(run, config.rating());
  if (!rated.ok()) {
    report->problems.push_back(std::string(rated.status().message()));
  } else if (json::array rows = RatingRows(*rated); !rows.empty()) {
    report->facts["rating_list"] = std::move(rows);
    if (const Rating& rating = rated->opponent_rating; rating.games > 0) {
      report->facts["rating_opponent"] = json::object{
          {"agent", rated->opponent}, {"elo", rating.elo}, {"low", rating.low}, {"high", rating.high}, {"games", rating.games}};
    }
  }
  const auto verdicts = ReadGateVerdicts(run);
  if (!verdicts.ok()) report->problems.push_back(std::string(verdicts.status().message()));
  if (!verdicts.ok() || verdicts->empty()) return;
  json::array rows;
  for (const GateVerdict& verdict : *verdicts) {
    std::int64_t pairs = 0;
    for (const std::int64_t count : verdict.pairs) pairs += count;
    rows.push_back(json::object{
        {"net_id", verdict.net_id}, {"against", verdict.against}, {"passed", verdict.passed}, {"pairs", pairs}, {"llr", verdict.llr}});
  }
  report->facts["gate_list"] = std::move(rows);
}

}  // namespace tandem
