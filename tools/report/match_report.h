// A match report for people and for programs. What a credible report holds: docs/statistics.md, "What a report says".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "boost/json.hpp"
#include "engine/match/match.h"
#include "engine/match/suite.h"

namespace tandem {

// What the report can not know from the games.
struct MatchContext {
  std::string game;  // canonical spec
  std::string book;  // "random, 4 plies" or a path
  std::string book_hash;
  std::size_t book_size = 0;
  std::uint64_t seed = 0;
  int threads = 1;
  double seconds = 0;
  std::optional<SprtHypotheses> sprt = std::nullopt;
};

std::string MatchText(const MatchReport& report, const MatchContext& context);
boost::json::object MatchJson(const MatchReport& report, const MatchContext& context);
// One line a game, to replay: "1 RESULT FIRST-PLAYER(a|b) OPENING-PLIES MOVES [# note]".
std::string MatchRecordText(const Game& game, const MatchReport& report);

std::string SuiteText(const SuiteReport& report);
boost::json::object SuiteJson(const SuiteReport& report);

// Pieces that other reports share: absent numbers are null.
boost::json::object EstimateJson(const Estimate& estimate);
boost::json::object ShareJson(const Share& share);
std::string Percent(double share);  // "98.3 %"
// Processor and its number of threads, e.g. "AMD EPYC 9V74, 2 threads".
std::string MachineName();

}  // namespace tandem
