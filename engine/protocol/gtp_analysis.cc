// GTP commands that search: genmove, and analyses that are shown while they run.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/protocol/gtp.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

constexpr int kUsualCentiseconds = 100;
constexpr double kLcbStandardDeviations = 2;

// A share of 1, in percent times 100 or as it is.
std::string ShareText(double share, bool decimals) {
  const double bounded = std::clamp(share, 0.0, 1.0);
  return decimals ? absl::StrFormat("%.6f", bounded) : absl::StrCat(std::lround(bounded * 10000));
}

double WinRate(const Evaluation& wdl) { return wdl.win + wdl.draw / 2; }

std::string LineVertices(const Game& game, const State& root, const MoveStats& move) {
  std::string text = absl::StrCat(" ", VertexText(game, root, move.action));
  const std::unique_ptr<State> state = root.Clone();
  state->Apply(move.action);
  ActionList legal;
  for (std::size_t i = 1; i < move.pv.size(); ++i) {
    state->LegalActions(legal);
    if (legal.Find(move.pv[i]) < 0) break;
    absl::StrAppend(&text, " ", VertexText(game, *state, move.pv[i]));
    state->Apply(move.pv[i]);
  }
  return text;
}

}  // namespace

std::string AnalysisLine(const SearchReport& report, const AnalysisStyle& style) {
  const SearchResult& result = *report.result;
  const Game& game = *report.settings->game;
  std::string line;
  int order = 0;
  for (const int index : result.ranking) {
    const MoveStats& move = result.moves[index];
    if (order == style.max_moves || (move.visits == 0 && order > 0)) break;
    const double rate = WinRate(move.wdl);
    const double visits = static_cast<double>(std::max<std::int64_t>(move.visits, 1));
    const double lcb = rate - kLcbStandardDeviations * std::sqrt(std::max(rate * (1 - rate), 0.0) / visits);
    absl::StrAppend(&line, order > 0 ? " " : "", "info move ", VertexText(game, *report.root, move.action), " visits ", move.visits);
    if (style.decimals) absl::StrAppend(&line, absl::StrFormat(" utility %.6f", move.q));
    absl::StrAppend(&line, " winrate ", ShareText(rate, style.decimals), " prior ", ShareText(move.prior, style.decimals), " lcb ",
                    ShareText(lcb, style.decimals), " order ", order, " pv", LineVertices(game, *report.root, move));
    ++order;
  }
  if (style.root_info) {
    absl::StrAppend(&line, " rootInfo visits ", result.tree_visits, " utility ", absl::StrFormat("%.6f", result.root_value), " winrate ",
                    ShareText(WinRate(result.root_wdl), style.decimals), " currentPlayer ",
                    std::string(1, ColorLetter(game, report.root->ToMove())));
  }
  return line;
}

Gtp::Answer Gtp::GenMove(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const int player, ReadColor(words[0]));
  TANDEM_ASSIGN_OR_RETURN(const Action action, Choose(player));
  // Who asks again when the game has ended by passes gets another one.
  if (action == kNoAction) {
    if (game_.game().facts().num_global_actions == 0) return absl::FailedPreconditionError("the game is over");
    return "pass";
  }
  return PlayChosen(player, action);
}

absl::StatusOr<std::string> Gtp::PlayChosen(int player, Action action) {
  std::string text = SearchedText(action);
  TANDEM_RETURN_IF_ERROR(game_.Play(player, text));
  time_.Spend(player, search_time_);
  return text;
}

Gtp::Answer Gtp::RegGenMove(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const int player, ReadColor(words[0]));
  TANDEM_ASSIGN_OR_RETURN(const Action action, Choose(player));
  if (action == kNoAction) return absl::FailedPreconditionError("the game is over");
  return SearchedText(action);
}

Gtp::Answer Gtp::Analyze(Words words) { return StartAnalysis(words, /*decimals=*/false, /*plays=*/false); }
Gtp::Answer Gtp::KataAnalyze(Words words) { return StartAnalysis(words, /*decimals=*/true, /*plays=*/false); }
Gtp::Answer Gtp::GenMoveAnalyze(Words words) { return StartAnalysis(words, /*decimals=*/false, /*plays=*/true); }
Gtp::Answer Gtp::KataGenMoveAnalyze(Words words) { return StartAnalysis(words, /*decimals=*/true, /*plays=*/true); }

// [COLOR] [INTERVAL] and pairs of a key and a value. Keys of other programs are taken and have no effect where there is nothing to show.
Gtp::Answer Gtp::StartAnalysis(Words words, bool decimals, bool plays) {
  Analysis analysis;
  analysis.plays = plays;
  analysis.player = game_.state().ToMove();
  analysis.style.decimals = decimals;
  int centiseconds = kUsualCentiseconds;
  const auto read_number = [](std::string_view word, int* number) {
    return absl::SimpleAtoi(Absl(word), number) && *number >= 0 ? absl::OkStatus()
                                                                : BadInput("syntax error: '", Absl(word), "' is not a whole number from 0");
  };
  std::size_t i = 0;
  if (i < words.size()) {
    if (const std::optional<int> player = ParseColor(game_.game(), words[i])) {
      analysis.player = *player;
      ++i;
    } else if (plays) {
      return ReadColor(words[i]).status();
    }
  }
  int number = 0;
  if (i < words.size() && absl::SimpleAtoi(Absl(words[i]), &number)) {
    TANDEM_RETURN_IF_ERROR(read_number(words[i++], &centiseconds));
  }
  for (; i < words.size(); i += 2) {
    const std::string_view key = words[i];
    if (i + 1 == words.size()) return BadInput("syntax error: '", Absl(key), "' without a value");
    const std::string_view value = words[i + 1];
    if (key == "interval") {
      TANDEM_RETURN_IF_ERROR(read_number(value, &centiseconds));
    } else if (key == "maxmoves") {
      TANDEM_RETURN_IF_ERROR(read_number(value, &analysis.style.max_moves));
    } else if (key == "rootInfo") {
      analysis.style.root_info = value == "true";
    } else if (key == "avoid" || key == "allow") {
      i += 2;  // COLOR VERTICES UNTILDEPTH
    } else if (key != "minmoves" && key != "ownership" && key != "movesOwnership" && key != "pvVisits" && key != "ownershipStdev") {
      return BadInput("syntax error: unknown key '", Absl(key), "'");
    }
  }
  TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<State> state, game_.StateFor(analysis.player));
  if (plays && state->IsTerminal()) return absl::FailedPreconditionError("the game is over");
  analysis.open = true;
  analysis.interval = absl::Milliseconds(10 * centiseconds);
  analysis.next = clock_.Now();
  session_.SetPosition(std::move(state));
  decision_.reset();
  analysis_ = analysis;
  Say(absl::StrCat("=", id_));
  SearchRequest request;
  if (plays) {
    request = RequestFor(analysis.player);
  } else {
    request.infinite = true;
  }
  session_.Search(std::move(request));
  return "";
}

}  // namespace tandem
