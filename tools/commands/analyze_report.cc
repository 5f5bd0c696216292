#include "tools/commands/analyze_report.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace tandem {
namespace {

double Share(double value) { return (value + 1) / 2; }

std::string ProvenText(Proven proven) {
  switch (proven) {
    case Proven::kNo:
      return "";
    case Proven::kLoss:
      return "loss";
    case Proven::kDraw:
      return "draw";
    case Proven::kWin:
      return "win";
  }
  return "";
}

// What the search thinks of a move: what is proven counts for certain.
double ScoreOf(const MoveStats& move) {
  if (move.proven == Proven::kWin) return 1;
  if (move.proven == Proven::kDraw) return 0.5;
  if (move.proven == Proven::kLoss) return 0;
  return Share(move.q);
}

std::string LineText(const State& state, const std::vector<Action>& line) {
  const std::unique_ptr<State> at = state.Clone();
  std::string text;
  for (const Action action : line) {
    if (at->IsTerminal()) break;
    absl::StrAppend(&text, text.empty() ? "" : " ", at->ActionText(action));
    at->Apply(action);
  }
  return text;
}

}  // namespace

Analysis Analyze(const State& state, const Decision& decision, int multipv) {
  Analysis analysis;
  analysis.position = state.ToText();
  analysis.to_move = state.ToMove();
  if (!decision.search || decision.search->moves.empty()) {
    AnalyzedMove& move = analysis.best.emplace_back();
    move.move = move.line = state.ActionText(decision.action);
    if (decision.value) move.score = Share(*decision.value);
    return analysis;
  }
  analysis.searched = true;
  const SearchResult& search = *decision.search;
  for (const int index : search.ranking) {
    if (static_cast<int>(analysis.best.size()) >= multipv) break;
    const MoveStats& stats = search.moves[static_cast<std::size_t>(index)];
    if (stats.visits == 0 && stats.proven == Proven::kNo && !analysis.best.empty()) continue;
    AnalyzedMove& move = analysis.best.emplace_back();
    move.move = state.ActionText(stats.action);
    move.visits = stats.visits;
    move.prior = stats.prior;
    move.score = ScoreOf(stats);
    move.proven = ProvenText(stats.proven);
    move.line = LineText(state, stats.pv.empty() ? std::vector<Action>{stats.action} : stats.pv);
  }
  const auto [least, network] = std::minmax_element(search.moves.begin(), search.moves.end(),
                                                    [](const MoveStats& a, const MoveStats& b) { return a.prior < b.prior; });
  // Equal priors are no network's: rollouts or plain UCT.
  if (search.moves.size() > 1 && least->prior == network->prior) return analysis;
  analysis.network_move = state.ActionText(network->action);
  analysis.network_prior = network->prior;
  analysis.differs = network->action != decision.action;
  analysis.network_visited = network->visits > 0 || network->proven != Proven::kNo;
  if (analysis.differs && analysis.network_visited && !analysis.best.empty()) {
    analysis.network_loss = std::max(0.0, analysis.best[0].score - ScoreOf(*network));
  }
  return analysis;
}

std::string AnalysisText(const Analysis& analysis, std::string_view where) {
  std::string text = absl::StrFormat("%s: %s\n", where, analysis.position);
  for (std::size_t i = 0; i < analysis.best.size(); ++i) {
    const AnalyzedMove& move = analysis.best[i];
    absl::StrAppendFormat(&text, "  %d. %-7s", i + 1, move.move);
    if (analysis.searched) {
      absl::StrAppendFormat(&text, " %5.1f %%  %8d visits  prior %5.1f %%  %s%s", 100 * move.score, move.visits, 100 * move.prior,
                            move.proven.empty() ? "" : "(proven " + move.proven + ") ", move.line);
    }
    text += '\n';
  }
  if (!analysis.network_move.empty()) {
    absl::StrAppendFormat(&text, "  network alone: %s (prior %.1f %%)", analysis.network_move, 100 * analysis.network_prior);
    if (analysis.differs && analysis.network_visited) {
      absl::StrAppendFormat(&text, "  DIFFERS: loses %.1f %% of a win", 100 * analysis.network_loss);
    } else if (analysis.differs) {
      text += "  DIFFERS: the search never tried it";
    }
    text += '\n';
  }
  if (!analysis.played.empty()) absl::StrAppend(&text, "  played: ", analysis.played, "\n");
  return text;
}

boost::json::object AnalysisJson(const Analysis& analysis, std::string_view where) {
  boost::json::object json{{"where", where}, {"position", analysis.position}, {"to_move", analysis.to_move}};
  boost::json::array best;
  for (const AnalyzedMove& move : analysis.best) {
    boost::json::object row{{"move", move.move}};
    if (analysis.searched) {
      row["score"] = move.score;
      row["visits"] = move.visits;
      row["prior"] = move.prior;
      row["line"] = move.line;
      if (!move.proven.empty()) row["proven"] = move.proven;
    }
    best.push_back(std::move(row));
  }
  json["best"] = std::move(best);
  if (!analysis.network_move.empty()) {
    json["network_move"] = analysis.network_move;
    json["network_prior"] = analysis.network_prior;
    json["differs"] = analysis.differs;
    if (analysis.network_visited) json["network_loss"] = analysis.network_loss;
  }
  if (!analysis.played.empty()) json["played"] = analysis.played;
  return json;
}

}  // namespace tandem
