#include "tools/report/match_report.h"

#include <cmath>
#include <memory>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/base/build_info.h"
#include "engine/base/file.h"
#include "engine/base/thread.h"
#include "tools/report/table.h"

namespace tandem {
namespace {

using boost::json::array;
using boost::json::object;

std::string Wdl(const Trinomial& games) { return absl::StrFormat("+%d =%d -%d", games[2], games[1], games[0]); }

array CountsJson(std::span<const std::int64_t> counts) { return array(counts.begin(), counts.end()); }

double PerSecond(std::int64_t count, double seconds) { return seconds > 0 ? static_cast<double>(count) / seconds : 0; }

void AppendUse(const char* name, const SideUse& use, std::string* text) {
  absl::StrAppendFormat(text, "Use %s       %d moves, %.3f s a move", name, use.moves,
                        use.moves > 0 ? use.seconds / static_cast<double>(use.moves) : 0);
  if (use.simulations > 0) {
    absl::StrAppendFormat(text, ", %.1f simulations a move, %.0f simulations/s, %.0f evaluations/s",
                          static_cast<double>(use.simulations) / static_cast<double>(use.moves), PerSecond(use.simulations, use.seconds),
                          PerSecond(use.evaluations, use.seconds));
  }
  absl::StrAppend(text, "\n");
}

object UseJson(const SideUse& use) {
  return {{"moves", use.moves},
          {"seconds", use.seconds},
          {"simulations", use.simulations},
          {"evaluations", use.evaluations},
          {"simulations_per_second", PerSecond(use.simulations, use.seconds)},
          {"evaluations_per_second", PerSecond(use.evaluations, use.seconds)}};
}

const char* ModelName(EloModel model) { return model == EloModel::kNormalized ? "normalised" : "logistic"; }

// How far the test has gone towards the bound on its side, in per cent.
double SprtPercent(const SprtState& sprt) { return 100 * sprt.llr / (sprt.llr < 0 ? -sprt.lower : sprt.upper); }

void AppendSprt(const SprtState& sprt, const SprtHypotheses& hypotheses, std::string* text) {
  absl::StrAppendFormat(text, "SPRT        LLR %.3f (%.0f %%) of %.3f .. %.3f, %s Elo %g against %g, alpha %g, beta %g: %s\n", sprt.llr,
                        SprtPercent(sprt), sprt.lower, sprt.upper, ModelName(hypotheses.model), hypotheses.elo0, hypotheses.elo1,
                        hypotheses.alpha, hypotheses.beta, std::string(SprtVerdictText(sprt.verdict)));
  if (sprt.verdict != SprtVerdict::kContinue) absl::StrAppend(text, "            (Elo after such a stop is biased away from 0)\n");
}

std::string PlayerText(const std::string& spec, const std::string& details) {
  return details.empty() ? spec : absl::StrCat(spec, "  (", details, ")");
}

}  // namespace

std::string Percent(double share) { return absl::StrFormat("%.1f %%", 100 * share); }

std::string MachineName() {
  std::string model = "unknown processor";
  if (const absl::StatusOr<std::string> info = ReadFile("/proc/cpuinfo"); info.ok()) {
    for (const absl::string_view line : absl::StrSplit(*info, '\n')) {
      const std::pair<std::string, std::string> parts = absl::StrSplit(line, absl::MaxSplits(": ", 1));
      if (!absl::StartsWith(parts.first, "model name")) continue;
      model = parts.second;
      break;
    }
  }
  return absl::StrCat(model, ", ", AvailableProcessors(), " threads");
}

std::string MatchText(const MatchReport& report, const MatchContext& context) {
  const StrengthEstimate strength = EstimateStrength(report.pairs);
  const std::int64_t games = report.num_games();
  std::string text;
  absl::StrAppend(&text, "Game        ", context.game, "\n");
  absl::StrAppend(&text, "A           ", PlayerText(report.a, report.a_details), "\n");
  absl::StrAppend(&text, "B           ", PlayerText(report.b, report.b_details), "\n");
  absl::StrAppendFormat(&text, "Games       %d (%d different), A %s; as first player %s, as second %s\n", games, report.distinct_games,
                        Wdl(report.games), Wdl(report.as_first), Wdl(report.as_second));
  absl::StrAppendFormat(&text, "Pairs       %d, Ptnml(0-2) [%d, %d, %d, %d, %d], WL/DD split %d/%d\n", report.num_pairs(), report.pairs[0],
                        report.pairs[1], report.pairs[2], report.pairs[3], report.pairs[4], report.pairs[2] - report.drawn_pairs,
                        report.drawn_pairs);
  absl::StrAppendFormat(&text, "Score of A  %s [%s, %s], draws %s\n", Percent(strength.score), Percent(strength.score_low),
                        Percent(strength.score_high), Percent(games > 0 ? static_cast<double>(report.games[1]) / games : 0));
  absl::StrAppend(&text, "Elo         ", EstimateText(strength.elo), "   (95 %, pairs; A over B)\n");
  absl::StrAppend(&text, "nElo        ", EstimateText(strength.normalized_elo), "\n");
  absl::StrAppendFormat(&text, "LOS         %.2f %%\n", 100 * strength.los);
  if (report.sprt && context.sprt) AppendSprt(*report.sprt, *context.sprt, &text);
  AppendUse("A", report.use_a, &text);
  AppendUse("B", report.use_b, &text);
  absl::StrAppendFormat(&text, "Openings    %s, %d lines, hash %s; seed %d\n", context.book, context.book_size, context.book_hash,
                        context.seed);
  absl::StrAppendFormat(&text, "Unclean     %d adjudicated, %d forfeits of A, %d of B, %d repeated games\n", report.adjudicated,
                        report.forfeits_a, report.forfeits_b, games - report.distinct_games);
  absl::StrAppendFormat(&text, "Machine     %s; %d used, %.1f s, %s\n", MachineName(), context.threads, context.seconds, BuildId());
  for (const std::string& note : report.notes) absl::StrAppend(&text, "  ", note, "\n");
  return text;
}

object MatchJson(const MatchReport& report, const MatchContext& context) {
  const StrengthEstimate strength = EstimateStrength(report.pairs);
  object json = {{"game", context.game},
                 {"a", report.a},
                 {"a_details", report.a_details},
                 {"b", report.b},
                 {"b_details", report.b_details},
                 {"games", report.num_games()},
                 {"distinct_games", report.distinct_games},
                 {"lose_draw_win", CountsJson(report.games)},
                 {"lose_draw_win_first", CountsJson(report.as_first)},
                 {"lose_draw_win_second", CountsJson(report.as_second)},
                 {"pentanomial", CountsJson(report.pairs)},
                 {"drawn_pairs", report.drawn_pairs},
                 {"score", strength.score},
                 {"score_interval", array{strength.score_low, strength.score_high}},
                 {"elo", EstimateJson(strength.elo)},
                 {"normalized_elo", EstimateJson(strength.normalized_elo)},
                 {"los", strength.los},
                 {"forfeits", array{report.forfeits_a, report.forfeits_b}},
                 {"adjudicated", report.adjudicated},
                 {"use_a", UseJson(report.use_a)},
                 {"use_b", UseJson(report.use_b)},
                 {"openings", {{"book", context.book}, {"lines", context.book_size}, {"hash", context.book_hash}}},
                 {"seed", context.seed},
                 {"threads", context.threads},
                 {"seconds", context.seconds},
                 {"machine", MachineName()},
                 {"build", BuildId()},
                 {"notes", array(report.notes.begin(), report.notes.end())}};
  if (report.sprt && context.sprt) {
    json["sprt"] = {{"model", ModelName(context.sprt->model)},
                    {"elo0", context.sprt->elo0},
                    {"elo1", context.sprt->elo1},
                    {"alpha", context.sprt->alpha},
                    {"beta", context.sprt->beta},
                    {"llr", report.sprt->llr},
                    {"lower", report.sprt->lower},
                    {"upper", report.sprt->upper},
                    {"verdict", std::string(SprtVerdictText(report.sprt->verdict))}};
  }
  return json;
}

std::string MatchRecordText(const Game& game, const MatchReport& report) {
  std::string text = absl::StrCat("# number result(1 first player wins, 0, -1) first-player opening-plies moves; game ", game.facts().spec,
                                  ", a = ", report.a, ", b = ", report.b, "\n");
  for (std::size_t i = 0; i < report.record.size(); ++i) {
    const PlayedGame& played = report.record[i];
    absl::StrAppend(&text, i + 1, " ", static_cast<int>(played.outcome), i % 2 == 0 ? " a " : " b ", played.opening_plies, " ",
                    GameText(game, played.moves), played.note.empty() ? "" : " # ", played.note, "\n");
  }
  return text;
}

std::string SuiteText(const SuiteReport& report) {
  TextTable table({{"plies", Align::kLeft}, {"mixed"}, {"kept"}, {"share"}, {"95 % interval"}, {"random"}, {"regret"}, {"positions"}});
  const auto add = [&](const SuiteRow& row) {
    if (row.mixed.trials == 0) return;  // the choice of move matters nowhere in this band
    table.AddRow({row.label, absl::StrCat(row.mixed.trials), absl::StrCat(row.mixed.successes), Percent(row.mixed.value),
                  absl::StrCat(Percent(row.mixed.low), " .. ", Percent(row.mixed.high)), Percent(row.random_share),
                  absl::StrFormat("%.4f", row.regret), absl::StrCat(row.positions)});
  };
  for (const SuiteRow& row : report.bands) add(row);
  add(report.all);
  std::string text = absl::StrCat("Agent ", PlayerText(report.agent, report.agent_details), "\n", table.ToText());
  absl::StrAppendFormat(&text, "All positions, mixed or not: value kept in %d of %d (%s)\n", report.any.successes, report.any.trials,
                        Percent(report.any.value));
  if (report.unjudged > 0) absl::StrAppendFormat(&text, "%d moves have no known result and are left out\n", report.unjudged);
  return text;
}

object SuiteJson(const SuiteReport& report) {
  const auto row_json = [](const SuiteRow& row) {
    return object{{"plies", row.label},
                  {"mixed", ShareJson(row.mixed)},
                  {"random_share", row.random_share},
                  {"regret", row.regret},
                  {"positions", row.positions}};
  };
  array bands;
  for (const SuiteRow& row : report.bands) bands.push_back(row_json(row));
  return {{"agent", report.agent}, {"agent_details", report.agent_details}, {"all", row_json(report.all)},
          {"bands", bands},        {"any", ShareJson(report.any)},          {"unjudged", report.unjudged}};
}

object EstimateJson(const Estimate& estimate) {
  const auto number = [](const std::optional<double>& value) { return value ? boost::json::value(*value) : boost::json::value(nullptr); };
  return {{"value", number(estimate.value)}, {"low", number(estimate.low)}, {"high", number(estimate.high)}};
}

object ShareJson(const Share& share) {
  return {{"successes", share.successes}, {"trials", share.trials}, {"value", share.value}, {"low", share.low}, {"high", share.high}};
}

}  // namespace tandem
