#include "engine/match/openings.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr std::size_t kLongestMoveText = 8;
constexpr int kMaxEnumerated = 20000;  // positions of a ply that are listed exactly; larger plies are sampled

// The longest legal move at the front of `rest`.
absl::StatusOr<Action> TakeMove(std::string_view& rest, const State& state) {
  absl::StatusOr<Action> action;
  for (std::size_t length = std::min(rest.size(), kLongestMoveText); length > 0; --length) {
    const std::string_view piece = rest.substr(0, length);
    action = state.ParseAction(piece == "--" ? "pass" : piece);
    if (action.ok()) {
      rest.remove_prefix(length);
      return action;
    }
  }
  return BadInput("'", std::string(rest), "' does not begin with a legal move");
}

Opening MakeOpening(const Game& game, std::vector<Action> moves) {
  Opening opening{.moves = std::move(moves), .text = {}};
  const std::unique_ptr<State> state = game.NewState();
  std::vector<std::string> texts;
  for (const Action action : opening.moves) {
    texts.push_back(state->ActionText(action));
    state->Apply(action);
  }
  opening.text = absl::StrJoin(texts, " ");
  return opening;
}

using KeyPair = std::pair<std::uint64_t, std::uint64_t>;
KeyPair KeyOf(const State& state) { return {state.Key().low, state.Key().high}; }

// Lines to every different unfinished position after `plies` moves; empty when there are more than kMaxEnumerated at some ply.
std::vector<std::vector<Action>> EnumerateLines(const Game& game, int plies) {
  std::vector<std::vector<Action>> lines = {{}};
  for (int ply = 0; ply < plies; ++ply) {
    std::vector<std::vector<Action>> longer;
    std::set<KeyPair> seen;
    for (const std::vector<Action>& line : lines) {
      const std::unique_ptr<State> state = OpeningState(game, {.moves = line, .text = {}});
      ActionList legal;
      state->LegalActions(legal);
      for (const Action action : legal) {
        const std::unique_ptr<State> child = state->Clone();
        child->Apply(action);
        if (child->IsTerminal() || !seen.insert(KeyOf(*child)).second) continue;
        longer.push_back(line);
        longer.back().push_back(action);
        if (longer.size() > kMaxEnumerated) return {};
      }
    }
    lines = std::move(longer);
  }
  return lines;
}

std::vector<std::vector<Action>> SampleLines(const Game& game, int plies, int count, Rng& rng) {
  std::vector<std::vector<Action>> lines;
  std::set<KeyPair> seen;
  for (int tries = 0; tries < 50 * count && static_cast<int>(lines.size()) < count; ++tries) {
    const std::unique_ptr<State> state = game.NewState();
    std::vector<Action> line;
    for (int ply = 0; ply < plies && !state->IsTerminal(); ++ply) {
      ActionList legal;
      state->LegalActions(legal);
      line.push_back(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
      state->Apply(line.back());
    }
    if (!state->IsTerminal() && seen.insert(KeyOf(*state)).second) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

absl::StatusOr<std::vector<Action>> PlayMoveText(std::string_view text, State& state) {
  std::vector<Action> moves;
  for (const absl::string_view word : absl::StrSplit(absl::string_view(text.data(), text.size()), ' ', absl::SkipWhitespace())) {
    std::string_view rest(word.data(), word.size());
    while (!rest.empty()) {
      if (state.IsTerminal()) return BadInput("ply ", moves.size(), ": '", std::string(rest), "' after the end of the game");
      const absl::StatusOr<Action> action = TakeMove(rest, state);
      if (!action.ok()) return Annotate(action.status(), absl::StrCat("ply ", moves.size()));
      moves.push_back(*action);
      state.Apply(*action);
    }
  }
  return moves;
}

absl::StatusOr<std::vector<Opening>> ReadOpenings(const Game& game, const std::filesystem::path& path) {
  TANDEM_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  std::vector<Opening> openings;
  int line_number = 0;
  for (const absl::string_view raw : absl::StrSplit(content, '\n')) {
    ++line_number;
    std::string line(absl::StripAsciiWhitespace(raw));
    if (line.empty() || line.front() == '#') continue;
    const std::string where = absl::StrCat(path.string(), ":", line_number);
    if (line.front() == '{') {
      TANDEM_ASSIGN_OR_RETURN(const boost::json::value json, ParseJson(line, where));
      absl::StatusOr<std::string> moves = JsonString(json.as_object(), "moves");
      if (!moves.ok()) return Annotate(moves.status(), where);
      line = *std::move(moves);
    }
    const std::unique_ptr<State> state = game.NewState();
    absl::StatusOr<std::vector<Action>> moves = PlayMoveText(line, *state);
    if (!moves.ok()) return Annotate(moves.status(), where);
    if (state->IsTerminal()) return BadInput(where, ": opening '", line, "' ends the game: expected an unfinished position");
    openings.push_back(MakeOpening(game, *std::move(moves)));
  }
  if (openings.empty()) return BadInput(path.string(), ": no opening in the file: expected a line of moves for each");
  return openings;
}

std::vector<Opening> RandomOpenings(const Game& game, int plies, int count, std::uint64_t seed) {
  Rng rng = Rng::Stream(seed, "openings");
  std::vector<std::vector<Action>> lines = EnumerateLines(game, plies);
  if (lines.empty()) lines = SampleLines(game, plies, count, rng);
  for (std::size_t i = lines.size(); i > 1; --i) std::swap(lines[i - 1], lines[rng.Below(static_cast<std::uint32_t>(i))]);
  if (lines.size() > static_cast<std::size_t>(count)) lines.resize(static_cast<std::size_t>(count));
  std::vector<Opening> openings;
  for (std::vector<Action>& line : lines) openings.push_back(MakeOpening(game, std::move(line)));
  return openings;
}

std::vector<Opening> ChooseOpenings(const Game& game, int count, std::uint64_t seed) {
  std::vector<Opening> best;
  for (int plies = 1; plies <= std::max(1, game.facts().max_plies / 3); ++plies) {
    std::vector<Opening> openings = RandomOpenings(game, plies, count, seed);
    if (openings.size() > best.size()) best = std::move(openings);
    if (static_cast<int>(best.size()) >= count) break;
  }
  return best;
}

std::unique_ptr<State> OpeningState(const Game& game, const Opening& opening) {
  std::unique_ptr<State> state = game.NewState();
  for (const Action action : opening.moves) state->Apply(action);
  return state;
}

std::string OpeningsHash(const std::vector<Opening>& openings) {
  std::string lines;
  for (const Opening& opening : openings) absl::StrAppend(&lines, opening.text, "\n");
  return absl::StrFormat("%08x", Crc32c(lines));
}

}  // namespace tandem
