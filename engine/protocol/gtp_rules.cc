// GTP commands about Go's handicaps, rules and scores, and about clocks.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/protocol/gtp.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

absl::StatusOr<int> ReadWhole(std::string_view word, std::string_view what) {
  int number = 0;
  if (!absl::SimpleAtoi(Absl(word), &number) || number < 0) {
    return BadInput("syntax error: ", Absl(what), " '", Absl(word), "' is not a whole number from 0");
  }
  return number;
}

absl::StatusOr<absl::Duration> ReadSeconds(std::string_view word, std::string_view what) {
  double seconds = 0;
  if (!absl::SimpleAtod(Absl(word), &seconds) || !(seconds >= -1e9 && seconds <= 1e9)) {
    return BadInput("syntax error: ", Absl(what), " '", Absl(word), "' is not a number of seconds");
  }
  return absl::Seconds(seconds);
}

std::string ScoreOf(char winner, double points) { return points == 0 ? "0" : absl::StrCat(std::string(1, winner), "+", points); }

}  // namespace

Gtp::Answer Gtp::FixedHandicap(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const int num_stones, ReadWhole(words[0], "number of stones"));
  const std::vector<std::string> vertices = tandem::FixedHandicap(game_.game().facts().rows, num_stones);
  if (vertices.empty()) return BadInput("invalid number of stones: ", num_stones);
  TANDEM_RETURN_IF_ERROR(game_.PlaceHandicap(vertices));
  return absl::StrJoin(vertices, " ");
}

// Fewer stones than asked for are allowed; the fixed points are good ones.
Gtp::Answer Gtp::PlaceFreeHandicap(Words words) {
  TANDEM_ASSIGN_OR_RETURN(int num_stones, ReadWhole(words[0], "number of stones"));
  const GameFacts& facts = game_.game().facts();
  if (num_stones < 2 || num_stones >= facts.cells()) return BadInput("invalid number of stones: ", num_stones);
  std::vector<std::string> vertices;
  for (num_stones = std::min(num_stones, 9); vertices.empty() && num_stones >= 2; --num_stones) {
    vertices = tandem::FixedHandicap(facts.rows, num_stones);
  }
  if (vertices.empty()) return BadInput("invalid number of stones: the board is too small for a handicap");
  TANDEM_RETURN_IF_ERROR(game_.PlaceHandicap(vertices));
  return absl::StrJoin(vertices, " ");
}

Gtp::Answer Gtp::SetFreeHandicap(Words words) {
  std::vector<std::string> vertices(words.begin(), words.end());
  TANDEM_RETURN_IF_ERROR(game_.PlaceHandicap(vertices));
  return "";
}

// Owners of the board as it stands: every stone counts as alive, as in Tromp and Taylor's rules.
absl::StatusOr<FinalScore> Gtp::ScoreNow() const {
  const std::unique_ptr<State> state = game_.state().Clone();
  if (game_.game().facts().name == "go") {
    while (!state->IsTerminal()) state->Apply(*state->ParseAction("pass"));
  }
  if (!state->IsTerminal()) return absl::FailedPreconditionError("cannot score: the game is not over");
  return state->GetFinalScore();
}

double Gtp::KomiNow() const { return game_.game().facts().name == "go" ? komi_ : 0; }

Gtp::Answer Gtp::FinalScoreText(Words) {
  const Game& game = game_.game();
  if (!game.facts().has_ownership) {
    const State& state = game_.state();
    if (!state.IsTerminal()) return absl::FailedPreconditionError("cannot score: the game is not over");
    if (state.GetOutcome() == Outcome::kDraw) return "0";
    return absl::StrCat(std::string(1, ColorLetter(game, state.GetOutcome() == Outcome::kFirstWins ? 0 : 1)), "+");
  }
  TANDEM_ASSIGN_OR_RETURN(const FinalScore score, ScoreNow());
  const double lead = score.margin - KomiNow();
  return ScoreOf(ColorLetter(game, lead > 0 ? 0 : 1), std::abs(lead));
}

Gtp::Answer Gtp::FinalStatusList(Words words) {
  if (words[0] == "dead" || words[0] == "seki") return "";
  if (words[0] != "alive") return BadInput("syntax error: '", Absl(words[0]), "': expected alive, dead or seki");
  // The first two planes are the stones of either side.
  const GameFacts& facts = game_.game().facts();
  std::vector<float> planes(static_cast<std::size_t>(facts.cells()) * facts.num_planes);
  game_.state().WritePlanes(planes);
  std::vector<std::string> vertices;
  for (int cell = 0; cell < facts.cells(); ++cell) {
    const float* const at = &planes[static_cast<std::size_t>(cell) * facts.num_planes];
    if (at[0] == 0 && at[1] == 0) continue;
    const int col = cell % facts.cols;
    vertices.push_back(absl::StrCat(std::string(1, static_cast<char>('A' + col + (col >= 8))), cell / facts.cols + 1));
  }
  return absl::StrJoin(vertices, " ");
}

Gtp::Answer Gtp::GetRules(Words) {
  const bool suicide = SpecOption(game_.game().facts().spec, "suicide").value_or("true") == "true";
  return absl::StrCat("{\"hasButton\":false,\"ko\":\"POSITIONAL\",\"scoring\":\"AREA\",\"suicide\":", suicide ? "true" : "false",
                      ",\"tax\":\"NONE\",\"whiteHandicapBonus\":\"0\"}");
}

Gtp::Answer Gtp::SetRules(Words words) {
  const std::string rules = absl::AsciiStrToLower(Absl(words[0]));
  const bool suicide = rules == "tromp-taylor" || rules == "new_zealand" || rules == "new-zealand";
  if (!suicide && rules != "chinese") {
    return BadInput("unknown rules '", rules, "': expected tromp-taylor, new-zealand (the same with suicide) or chinese");
  }
  const std::string spec = SpecWith(game_.game().facts().spec, "suicide", suicide ? "true" : "false");
  TANDEM_ASSIGN_OR_RETURN(const Game* const game, FindGame(spec));
  if (game == &game_.game()) return "";
  TANDEM_RETURN_IF_ERROR(game_.ChangeGame(*game));
  session_.SetOption("UCI_Variant", game->facts().spec);
  return "";
}

Gtp::Answer Gtp::TimeSettings(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const absl::Duration main_time, ReadSeconds(words[0], "main time"));
  TANDEM_ASSIGN_OR_RETURN(const absl::Duration period, ReadSeconds(words[1], "byo-yomi time"));
  TANDEM_ASSIGN_OR_RETURN(const int stones, ReadWhole(words[2], "byo-yomi stones"));
  time_.Set(main_time, period, stones);
  return "";
}

Gtp::Answer Gtp::TimeLeft(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const int player, ReadColor(words[0]));
  TANDEM_ASSIGN_OR_RETURN(const absl::Duration left, ReadSeconds(words[1], "time"));
  TANDEM_ASSIGN_OR_RETURN(const int stones, ReadWhole(words[2], "stones"));
  time_.Tell(player, left, stones);
  return "";
}

Gtp::Answer Gtp::KgsTimeSettings(Words words) {
  const std::string_view kind = words[0];
  const std::size_t num_numbers = kind == "none" ? 0 : kind == "absolute" ? 1 : 3;
  if ((num_numbers == 3 && kind != "byoyomi" && kind != "canadian") || words.size() < 1 + num_numbers) {
    return BadInput(
        "syntax error: expected kgs-time_settings none | absolute MAIN | byoyomi MAIN TIME PERIODS | canadian MAIN TIME STONES");
  }
  if (num_numbers == 0) {
    time_.SetUnlimited();
    return "";
  }
  TANDEM_ASSIGN_OR_RETURN(const absl::Duration main_time, ReadSeconds(words[1], "main time"));
  if (num_numbers == 1) {
    time_.Set(main_time, absl::ZeroDuration(), 0);
    return "";
  }
  TANDEM_ASSIGN_OR_RETURN(const absl::Duration period, ReadSeconds(words[2], "byo-yomi time"));
  TANDEM_ASSIGN_OR_RETURN(const int count, ReadWhole(words[3], kind == "byoyomi" ? "periods" : "stones"));
  // Of Japanese periods the last one is all that is counted on.
  time_.Set(main_time, period, kind == "byoyomi" ? std::min(count, 1) : count);
  return "";
}

}  // namespace tandem
