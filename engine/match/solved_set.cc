#include "engine/match/solved_set.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/match/openings.h"

namespace tandem {
namespace {

using boost::json::object;
using boost::json::value;

constexpr std::size_t kSolverTableBytes = std::size_t{64} << 20;

int Sign(double score) { return score > 0 ? 1 : score < 0 ? -1 : 0; }

// A position of the file, or nothing when the line is passed over.
using Line = std::optional<SolvedPosition>;

SolvedPosition MakePosition(std::unique_ptr<State> state, int ply) {
  SolvedPosition position;
  ActionList legal;
  state->LegalActions(legal);
  position.ply = ply;
  position.move_values.resize(static_cast<std::size_t>(legal.size()));
  position.state = std::move(state);
  return position;
}

// The position after a line of moves from the start; nothing when the line ends the game.
absl::StatusOr<Line> AfterMoves(const Game& game, std::string_view moves) {
  std::unique_ptr<State> state = game.NewState();
  TANDEM_RETURN_IF_ERROR(PlayMoveText(moves, *state).status());
  if (state->IsTerminal()) return Line();
  const int ply = state->Ply();
  return MakePosition(std::move(state), ply);
}

absl::Status SetMove(SolvedPosition& position, std::string_view move, int result) {
  TANDEM_ASSIGN_OR_RETURN(const Action action, position.state->ParseAction(move));
  ActionList legal;
  position.state->LegalActions(legal);
  position.move_values[static_cast<std::size_t>(legal.Find(action))] = result;
  return absl::OkStatus();
}

absl::StatusOr<Line> Finish(SolvedPosition position) {
  const bool any = std::any_of(position.move_values.begin(), position.move_values.end(), [](const auto& v) { return v.has_value(); });
  if (!any) return BadInput("no legal move has a score");
  if (!position.value) position.value = position.BestValue();
  return position;
}

// {"moves": line from the start, "scores": [by column, null = not legal]}
absl::StatusOr<Line> ReadColumns(const Game& game, const object& json) {
  TANDEM_ASSIGN_OR_RETURN(const std::string moves, JsonString(json, "moves"));
  TANDEM_ASSIGN_OR_RETURN(Line position, AfterMoves(game, moves));
  if (!position) return position;
  const auto& scores = json.at("scores").as_array();
  for (std::size_t column = 0; column < scores.size(); ++column) {
    if (scores[column].is_null()) continue;
    if (!scores[column].is_number()) return BadInput("scores: expected numbers or null");
    TANDEM_RETURN_IF_ERROR(SetMove(*position, absl::StrCat(column + 1), Sign(scores[column].to_number<double>())));
  }
  return Finish(*std::move(position));
}

// The board as the grid text of the games: rows from the top split by '/', stones x and o, numbers for runs of empty cells.
absl::StatusOr<std::string> BoardText(const Game& game, std::string_view board, bool first_row_on_top, char turn) {
  const int rows = game.facts().rows;
  const int cols = game.facts().cols;
  if (static_cast<int>(board.size()) != rows * cols) return BadInput("board of ", board.size(), " cells: expected ", rows * cols);
  std::string text;
  for (int i = 0; i < rows; ++i) {
    const int row = first_row_on_top ? i : rows - 1 - i;
    if (i > 0) text += '/';
    int empty = 0;
    for (int col = 0; col < cols; ++col) {
      const char c = static_cast<char>(std::tolower(static_cast<unsigned char>(board[static_cast<std::size_t>(row * cols + col)])));
      if (c != 'x' && c != 'o') {
        ++empty;
        continue;
      }
      if (empty > 0) absl::StrAppend(&text, empty);
      empty = 0;
      text += c;
    }
    if (empty > 0) absl::StrAppend(&text, empty);
  }
  return absl::StrCat(text, " ", std::string(1, static_cast<char>(std::tolower(static_cast<unsigned char>(turn)))));
}

// {"board", "turn", and moves or scores by move text}
absl::StatusOr<Line> ReadBoard(const Game& game, const object& json) {
  if (const value* terminal = json.if_contains("terminal"); terminal != nullptr && terminal->is_bool() && terminal->get_bool())
    return Line();
  TANDEM_ASSIGN_OR_RETURN(const std::string board, JsonString(json, "board"));
  TANDEM_ASSIGN_OR_RETURN(const std::string turn, JsonString(json, "turn"));
  if (turn.size() != 1) return BadInput("turn '", turn, "': expected one letter, x or o");
  // Othello counts its rows from the top, the others from the bottom.
  const bool first_row_on_top = game.facts().name == "othello";
  TANDEM_ASSIGN_OR_RETURN(const std::string text, BoardText(game, board, first_row_on_top, turn[0]));
  TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<State> state, game.StateFromText(text));
  if (state->IsTerminal()) return Line();
  const auto stones = std::count_if(board.begin(), board.end(), [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
  // Othello begins with four discs on the board.
  SolvedPosition position = MakePosition(std::move(state), static_cast<int>(stones) - (first_row_on_top ? 4 : 0));
  const value* scores = json.if_contains("scores");
  if (scores == nullptr) scores = json.if_contains("moves");
  if (scores == nullptr || !scores->is_object()) return BadInput("expected scores or moves, an object of move: score");
  for (const auto& [move, score] : scores->get_object()) {
    const value& number = score.is_array() && !score.get_array().empty() ? score.get_array()[0] : score;
    if (!number.is_number()) return BadInput("move '", std::string(move), "': expected a number");
    const std::string text_of_move(move);
    TANDEM_RETURN_IF_ERROR(SetMove(position, text_of_move == "--" ? "pass" : text_of_move, Sign(number.to_number<double>())));
  }
  return Finish(std::move(position));
}

// {"size", "moves", "winning", "losing"}
absl::StatusOr<Line> ReadWinningMoves(const Game& game, const object& json) {
  if (json.contains("size")) {
    TANDEM_ASSIGN_OR_RETURN(const std::int64_t size, JsonInteger(json, "size"));
    if (size != game.facts().rows) return Line();
  }
  TANDEM_ASSIGN_OR_RETURN(const std::string moves, JsonString(json, "moves"));
  TANDEM_ASSIGN_OR_RETURN(Line position, AfterMoves(game, moves));
  if (!position) return position;
  for (const auto& [key, result] : {std::pair{"winning", 1}, {"losing", -1}}) {
    TANDEM_ASSIGN_OR_RETURN(const std::string list, JsonString(json, key));
    for (const absl::string_view move : absl::StrSplit(list, ' ', absl::SkipWhitespace())) {
      TANDEM_RETURN_IF_ERROR(SetMove(*position, std::string_view(move.data(), move.size()), result));
    }
  }
  return Finish(*std::move(position));
}

// Sets the moves of an array of move texts.
absl::Status SetMoves(SolvedPosition& position, const value& moves, int result) {
  if (!moves.is_array()) return BadInput("expected an array of moves");
  for (const value& move : moves.get_array()) {
    if (!move.is_string()) return BadInput("expected an array of moves, texts");
    TANDEM_RETURN_IF_ERROR(SetMove(position, std::string(move.get_string()), result));
  }
  return absl::OkStatus();
}

void SetRest(SolvedPosition& position, int result) {
  for (std::optional<int>& known : position.move_values) known = known.value_or(result);
}

// {"fen", and bm (best moves), am (moves to avoid) or keys (mating moves)}: a position solved is a best move found, so best moves count as
// kept and all others as not. Where the list of keys is not complete the others are unknown.
absl::StatusOr<Line> ReadBestMoves(const Game& game, const object& json) {
  TANDEM_ASSIGN_OR_RETURN(const std::string fen, JsonString(json, "fen"));
  TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<State> state, game.StateFromText(fen));
  if (state->IsTerminal()) return Line();
  SolvedPosition position = MakePosition(std::move(state), 0);
  const value* best = json.if_contains("bm");
  if (best == nullptr) best = json.if_contains("keys");
  const value* avoid = json.if_contains("am");
  if (best == nullptr && avoid == nullptr) return BadInput("expected moves in bm, am or keys");
  if (best != nullptr) TANDEM_RETURN_IF_ERROR(SetMoves(position, *best, 1));
  if (avoid != nullptr) TANDEM_RETURN_IF_ERROR(SetMoves(position, *avoid, 0));
  const value* complete = json.if_contains("keys_complete");
  if (complete == nullptr || !complete->is_bool() || complete->get_bool()) SetRest(position, best != nullptr ? 0 : 1);
  return Finish(std::move(position));
}

// A whole document {"winning_first_moves": {"3": ["c1", ...]}}: the start position of the game's size, every other first move loses.
absl::StatusOr<Line> ReadOpeningWins(const Game& game, const object& json) {
  const value* sizes = json.if_contains("winning_first_moves");
  if (sizes == nullptr || !sizes->is_object()) return BadInput("expected winning_first_moves, an object of size: moves");
  const value* moves = sizes->get_object().if_contains(absl::StrCat(game.facts().rows));
  if (moves == nullptr) return Line();
  SolvedPosition position = MakePosition(game.NewState(), 0);
  TANDEM_RETURN_IF_ERROR(SetMoves(position, *moves, 1));
  SetRest(position, -1);
  return Finish(std::move(position));
}

// "moves score"
absl::StatusOr<Line> ReadValue(const Game& game, const std::string& line) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipWhitespace());
  double score = 0;
  if (words.size() != 2 || !absl::SimpleAtod(words[1], &score)) return BadInput("expected a JSON object or 'MOVES SCORE'");
  TANDEM_ASSIGN_OR_RETURN(Line position, AfterMoves(game, words[0]));
  if (!position) return position;
  position->move_values.clear();  // known by CompleteBySolver only
  position->value = Sign(score);
  return position;
}

absl::StatusOr<Line> ReadLine(const Game& game, const std::string& line) {
  if (line.front() != '{') return ReadValue(game, line);
  TANDEM_ASSIGN_OR_RETURN(const value json, ParseJson(line, "line"));
  if (!json.is_object()) return BadInput("expected a JSON object");
  const object& fields = json.get_object();
  if (fields.contains("board")) return ReadBoard(game, fields);
  if (fields.contains("fen")) return ReadBestMoves(game, fields);
  if (fields.contains("winning")) return ReadWinningMoves(game, fields);
  if (const value* scores = fields.if_contains("scores"); scores != nullptr && scores->is_array()) return ReadColumns(game, fields);
  return BadInput("expected one of the members board, fen, winning, scores");
}

void FillFromSolution(const Solution& solution, SolvedPosition* position) {
  position->value = solution.value;
  position->move_values.assign(solution.move_values.begin(), solution.move_values.end());
}

}  // namespace

int SolvedPosition::BestValue() const {
  int best = -1;
  for (const std::optional<int>& v : move_values) best = std::max(best, v.value_or(-1));
  return best;
}

bool SolvedPosition::Mixed() const {
  const int best = BestValue();
  return std::any_of(move_values.begin(), move_values.end(), [best](const auto& v) { return v && *v != best; });
}

double SolvedPosition::RandomShare() const {
  const int best = BestValue();
  double known = 0;
  double keeping = 0;
  for (const std::optional<int>& v : move_values) {
    if (!v) continue;
    ++known;
    if (*v == best) ++keeping;
  }
  return known > 0 ? keeping / known : 0;
}

absl::Status ReadSolvedFile(const Game& game, const std::filesystem::path& path, SolvedSet* set) {
  TANDEM_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  std::int64_t usable = 0;
  std::string first_problem;
  const auto add = [&](absl::StatusOr<Line> read, int number) {
    if (!read.ok()) {
      set->problems.push_back(absl::StrCat(path.string(), ":", number, ": ", read.status().message()));
      if (first_problem.empty()) first_problem = set->problems.back();
      return;
    }
    ++usable;
    if (read->has_value()) {
      set->positions.push_back(**std::move(read));
    } else {
      ++set->passed_over;
    }
  };
  const std::vector<std::string> lines = absl::StrSplit(content, '\n');
  if (absl::StripAsciiWhitespace(lines.front()) == "{") {  // one document over several lines
    TANDEM_ASSIGN_OR_RETURN(const value json, ParseJson(content, path.string()));
    add(json.is_object() ? ReadOpeningWins(game, json.get_object()) : BadInput("expected an object"), 1);
  } else {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string line(absl::StripAsciiWhitespace(lines[i]));
      if (!line.empty()) add(ReadLine(game, line), static_cast<int>(i) + 1);
    }
  }
  if (usable > 0) return absl::OkStatus();
  return BadInput(path.string(), ": no solved position of ", game.facts().spec, " in the file",
                  first_problem.empty() ? "" : absl::StrCat("; ", first_problem));
}

std::int64_t CompleteBySolver(const Game& game, std::uint64_t max_nodes, int threads, SolvedSet* set) {
  std::atomic<std::size_t> next{0};
  std::vector<std::string> contradictions(set->positions.size());
  const auto work = [&] {
    std::unique_ptr<Solver> solver;
    for (std::size_t i = next++; i < set->positions.size(); i = next++) {
      SolvedPosition& position = set->positions[i];
      if (!position.move_values.empty()) continue;
      if (solver == nullptr) solver = game.NewSolver(kSolverTableBytes);
      const absl::StatusOr<Solution> solution = solver->Solve(*position.state, true, max_nodes);
      if (!solution.ok()) continue;
      if (position.value && *position.value != solution->value) {
        contradictions[i] = absl::StrCat("position ", position.state->ToText(), ": the file says ", *position.value,
                                         " for the mover, the exact solver ", solution->value);
      }
      FillFromSolution(*solution, &position);
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  for (const std::string& line : contradictions) {
    if (!line.empty()) set->problems.push_back(line);
  }
  return static_cast<std::int64_t>(std::erase_if(set->positions, [](const SolvedPosition& p) { return p.move_values.empty(); }));
}

SolvedSet GenerateSolvedSet(const Game& game, const GenerateOptions& options) {
  SolvedSet set;
  Rng rng = Rng::Stream(options.seed, "solved set");
  const std::unique_ptr<Solver> solver = game.NewSolver(kSolverTableBytes);
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (int i = 0; i < options.max_tries && static_cast<int>(set.positions.size()) < options.count; ++i) {
    const int ply = options.min_ply + static_cast<int>(rng.Below(static_cast<std::uint32_t>(options.max_ply - options.min_ply + 1)));
    std::unique_ptr<State> state = game.NewState();
    ActionList legal;
    while (state->Ply() < ply && !state->IsTerminal()) {
      state->LegalActions(legal);
      state->Apply(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
    }
    if (state->IsTerminal()) continue;
    if (!seen.emplace(state->Key().low, state->Key().high).second) continue;
    const absl::StatusOr<Solution> solution = solver->Solve(*state, true, options.max_nodes);
    if (!solution.ok()) continue;
    SolvedPosition position;
    position.state = std::move(state);
    position.ply = ply;
    FillFromSolution(*solution, &position);
    if (position.Mixed()) set.positions.push_back(std::move(position));
  }
  return set;
}

}  // namespace tandem
