// GTP commands about Go's handicaps, rules, scores and dead stones, and about clocks.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/game/game_part.h"
#include "engine/game/registry.h"
#include "engine/game/stone_status.h"
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

// An estimate (engine/game/stone_status.h): the score goes by the rules, where every stone on the board is alive.
Gtp::Answer Gtp::FinalStatusList(Words words) {
  if (words[0] == "seki") return "";
  if (words[0] != "alive" && words[0] != "dead") return BadInput("syntax error: '", Absl(words[0]), "': expected alive, dead or seki");
  const StoneStatus wanted = words[0] == "dead" ? StoneStatus::kDead : StoneStatus::kAlive;
  const std::vector<StoneStatus> status = FindGamePart<StoneJudge>(game_.game())->judge(game_.state());
  std::vector<std::string> vertices;
  for (int cell = 0; cell < game_.game().facts().cells(); ++cell) {
    if (status[static_cast<std::size_t>(cell)] == wanted) vertices.push_back(CellVertex(game_.game(), cell));
  }
  return absl::StrJoin(vertices, " ");
}

// Where `player` can take liberties of the other side's dead stones.
std::vector<std::string> Gtp::MovesBesideTheDead(int player) const {
  const Game& game = game_.game();
  const absl::StatusOr<std::unique_ptr<State>> state = game_.StateFor(player, /*resumed=*/true);
  if (!state.ok()) return {};
  const std::vector<StoneStatus> status = FindGamePart<StoneJudge>(game)->judge(**state);
  const int size = game.facts().cols;
  // The first two planes are the stones of the mover and of the opponent.
  std::vector<float> planes(static_cast<std::size_t>(game.facts().cells()) * game.facts().num_planes);
  (*state)->WritePlanes(planes);
  const auto is_dead = [&](int row, int col) {
    if (row < 0 || row >= size || col < 0 || col >= size) return false;
    const auto cell = static_cast<std::size_t>(row * size + col);
    return status[cell] == StoneStatus::kDead && planes[cell * game.facts().num_planes + 1] != 0;
  };
  ActionList legal;
  (*state)->LegalActions(legal);
  std::vector<std::string> moves;
  for (const Action action : legal) {
    const int row = action / size, col = action % size;
    if (action >= game.facts().cells()) continue;  // pass
    if (is_dead(row - 1, col) || is_dead(row + 1, col) || is_dead(row, col - 1) || is_dead(row, col + 1)) {
      moves.push_back((*state)->ActionText(action));
    }
  }
  return moves;
}

// As genmove, but while dead stones of the other side stand it plays beside them and does not pass, so that in the end the board shows the
// score (KGS's rule for its clean-up phase).
Gtp::Answer Gtp::GenMoveCleanup(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const int player, ReadColor(words[0]));
  const std::vector<std::string> beside = MovesBesideTheDead(player);
  if (beside.empty()) return GenMove(words);
  TANDEM_ASSIGN_OR_RETURN(const Action action, Choose(player, beside));
  return PlayChosen(player, action);
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
