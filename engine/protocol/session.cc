#include "engine/protocol/session.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/search/time.h"

namespace tandem {
namespace {

constexpr std::uint64_t kSeed = 1;  // of the searches' random streams; the same game gets the same numbers
// A depth that no line reaches: the planner's words for "until the result is proven".
constexpr int kUnreachableDepth = std::numeric_limits<int>::max();
// How long StopNow leaves the answer to the searching thread: well below what clients take for a hang, well above what an idle machine
// needs.
constexpr absl::Duration kStopPatience = absl::Milliseconds(15);

bool IsDrop(std::string_view move) { return move.size() > 2 && move[1] == '@'; }

std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

// The limits but for time.
SearchLimits TimelessLimits(const SearchRequest& request, const Settings& settings, std::vector<Action> root_actions) {
  SearchLimits limits;
  limits.root_actions = std::move(root_actions);
  if (request.infinite) {
    limits.infinite = true;
    return limits;
  }
  if (request.nodes) limits.simulations = std::max<std::int64_t>(*request.nodes, 1);
  if (request.depth) limits.depth = std::max(*request.depth, 1);
  if (settings.limit_strength && !settings.analyse_mode) {
    const std::int64_t allowed = SimulationsOfElo(settings.elo);
    limits.simulations = limits.simulations > 0 ? std::min(limits.simulations, allowed) : allowed;
    return limits;
  }
  if (request.nodes || request.depth || request.move_time || request.HasClock()) return limits;
  if (request.mate) {
    limits.depth = kUnreachableDepth;
  } else if (settings.simulations > 0) {
    limits.simulations = settings.simulations;
  } else {
    limits.infinite = true;
  }
  return limits;
}

std::uint64_t CountLeaves(const Game& game, const State& state, int depth, const std::stop_token& stop) {
  // Two plies go fast in any game, so that a stop is noticed soon.
  if (depth <= 2) return game.Perft(state, depth);
  std::uint64_t leaves = 0;
  ActionList legal;
  state.LegalActions(legal);
  const std::unique_ptr<State> child = state.Clone();
  for (const Action action : legal) {
    if (stop.stop_requested()) break;
    child->CopyFrom(state);
    child->Apply(action);
    leaves += CountLeaves(game, *child, depth - 1, stop);
  }
  return leaves;
}

}  // namespace

bool SearchRequest::HasClock() const {
  return remaining[0] || remaining[1] || increment[0] > absl::ZeroDuration() || increment[1] > absl::ZeroDuration();
}

struct Session::Job {
  SearchRequest request;
  SearchLimits limits;          // but for time
  std::unique_ptr<State> root;  // null when the position was refused
  bool playable = false;        // there is a move to choose
  int perft_depth = 0;          // > 0: counts instead of searching
  Settings settings;
  Rng rng{0};
  absl::Time start;

  // Progress of the searching thread; written while the session's report_mutex_ is held.
  std::optional<SearchResult> last;   // newest result
  std::int64_t last_simulations = 0;  // since the search began, of `last`
  bool end_reported = false;
  std::int64_t simulations_before = 0;  // in phases that have ended
  std::int64_t simulations_shown = -1;  // by the newest OnProgress

  void Take(SearchResult result) {
    last_simulations = simulations_before + result.simulations;
    last = std::move(result);
  }
  // What is left for the mover, of `used` since his clock began to run.
  absl::Duration TimeBudget(absl::Duration used) const;
};

absl::Duration Session::Job::TimeBudget(absl::Duration used) const {
  absl::Duration budget = absl::InfiniteDuration();
  if (request.move_time) budget = *request.move_time - settings.move_overhead;
  if (request.HasClock()) {
    int player = root->ToMove();
    if (!request.remaining[player] && (request.remaining[1 - player] || request.increment[player] <= absl::ZeroDuration()))
      player = 1 - player;
    TimeControl control;
    // An increment without a clock is a clock that holds just that.
    control.remaining = request.remaining[player].value_or(request.increment[player]);
    control.increment = request.remaining[player] ? request.increment[player] : absl::ZeroDuration();
    control.moves_to_go = request.moves_to_go;
    control.overhead = settings.move_overhead;
    budget = std::min(budget, MoveTime(control));
  }
  if (budget == absl::InfiniteDuration()) return budget;
  return std::max(budget - used, absl::Milliseconds(1));
}

Session::Session(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, SessionObserver* observer, bool fairy_names)
    : clock_(clock),
      observer_(observer),
      brain_(std::move(brain)),
      options_(game, fairy_names),
      position_(game.NewState()),
      thread_([this] { Work(); }) {}

Session::~Session() {
  Stop();
  {
    absl::MutexLock lock(&mutex_);
    leaving_ = true;
  }
  thread_.join();
}

void Session::SetOption(std::string name, std::string value) {
  if (searching()) {
    waiting_options_.emplace_back(std::move(name), std::move(value));
    return;
  }
  ApplyWaitingOptions();
  ApplyOption(name, value);
}

void Session::ApplyWaitingOptions() {
  for (const auto& [name, value] : std::exchange(waiting_options_, {})) ApplyOption(name, value);
}

void Session::ApplyOption(const std::string& name, const std::string& value) {
  const absl::StatusOr<OptionEffect> effect = options_.Set(name, value);
  if (!effect.ok()) {
    observer_->OnMessage(Std(effect.status().message()));
    return;
  }
  switch (*effect) {
    case OptionEffect::kNone:
      break;
    case OptionEffect::kPlanner:
      planner_.reset();
      break;
    case OptionEffect::kNetwork:
      network_due_ = true;
      break;
    case OptionEffect::kGame:
      network_due_ = true;
      NewGame();
      observer_->OnGame(*options_.settings().game);
      break;
    case OptionEffect::kClear:
      planner_.reset();
      brain_->Clear();
      break;
  }
}

void Session::Ready() {
  if (searching()) return;
  ApplyWaitingOptions();
  Prepare();
}

void Session::Prepare() {
  const Settings& settings = options_.settings();
  if (network_due_) {
    planner_.reset();
    if (const absl::Status status = brain_->Load(settings); !status.ok()) observer_->OnMessage(Std(status.message()));
    observer_->OnMessage(absl::StrCat("thinks with ", brain_->description()));
    network_due_ = false;
  }
  if (planner_ == nullptr) planner_ = brain_->NewPlanner(settings);
}

void Session::NewGame() {
  StopAndWait();
  ApplyWaitingOptions();
  planner_.reset();
  brain_->Clear();
  num_searches_ = 0;
  position_ = options_.settings().game->NewState();
}

void Session::SetPosition(std::optional<std::string_view> text, std::span<const std::string> moves) {
  StopAndWait();
  ApplyWaitingOptions();
  const Game& game = *options_.settings().game;
  position_ = nullptr;
  std::unique_ptr<State> state;
  if (text) {
    absl::StatusOr<std::unique_ptr<State>> parsed = ParseVariantPosition(game, *text);
    if (!parsed.ok()) {
      observer_->OnMessage(absl::StrCat("position refused: ", parsed.status().message()));
      return;
    }
    state = *std::move(parsed);
  } else {
    state = game.NewState();
  }
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const absl::StatusOr<Action> action = ParseVariantMove(game, *state, moves[i]);
    if (!action.ok()) {
      observer_->OnMessage(absl::StrCat("position refused: move ", i + 1, ": ", action.status().message()));
      return;
    }
    state->Apply(*action);
  }
  // Who writes drops wants drops: some of our names are other programs' names as well.
  if (std::any_of(moves.begin(), moves.end(), IsDrop)) options_.FollowDialect(Dialect::kFairy);
  position_ = std::move(state);
}

void Session::SetPosition(std::unique_ptr<State> state) {
  StopAndWait();
  ApplyWaitingOptions();
  position_ = std::move(state);
}

std::string Session::MoveText(const State& state, Action action) const {
  const Settings& settings = options_.settings();
  return VariantMoveText(*settings.game, settings.dialect, state, action);
}

std::string Session::PositionText() const {
  const Settings& settings = options_.settings();
  return VariantPositionText(*settings.game, settings.dialect, *position_);
}

absl::Status Session::FindRootActions(const std::vector<std::string>& moves, std::vector<Action>* actions) const {
  for (const std::string& move : moves) {
    const absl::StatusOr<Action> action = ParseVariantMove(*options_.settings().game, *position_, move);
    if (!action.ok()) {
      observer_->OnMessage(absl::StrCat("searchmoves: ", action.status().message()));
    } else if (std::find(actions->begin(), actions->end(), *action) == actions->end()) {
      actions->push_back(*action);
    }
  }
  if (!moves.empty() && actions->empty()) return BadInput("searchmoves: none of ", absl::StrJoin(moves, " "), " is a legal move here");
  return absl::OkStatus();
}

void Session::Search(SearchRequest request) {
  auto job = std::make_unique<Job>();
  job->start = clock_.Now();
  StopAndWait();
  ApplyWaitingOptions();
  job->settings = options_.settings();
  std::vector<Action> root_actions;
  if (position_ == nullptr) {
    observer_->OnMessage("no position to search: the last one was refused");
  } else if (const absl::Status status = FindRootActions(request.root_moves, &root_actions); !status.ok()) {
    observer_->OnMessage(Std(status.message()));
  } else {
    job->root = position_->Clone();
    job->playable = !position_->IsTerminal();
  }
  if (job->playable) Prepare();
  job->limits = TimelessLimits(request, job->settings, std::move(root_actions));
  job->request = std::move(request);
  job->rng = Rng::Stream(kSeed, "protocol", num_searches_++);
  Post(std::move(job));
}

void Session::Perft(int depth) {
  StopAndWait();
  ApplyWaitingOptions();
  if (position_ == nullptr) {
    observer_->OnMessage("no position to count: the last one was refused");
    return;
  }
  auto job = std::make_unique<Job>();
  job->settings = options_.settings();
  job->root = position_->Clone();
  job->perft_depth = std::max(depth, 1);
  Post(std::move(job));
}

void Session::Post(std::unique_ptr<Job> job) {
  absl::MutexLock lock(&mutex_);
  searching_ = true;
  stopped_ = false;
  pondering_ = job->request.ponder;
  clock_start_ = job->start;
  stop_ = std::stop_source();
  job_ = std::move(job);
}

void Session::Stop() {
  std::stop_source stop(std::nostopstate);
  {
    absl::MutexLock lock(&mutex_);
    if (!searching_) return;
    stopped_ = true;
    stop = stop_;
  }
  stop.request_stop();
}

void Session::StopNow() {
  Stop();
  {
    absl::MutexLock lock(&mutex_);
    const auto ended = +[](Session* session) { return !session->searching_ || session->finishing_; };
    if (mutex_.AwaitWithTimeout(absl::Condition(ended, this), kStopPatience)) return;
  }
  absl::MutexLock lock(&report_mutex_);
  if (running_ != nullptr && (running_->last || !running_->playable)) ReportEnd(*running_);
}

void Session::PonderHit() {
  std::stop_source stop(std::nostopstate);
  {
    absl::MutexLock lock(&mutex_);
    if (!searching_ || !pondering_) return;
    pondering_ = false;
    clock_start_ = clock_.Now();
    stop = stop_;
  }
  stop.request_stop();
}

// A search whose end is being reported is waited for: whoever reads the report finds the session idle.
bool Session::searching() const {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](const Session* session) { return !session->finishing_; }, this));
  return searching_;
}

void Session::WaitUntilIdle() {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](bool* searching) { return !*searching; }, &searching_));
}

void Session::StopAndWait() {
  Stop();
  WaitUntilIdle();
}

absl::StatusOr<RawOpinion> Session::Opinion() {
  if (searching()) return absl::FailedPreconditionError("a search is running");
  if (position_ == nullptr || position_->IsTerminal()) return absl::FailedPreconditionError("no position in play");
  Ready();
  ActionList legal;
  position_->LegalActions(legal);
  std::vector<float> prior(legal.size());
  RawOpinion opinion;
  EvalRequest request{position_.get(), legal.span(), prior, &opinion.evaluation};
  TANDEM_RETURN_IF_ERROR(brain_->NewEvaluator(options_.settings())->Evaluate({&request, 1}));
  for (int i = 0; i < legal.size(); ++i) opinion.prior.emplace_back(legal[i], prior[i]);
  return opinion;
}

void Session::Work() {
  while (true) {
    std::unique_ptr<Job> job;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](Session* session) { return session->leaving_ || session->job_ != nullptr; }, this));
      if (job_ == nullptr) return;
      job = std::move(job_);
    }
    if (job->perft_depth > 0) {
      RunPerft(*job);
    } else {
      RunSearch(*job);
    }
    absl::MutexLock lock(&mutex_);
    searching_ = false;
    finishing_ = false;
  }
}

SearchReport Session::Report(const Job& job) const {
  SearchReport report;
  report.root = job.root.get();
  report.result = job.last ? &*job.last : nullptr;
  report.root_actions = job.limits.root_actions;
  report.simulations = job.last_simulations;
  report.elapsed = clock_.Now() - job.start;
  report.settings = &job.settings;
  report.is_news = report.simulations != job.simulations_shown;
  return report;
}

// Waits until the search may end; true when it was stopped and not released by PonderHit.
bool Session::AwaitRelease(bool infinite) {
  absl::MutexLock lock(&mutex_);
  struct Wait {
    Session* session;
    bool infinite;
  } wait{this, infinite};
  mutex_.Await(absl::Condition(
      +[](Wait* wait) { return wait->session->stopped_ || (!wait->session->pondering_ && !wait->infinite); }, &wait));
  return stopped_;
}

// Once for each search.
void Session::ReportEnd(Job& job) {
  if (std::exchange(job.end_reported, true)) return;
  {
    absl::MutexLock lock(&mutex_);
    finishing_ = true;
  }
  observer_->OnFinished(Report(job));
}

void Session::RunSearch(Job& job) {
  {
    absl::MutexLock lock(&report_mutex_);
    running_ = &job;
  }
  const bool infinite = job.limits.infinite;
  bool ended = !job.playable;
  if (!ended && job.request.ponder) {
    // Without the clock; a search of its own limits ends early and waits to be asked for its move.
    SearchLimits limits = job.limits;
    if (limits.simulations == 0 && limits.depth == 0) limits.infinite = true;
    ended = Think(job, limits) || (limits.simulations > 0 && job.last && job.last->simulations >= limits.simulations);
  }
  // Released while pondering, the search goes on in the same tree, now against the clock and with the simulations that are left.
  bool stopped = job.request.ponder && AwaitRelease(/*infinite=*/false);
  if (!ended && !stopped) {
    SearchLimits limits = job.limits;
    absl::Time clock_start;
    {
      absl::MutexLock lock(&mutex_);
      clock_start = clock_start_;
      if (!stopped_) stop_ = std::stop_source();
    }
    limits.time = job.TimeBudget(clock_.Now() - clock_start);
    if (job.last && !limits.infinite) {
      absl::MutexLock lock(&report_mutex_);
      job.simulations_before = job.last->simulations;
      limits.simulations = std::max<std::int64_t>(limits.simulations - job.simulations_before, limits.simulations > 0 ? 1 : 0);
    }
    Think(job, limits);
  }
  AwaitRelease(infinite);
  absl::MutexLock lock(&report_mutex_);
  ReportEnd(job);
  running_ = nullptr;
}

// True when the planner ended of its own accord.
bool Session::Think(Job& job, const SearchLimits& limits) {
  std::stop_token stop;
  {
    absl::MutexLock lock(&mutex_);
    stop = stop_.get_token();
  }
  const auto progress = [&](const SearchResult& result) {
    absl::MutexLock lock(&report_mutex_);
    if (job.end_reported) return;
    job.Take(result);
    const SearchReport report = Report(job);
    observer_->OnProgress(report);
    job.simulations_shown = report.simulations;
  };
  absl::StatusOr<SearchResult> result = planner_->Plan(*job.root, limits, job.rng, stop, progress);
  if (!result.ok()) {
    ThinkWithoutNetwork(job, limits, result.status());
  } else {
    absl::MutexLock lock(&report_mutex_);
    job.Take(*std::move(result));
  }
  return !stop.stop_requested();
}

// A network that fails in mid-game must not cost the game: its last result stands, or rollouts find a move.
void Session::ThinkWithoutNetwork(Job& job, const SearchLimits& limits, const absl::Status& why) {
  observer_->OnMessage(absl::StrCat("search failed: ", why.message()));
  brain_->FallBack();
  planner_ = brain_->NewPlanner(job.settings);
  observer_->OnMessage(absl::StrCat("thinks with ", brain_->description()));
  if (job.last) return;
  SearchLimits few = limits;
  few.infinite = false;
  few.simulations = 100;
  absl::StatusOr<SearchResult> result = planner_->Plan(*job.root, few, job.rng, {}, nullptr);
  if (result.ok()) {
    absl::MutexLock lock(&report_mutex_);
    job.Take(*std::move(result));
  } else {
    observer_->OnMessage(absl::StrCat("search failed again: ", result.status().message()));
  }
}

void Session::RunPerft(Job& job) {
  std::stop_token stop;
  {
    absl::MutexLock lock(&mutex_);
    stop = stop_.get_token();
  }
  ActionList legal;
  job.root->LegalActions(legal);
  const std::unique_ptr<State> child = job.root->Clone();
  std::uint64_t total = 0;
  for (const Action action : legal) {
    child->CopyFrom(*job.root);
    child->Apply(action);
    const std::uint64_t leaves = job.perft_depth == 1 ? 1 : CountLeaves(*job.settings.game, *child, job.perft_depth - 1, stop);
    if (stop.stop_requested()) return observer_->OnMessage("perft stopped");
    observer_->OnText(absl::StrCat(VariantMoveText(*job.settings.game, job.settings.dialect, *job.root, action), ": ", leaves));
    total += leaves;
  }
  observer_->OnText(absl::StrCat("Nodes searched: ", total));
}

}  // namespace tandem
