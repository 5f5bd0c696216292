#include "tools/report/evaluation_report.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/build_info.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/net/run_directory.h"
#include "tools/report/match_report.h"
#include "tools/report/plot.h"
#include "tools/report/table.h"

namespace tandem {
namespace {

using boost::json::array;
using boost::json::object;

const EvaluatedPlayer& Player(const EvaluationReport& report, int index) { return report.players[static_cast<std::size_t>(index)]; }

std::string Interval(double low, double high) { return absl::StrFormat("[%+.0f, %+.0f]", low, high); }

std::string GainText(const Estimate& gain) {
  return absl::StrFormat("%+.0f Elo %s", gain.value.value_or(0), Interval(gain.low.value_or(0), gain.high.value_or(0)));
}

TextTable PlayerTable(const EvaluationReport& report, bool newest) {
  TextTable table({{"player", Align::kLeft}, {"Elo"}, {"95 %"}, {"over net"}, {"games"}, {"score"}, {"value kept"}, {"95 %"}, {"regret"}});
  for (std::size_t i = 0; i < report.players.size(); ++i) {
    const EvaluatedPlayer& player = report.players[i];
    if (player.newest != newest) continue;
    const SuiteRow& suite = player.suite.all;
    const bool answered = suite.mixed.trials > 0;
    table.AddRow({player.name, absl::StrFormat("%+.0f", player.rating.elo), Interval(player.rating.low, player.rating.high),
                  absl::StrFormat("%+.0f", report.gains[i].value.value_or(0)), absl::StrCat(player.rating.games),
                  Percent(player.rating.score), answered ? Percent(suite.mixed.value) : "-",
                  answered ? absl::StrCat(Percent(suite.mixed.low), " .. ", Percent(suite.mixed.high)) : "-",
                  answered ? absl::StrFormat("%.3f", suite.regret) : "-"});
  }
  return table;
}

TextTable GameTable(const EvaluationReport& report) {
  TextTable table({{"player", Align::kLeft}, {"against", Align::kLeft}, {"W"}, {"D"}, {"L"}, {"Ptnml(0-2)", Align::kLeft}, {"Elo"}});
  for (std::size_t i = 0; i < report.pool.pairings.size(); ++i) {
    const Pairing& pairing = report.pool.pairings[i];
    const Trinomial& games = report.pool.games[i];
    const Pentanomial& pairs = pairing.pairs;
    table.AddRow({Player(report, pairing.a).name, Player(report, pairing.b).name, absl::StrCat(games[2]), absl::StrCat(games[1]),
                  absl::StrCat(games[0]), absl::StrFormat("[%d, %d, %d, %d, %d]", pairs[0], pairs[1], pairs[2], pairs[3], pairs[4]),
                  EstimateText(EstimateStrength(pairs).elo)});
  }
  return table;
}

bool HasSnapshots(const EvaluationReport& report) {
  for (const EvaluatedPlayer& player : report.players) {
    if (!player.newest) return true;
  }
  return false;
}

std::vector<std::string> Conditions(const EvaluationReport& report) {
  return {absl::StrFormat("Run %s, game %s, step %d, network %s", report.run.string(), report.game, report.step, report.net_id),
          "Ratings: Bradley-Terry over all games (a draw is half a win; half a virtual pair for each pairing), uct 1000 = 0; intervals 95 "
          "%, Bayesian "
          "bootstrap over pairs of games",
          absl::StrFormat("Value kept: share of %d mixed positions (%s) where the move keeps win, draw or loss; a random legal move: %s",
                          report.positions, report.positions_source, Percent(report.random_share)),
          absl::StrFormat("Openings %s; seed %d; %d forfeits", report.book, report.seed, report.pool.forfeits),
          absl::StrFormat("Machine %s; %d threads used, %.0f s; %s", MachineName(), report.threads, report.seconds, BuildId())};
}

object PlayerJson(const EvaluatedPlayer& player, const Estimate& gain) {
  static constexpr const char* kRoles[] = {"outside", "prior", "value", "search"};
  return {{"name", player.name},
          {"spec", player.spec},
          {"details", player.details},
          {"role", kRoles[static_cast<std::size_t>(player.role)]},
          {"simulations", player.simulations},
          {"newest", player.newest},
          {"step", player.step},
          {"minutes", player.minutes},
          {"elo", player.rating.elo},
          {"elo_interval", array{player.rating.low, player.rating.high}},
          {"gain_over_net", EstimateJson(gain)},
          {"games", player.rating.games},
          {"score", player.rating.score},
          {"suite", SuiteJson(player.suite)}};
}

PlotPoint RatingPoint(double x, const EvaluatedPlayer& player) { return {x, player.rating.elo, player.rating.low, player.rating.high}; }

PlotPoint SharePoint(double x, const EvaluatedPlayer& player) {
  const Share& share = player.suite.all.mixed;
  return {x, 100 * share.value, 100 * share.low, 100 * share.high};
}

// One quantity over the number of simulations, the players without search as levels.
Plot OverSimulations(const EvaluationReport& report, std::string title, std::string y_title,
                     PlotPoint (*point)(double, const EvaluatedPlayer&)) {
  Plot plot{.title = std::move(title),
            .x_title = "simulations a move",
            .y_title = std::move(y_title),
            .log2_x = true,
            .y_min = {},
            .y_max = {},
            .series = {},
            .levels = {}};
  PlotSeries search{.name = "network with search", .points = {}};
  for (const EvaluatedPlayer& player : report.players) {
    if (!player.newest) continue;
    if (player.role == PlayerRole::kSearch) {
      search.points.push_back(point(static_cast<double>(player.simulations), player));
    } else {
      plot.levels.push_back({player.role == PlayerRole::kPrior   ? "network alone"
                             : player.role == PlayerRole::kValue ? "best 1-ply value"
                                                                 : player.name,
                             point(0, player).y});
    }
  }
  plot.series.push_back(std::move(search));
  return plot;
}

// One quantity over training time: the network alone and with search.
Plot OverTraining(const EvaluationReport& report, std::string title, std::string y_title,
                  PlotPoint (*point)(double, const EvaluatedPlayer&)) {
  Plot plot{.title = std::move(title),
            .x_title = "minutes of training",
            .y_title = std::move(y_title),
            .y_min = {},
            .y_max = {},
            .series = {},
            .levels = {}};
  PlotSeries net{.name = "network alone", .points = {}};
  PlotSeries search{.name = "network with search", .points = {}};
  std::int64_t simulations = 0;
  for (const EvaluatedPlayer& player : report.players) {
    if (!player.newest && player.role == PlayerRole::kSearch) simulations = player.simulations;
  }
  for (const EvaluatedPlayer& player : report.players) {
    if (player.role == PlayerRole::kPrior) net.points.push_back(point(player.minutes, player));
    if (player.role == PlayerRole::kSearch && player.simulations == simulations) search.points.push_back(point(player.minutes, player));
  }
  for (PlotSeries* series : {&net, &search}) {
    std::sort(series->points.begin(), series->points.end(), [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; });
  }
  search.name = absl::StrFormat("with %d simulations", simulations);
  plot.series = {std::move(net), std::move(search)};
  return plot;
}

}  // namespace

std::string EvaluationHeadline(const EvaluationReport& report) {
  const EvaluatedPlayer& search = Player(report, report.search);
  std::string text = absl::StrFormat("Search with %d simulations is worth %s over the network alone (argmax of its prior)",
                                     search.simulations, GainText(report.search_gain));
  if (report.direct.units > 0) {
    absl::StrAppendFormat(&text, "; in their own %d games it scored %s", 2 * report.direct.units, Percent(report.direct.score));
  }
  absl::StrAppend(&text, ". The best 1-ply value is worth ", GainText(report.value_gain), " over the prior.");
  return text;
}

std::string EvaluationText(const EvaluationReport& report) {
  std::string text = EvaluationHeadline(report) + "\n\n" + PlayerTable(report, true).ToText();
  if (HasSnapshots(report)) absl::StrAppend(&text, "\nAlong the run (name @ learner step)\n", PlayerTable(report, false).ToText());
  absl::StrAppend(&text, "\nGames\n", GameTable(report).ToText(), "\n");
  for (const std::string& line : Conditions(report)) absl::StrAppend(&text, line, "\n");
  for (const std::string& note : report.pool.notes) absl::StrAppend(&text, "  ", note, "\n");
  return text;
}

object EvaluationJson(const EvaluationReport& report) {
  array players;
  for (std::size_t i = 0; i < report.players.size(); ++i) players.push_back(PlayerJson(report.players[i], report.gains[i]));
  array pairings;
  for (std::size_t i = 0; i < report.pool.pairings.size(); ++i) {
    const Pairing& pairing = report.pool.pairings[i];
    pairings.push_back(object{{"a", Player(report, pairing.a).name},
                              {"b", Player(report, pairing.b).name},
                              {"lose_draw_win", array(report.pool.games[i].begin(), report.pool.games[i].end())},
                              {"pentanomial", array(pairing.pairs.begin(), pairing.pairs.end())},
                              {"elo", EstimateJson(EstimateStrength(pairing.pairs).elo)}});
  }
  return {{"headline", EvaluationHeadline(report)},
          {"game", report.game},
          {"run", report.run.string()},
          {"step", report.step},
          {"net_id", report.net_id},
          {"search_gain_elo", EstimateJson(report.search_gain)},
          {"value_gain_elo", EstimateJson(report.value_gain)},
          {"players", players},
          {"pairings", pairings},
          {"positions", {{"count", report.positions}, {"source", report.positions_source}, {"random_share", report.random_share}}},
          {"openings", report.book},
          {"forfeits", report.pool.forfeits},
          {"seed", report.seed},
          {"threads", report.threads},
          {"seconds", report.seconds},
          {"machine", MachineName()},
          {"build", BuildId()},
          {"notes", array(report.pool.notes.begin(), report.pool.notes.end())}};
}

std::string EvaluationHtml(const EvaluationReport& report) {
  const std::string title = HtmlEscape(absl::StrFormat("%s: network and search at step %d", report.game, report.step));
  std::string html = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", title,
      "</title>\n<style>body{font:14px/1.5 sans-serif;max-width:960px;margin:2em auto;padding:0 1em}table{border-collapse:collapse}"
      "td,th{padding:2px 10px;text-align:left;border-bottom:1px solid #ddd}.r{text-align:right}svg{display:block;margin:1em 0}"
      "</style></head><body>\n<h1>",
      title, "</h1>\n<p><strong>", HtmlEscape(EvaluationHeadline(report)), "</strong></p>\n");
  absl::StrAppend(&html, OverSimulations(report, "Strength and simulations", "Elo", RatingPoint).ToSvg());
  if (report.positions > 0) {
    absl::StrAppend(&html, OverSimulations(report, "Value kept and simulations", "% of solved positions", SharePoint).ToSvg());
  }
  absl::StrAppend(&html, PlayerTable(report, true).ToHtml());
  if (HasSnapshots(report)) {
    absl::StrAppend(&html, "<h2>Along the run</h2>\n", OverTraining(report, "Strength over training", "Elo", RatingPoint).ToSvg());
    if (report.positions > 0) {
      absl::StrAppend(&html, OverTraining(report, "Value kept over training", "% of solved positions", SharePoint).ToSvg());
    }
    absl::StrAppend(&html, PlayerTable(report, false).ToHtml());
  }
  absl::StrAppend(&html, "<h2>Games</h2>\n", GameTable(report).ToHtml(), "<h2>Conditions</h2>\n<ul>\n");
  for (const std::string& line : Conditions(report)) absl::StrAppend(&html, "<li>", HtmlEscape(line), "</li>\n");
  return html + "</ul>\n</body></html>\n";
}

absl::StatusOr<std::filesystem::path> WriteEvaluation(const EvaluationReport& report) {
  const std::filesystem::path folder = RunDirectory(report.run).evaluation();
  TANDEM_RETURN_IF_ERROR(MakeDirectories(folder));
  const std::string stem = absl::StrCat("step-", report.step);
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(folder / (stem + ".json"), JsonPage(EvaluationJson(report))));
  std::filesystem::path page = folder / (stem + ".html");
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(page, EvaluationHtml(report)));
  return page;
}

}  // namespace tandem
