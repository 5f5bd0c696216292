#include "tools/commands/import_games.h"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/build_info.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"
#include "engine/match/openings.h"
#include "selfplay/record/chunk.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxTextBytes = std::size_t{1} << 34;

absl::StatusOr<std::string> Decompress(const std::string& bytes, const std::string& where) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  std::string text;
  std::string block(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t more = 1;
  while (in.pos < in.size || more != 0) {
    ZSTD_outBuffer out{block.data(), block.size(), 0};
    const std::size_t before = in.pos;
    more = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(more)) return Corrupt(where, ": zstd: ", ZSTD_getErrorName(more), " at byte ", in.pos);
    text.append(block.data(), out.pos);
    if (text.size() > kMaxTextBytes) return Corrupt(where, ": more than ", kMaxTextBytes, " bytes");
    if (out.pos == 0 && in.pos == before && more != 0) return Corrupt(where, ": zstd: the file ends too early");
  }
  return text;
}

// Whether `field` begins with a legal first move.
bool BeginsWithMove(const State& start, const std::string& field) {
  constexpr std::size_t kLongestMove = 6;
  for (std::size_t size = 1; size <= std::min(field.size(), kLongestMove); ++size) {
    if (start.ParseAction(std::string_view(field).substr(0, size)).ok()) return true;
  }
  return false;
}

bool IsMask(const std::string& field) { return !field.empty() && field.find_first_not_of("rtp") == std::string::npos; }

int Sign(double value) { return value > 0 ? 1 : value < 0 ? -1 : 0; }

// Moves from `start` as a record; `is_target[i]` says whether move i is one (empty: all are).
absl::StatusOr<GameRecord> MakeRecord(const Game& game, const std::string& start_text, const std::vector<Action>& moves,
                                      const std::string& is_target, int result) {
  GameRecord record;
  record.set_game(game.facts().spec);
  record.set_build(BuildId());
  record.set_net_id("import");
  record.set_result(result);
  record.set_opening_plies(0);
  std::unique_ptr<State> state = game.NewState();
  if (!start_text.empty()) {
    record.set_start(start_text);
    TANDEM_ASSIGN_OR_RETURN(state, game.StateFromText(start_text));
  }
  for (std::size_t i = 0; i < moves.size(); ++i) {
    Turn& turn = *record.add_turns();
    turn.set_full_search(is_target.empty() || is_target[i] == 't');
    turn.add_visit_actions(moves[i]);
    turn.add_visits(1);
    turn.set_root_value(static_cast<float>(result));
    turn.set_root_draw(result == 0 ? 1.0f : 0.0f);
    turn.set_prior_kl(0);
    record.add_moves(moves[i]);
    state->Apply(moves[i]);
  }
  record.set_end(state->IsTerminal() ? GameRecord::PLAYED : GameRecord::IMPORTED);
  if (moves.empty()) return BadInput("a game without moves");
  TANDEM_RETURN_IF_ERROR(VerifyRecord(game, record));
  return record;
}

void Add(const std::string& where, absl::StatusOr<GameRecord> record, ImportedGames* imported) {
  if (!record.ok()) {
    imported->problems.push_back(absl::StrCat(where, ": ", std::string(record.status().message())));
    return;
  }
  for (const Turn& turn : record->turns()) imported->rows += turn.full_search() ? 1 : 0;
  imported->games.push_back(*std::move(record));
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::filesystem::path& path) {
  TANDEM_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  if (path.extension() != ".zst") return bytes;
  return Decompress(bytes, path.string());
}

absl::StatusOr<GameRecord> RecordOfLine(const Game& game, std::string_view line) {
  const std::vector<std::string> fields = absl::StrSplit(absl::string_view(line.data(), line.size()), ' ', absl::SkipWhitespace());
  double first = 0;
  if (fields.empty() || !absl::SimpleAtod(fields[0], &first)) {
    return BadInput("result ", QuotedText(fields.empty() ? "" : fields[0]), ": expected a number, > 0 when the first player won");
  }
  const std::unique_ptr<State> state = game.NewState();
  std::size_t at = 1;
  while (at < fields.size() && !BeginsWithMove(*state, fields[at])) ++at;
  if (at == fields.size()) return BadInput("no field begins with a legal first move in ", QuotedText(line));
    const std::string mask = fields.size() - at == 2 && IsMask(fields.back()) ? fields.back() : "";
  std::string text;
  for (std::size_t i = at; i < fields.size() - (mask.empty() ? 0 : 1); ++i) absl::StrAppend(&text, text.empty() ? "" : " ", fields[i]);
  TANDEM_ASSIGN_OR_RETURN(const std::vector<Action> moves, PlayMoveText(text, *state));
  if (!mask.empty() && mask.size() != moves.size()) {
    return BadInput("mask of ", mask.size(), " letters for ", moves.size(), " moves");
  }
  return MakeRecord(game, "", moves, mask, Sign(first));
}

absl::StatusOr<GameRecord> RecordOfGame(const FileGame& game) {
  if (!game.problem.empty()) return absl::InvalidArgumentError(game.problem);
  std::optional<int> result = game.result;
  if (!result) {
    const std::unique_ptr<State> end = game.FinalState();
    if (end->IsTerminal()) result = static_cast<int>(end->GetOutcome());
  }
  if (!result) return BadInput("the game has no result");
  return MakeRecord(*game.game, game.start, game.moves, "", *result);
}

absl::Status ImportFile(const Game& game, const std::filesystem::path& path, ImportedGames* imported) {
  TANDEM_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  const std::string name = path.extension() == ".zst" ? path.stem().string() : path.string();
  if (const auto format = GameFormatOf(name); format.ok()) {
    const GameFile file = ReadGames(*format, &game, text);
    for (const FileGame& one : file.games) Add(absl::StrCat(path.string(), ": line ", one.line), RecordOfGame(one), imported);
    if (file.games.empty() && !file.problems.empty()) imported->problems.push_back(absl::StrCat(path.string(), ": ", file.problems[0]));
    return absl::OkStatus();
  }
  int number = 0;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos || line[0] == '#') continue;
    Add(absl::StrCat(path.string(), ": line ", number), RecordOfLine(game, line), imported);
  }
  return absl::OkStatus();
}

}  // namespace tandem
