#include "tools/commands/match_games.h"

#include "absl/time/clock.h"
#include "engine/base/file.h"
#include "engine/base/status.h"

namespace tandem {

FileGame MatchGame(const Game& game, const PlayedGame& played, const std::string& first, const std::string& second, int round) {
  FileGame file;
  file.game = &game;
  file.moves = played.moves;
  file.result = static_cast<int>(played.outcome);
  file.SetTag("Event", "tandem match");
  file.SetTag("Date", absl::FormatTime("%Y.%m.%d", absl::Now(), absl::UTCTimeZone()));
  file.SetTag("Round", std::to_string(round));
  file.SetTag("White", first);
  file.SetTag("Black", second);
  if (played.ending != Ending::kPlayed) {
    file.SetTag("Termination", played.ending == Ending::kForfeit ? "forfeit" : "adjudication");
    file.comments.resize(played.moves.size() + 1);
    file.comments.back() = played.note;
  }
  if (played.opening_plies > 0) file.SetTag("OpeningPlies", std::to_string(played.opening_plies));
  return file;
}

absl::StatusOr<MatchGames> MatchGames::Open(const Game& game, const std::vector<std::pair<std::string, GameFormat>>& files) {
  FileGame probe;
  probe.game = &game;
  for (const auto& [path, format] : files) {
    TANDEM_RETURN_IF_ERROR(Annotate(WriteGame(format, probe).status(), path));
    TANDEM_RETURN_IF_ERROR(AppendFile(path, ""));
  }
  return MatchGames(game, files);
}

void MatchGames::Append(const MatchReport& report) {
  for (; written_ < report.record.size() && status_.ok(); ++written_) {
    const bool a_first = written_ % 2 == 0;
    const FileGame game = MatchGame(*game_, report.record[written_], a_first ? report.a : report.b, a_first ? report.b : report.a,
                                    static_cast<int>(written_ + 1));
    for (const auto& [path, format] : files_) {
      const absl::StatusOr<std::string> text = WriteGame(format, game);
      if (status_.ok()) status_ = text.ok() ? AppendFile(path, *text) : text.status();
    }
  }
}

}  // namespace tandem
