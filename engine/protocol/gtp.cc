#include "engine/protocol/gtp.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/protocol/uci_parser.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }
std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

// GTP 2, section 3.1: control characters but tab and line feed go, tabs are blanks, a comment runs to the line's end.
std::string Clean(std::string_view line) {
  std::string clean;
  for (const char c : line.substr(0, line.find('#'))) {
    if (c == '\t') clean += ' ';
    if (!absl::ascii_iscntrl(static_cast<unsigned char>(c))) clean += c;
  }
  return clean;
}

// An empty line would end the answer.
std::string WithoutEmptyLines(std::string_view text) {
  std::string result;
  for (const absl::string_view line : absl::StrSplit(Absl(text), '\n')) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::StrAppend(&result, result.empty() ? "" : "\n", line);
  }
  return result;
}

}  // namespace

bool IsGtpCommand(std::string_view name) {
  const auto commands = Gtp::Commands();
  return std::any_of(commands.begin(), commands.end(), [name](const Gtp::Command& command) { return command.name == name; });
}

Gtp::Gtp(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, LineSink sink)
    : clock_(clock),
      sink_(std::move(sink)),
      game_(game),
      komi_(KomiOf(game)),
      session_(game, std::move(brain), clock, this, /*fairy_names=*/false) {}

const Gtp::Command* Gtp::Find(std::string_view name) const {
  for (const Command& command : Commands()) {
    if (command.name == name && (command.game.empty() || command.game == game_.game().facts().name)) return &command;
  }
  return nullptr;
}

bool Gtp::Handle(std::string_view line) {
  EndAnalysis();
  const std::string clean = Clean(line);
  std::vector<std::string_view> words = SplitWords(clean);
  if (words.empty()) return true;
  std::string id;
  if (std::uint64_t number = 0; absl::SimpleAtoi(Absl(words[0]), &number)) {
    id = words[0];
    words.erase(words.begin());
  }
  id_ = id;
  Answer answer = absl::UnknownError("unknown command");
  if (const Command* const command = words.empty() ? nullptr : Find(words[0])) {
    const Words rest = Words(words).subspan(1);
    if (static_cast<int>(rest.size()) < command->num_words) {
      answer = BadInput("syntax error: expected ", Absl(command->name), " ", Absl(command->usage));
    } else {
      answer = (this->*command->run)(rest);
    }
  }
  if (analysis_.open) return true;
  if (answer.ok()) {
    const std::string text = WithoutEmptyLines(*answer);
    Say(absl::StrCat("=", id, text.empty() ? "" : " ", text, "\n"));
  } else {
    Say(absl::StrCat("?", id, " ", WithoutEmptyLines(Std(answer.status().message())), "\n"));
  }
  return !quit_;
}

void Gtp::SetOption(std::string_view name, std::string_view value) {
  session_.SetOption(std::string(name), std::string(value));
  const Game& game = *session_.options().settings().game;
  if (&game != &game_.game()) BeginGame(game);
}

void Gtp::Close() { EndAnalysis(); }

void Gtp::EndAnalysis() {
  if (!analysis_.open) return;
  session_.Stop();
  session_.WaitUntilIdle();
  analysis_.open = false;
  if (!analysis_.plays) return Say("");
  if (decision_ && *decision_ != kNoAction) {
    const absl::Status status = game_.Play(analysis_.player, played_text_);
    if (!status.ok()) Log().error("gtp: {}", std::string(status.message()));
    time_.Spend(analysis_.player, search_time_);
  }
}

absl::Status Gtp::SetGame(std::string_view spec) {
  TANDEM_ASSIGN_OR_RETURN(const Game* const game, FindGame(spec));
  session_.SetOption("UCI_Variant", game->facts().spec);
  BeginGame(*game);
  session_.Ready();  // a network is loaded now, and not on the clock
  return absl::OkStatus();
}

void Gtp::BeginGame(const Game& game) {
  game_ = GtpGame(game);
  komi_ = KomiOf(game);
  time_.Reset();
}

absl::StatusOr<int> Gtp::ReadColor(std::string_view word) const {
  const std::optional<int> player = ParseColor(game_.game(), word);
  if (!player) return BadInput("syntax error: '", Absl(word), "' is no color: expected b, w, black or white");
  return *player;
}

SearchRequest Gtp::RequestFor(int player) const {
  SearchRequest request;
  time_.Limit(player, &request);
  if (!time_.limited()) {
    const Settings& settings = session_.options().settings();
    request.nodes = settings.simulations > 0 ? settings.simulations : settings.search.simulations();
  }
  return request;
}

absl::StatusOr<Action> Gtp::Choose(int player, std::vector<std::string> among) {
  TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<State> state, game_.StateFor(player, /*resumed=*/!among.empty()));
  if (state->IsTerminal()) return kNoAction;
  session_.SetPosition(std::move(state));
  decision_.reset();
  SearchRequest request = RequestFor(player);
  request.root_moves = std::move(among);
  session_.Search(std::move(request));
  session_.WaitUntilIdle();
  if (!decision_ || *decision_ == kNoAction) return absl::InternalError("the search found no move");
  return *decision_;
}

std::string Gtp::SearchedText(Action action) const { return VertexText(game_.game(), *session_.position(), action); }

void Gtp::Say(std::string_view line) {
  absl::MutexLock lock(&mutex_);
  sink_(line);
}

void Gtp::OnMessage(std::string_view text) {
  absl::MutexLock lock(&mutex_);
  if (complaint_) {
    *complaint_ = text;
  } else {
    Log().info("gtp: {}", text);
  }
}

void Gtp::OnProgress(const SearchReport& report) {
  if (!analysis_.open || clock_.Now() < analysis_.next) return;
  analysis_.next = clock_.Now() + analysis_.interval;
  Say(AnalysisLine(report, analysis_.style));
}

void Gtp::OnFinished(const SearchReport& report) {
  decision_ = report.result == nullptr ? kNoAction : report.result->action;
  search_time_ = report.elapsed;
  if (!analysis_.open) return;
  if (report.result != nullptr) Say(AnalysisLine(report, analysis_.style));
  if (!analysis_.plays) return;
  // The move goes out now; the control thread plays it before it obeys the next command.
  played_text_ = report.result == nullptr ? "pass" : VertexText(*report.settings->game, *report.root, *decision_);
  Say(absl::StrCat("play ", played_text_, "\n"));
}

}  // namespace tandem
