#include "engine/protocol/ugi.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/protocol/uci_parser.h"

namespace tandem {
namespace {

// UGI's words that UCI has others for.
std::string_view UciWord(std::string_view word) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"ugi", "uci"}, {"uginewgame", "ucinewgame"}, {"p1time", "wtime"}, {"p2time", "btime"}, {"p1inc", "winc"}, {"p2inc", "binc"}};
  for (const auto& [ugi, uci] : kWords) {
    if (word == ugi) return uci;
  }
  return word;
}

bool IsTranslated(std::string_view command) { return command == "ugi" || command == "uginewgame" || command == "go"; }

std::string_view ResultWord(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFirstWins:
      return "p1win";
    case Outcome::kSecondWins:
      return "p2win";
    case Outcome::kDraw:
      return "draw";
    case Outcome::kOngoing:
      break;
  }
  return "none";
}

}  // namespace

Ugi::Ugi(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, LineSink sink)
    : uci_(game, std::move(brain), clock, std::move(sink), {.ready_word = "ugiok", .fairy_names = false}) {}

bool Ugi::Handle(std::string_view line) {
  const std::vector<std::string_view> words = SplitWords(line);
  if (words.empty()) return true;
  if (words[0] == "query") {
    Answer(std::span(words).subspan(1));
    return true;
  }
  if (!IsTranslated(words[0])) return uci_.Handle(line);
  std::vector<std::string> translated;
  for (const std::string_view word : words) translated.emplace_back(UciWord(word));
  return uci_.Handle(absl::StrJoin(translated, " "));
}

void Ugi::Answer(std::span<const std::string_view> question) {
  const State* const state = uci_.position();
  const std::string_view what = question.empty() ? std::string_view() : question[0];
  if (what != "gameover" && what != "p1turn" && what != "result") {
    return uci_.Inform(absl::StrCat("query '", std::string(what), "' is unknown: expected gameover, p1turn or result"));
  }
  if (state == nullptr) uci_.Inform("query: no position, the last one was refused");
  if (what == "result") {
    return uci_.Say(absl::StrCat("response ", std::string(ResultWord(state == nullptr ? Outcome::kOngoing : state->GetOutcome()))));
  }
  const bool yes = state != nullptr && (what == "gameover" ? state->IsTerminal() : state->ToMove() == 0);
  uci_.Say(yes ? "response true" : "response false");
}

}  // namespace tandem
