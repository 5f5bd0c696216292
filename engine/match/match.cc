#include "engine/match/match.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxNotes = 20;

void Add(const SideUse& use, SideUse& total) {
  total.moves += use.moves;
  total.seconds += use.seconds;
  total.simulations += use.simulations;
  total.evaluations += use.evaluations;
}

using PairOfGames = std::array<PlayedGame, 2>;  // a first, then b first

// Collects finished pairs and books them in order.
class MatchBook {
 public:
  explicit MatchBook(const MatchSettings& settings) : settings_(settings), next_(settings.first_pair) {}

  void NameAgents(const Agent& a, const Agent& b) {
    const absl::MutexLock lock(&mutex_);
    report_.a = a.spec();
    report_.b = b.spec();
    report_.a_details = a.Details();
    report_.b_details = b.Details();
  }

  void Fail(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    if (status_.ok()) status_ = status;
    closed_ = true;
  }

  void Finish(int pair, PairOfGames games) {
    const absl::MutexLock lock(&mutex_);
    waiting_.emplace(pair, std::move(games));
    for (auto it = waiting_.find(next_); it != waiting_.end() && !closed_; it = waiting_.find(next_)) {
      Book(std::move(it->second));
      waiting_.erase(it);
      ++next_;
      if (settings_.progress) settings_.progress(report_);
    }
  }

  bool closed() const { return closed_; }

  absl::StatusOr<MatchReport> Take() {
    const absl::MutexLock lock(&mutex_);
    if (!status_.ok()) return status_;
    report_.distinct_games = static_cast<std::int64_t>(distinct_.size());
    return std::move(report_);
  }

 private:
  // Points of `a` in half points, 0..2.
  int BookGame(PlayedGame game, int a_player) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int result = MoverResult(game.outcome, a_player);
    const auto slot = static_cast<std::size_t>(result + 1);
    ++report_.games[slot];
    ++(a_player == 0 ? report_.as_first : report_.as_second)[slot];
    Add(game.use[static_cast<std::size_t>(a_player)], report_.use_a);
    Add(game.use[static_cast<std::size_t>(1 - a_player)], report_.use_b);
    if (game.ending == Ending::kForfeit) ++(game.forfeited_by == a_player ? report_.forfeits_a : report_.forfeits_b);
    if (game.ending == Ending::kAdjudicated) ++report_.adjudicated;
    if (!game.note.empty() && report_.notes.size() < kMaxNotes) {
      const char* who = game.ending != Ending::kForfeit ? "" : game.forfeited_by == a_player ? "a forfeits: " : "b forfeits: ";
      report_.notes.push_back(absl::StrCat("game ", report_.record.size() + 1, ": ", who, game.note));
    }
    distinct_.insert(game.moves);
    report_.record.push_back(std::move(game));
    return result + 1;
  }

  void Book(PairOfGames games) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int first = BookGame(std::move(games[0]), 0);
    const int second = BookGame(std::move(games[1]), 1);
    ++report_.pairs[static_cast<std::size_t>(first + second)];
    if (first == 1 && second == 1) ++report_.drawn_pairs;
    report_.distinct_games = static_cast<std::int64_t>(distinct_.size());
    if (!settings_.sprt) return;
    report_.sprt = EvaluateSprt(report_.pairs, *settings_.sprt);
    if (report_.sprt->verdict != SprtVerdict::kContinue) closed_ = true;
  }

  const MatchSettings& settings_;
  std::atomic<bool> closed_{false};
  absl::Mutex mutex_;
  int next_ ABSL_GUARDED_BY(mutex_);
  std::map<int, PairOfGames> waiting_ ABSL_GUARDED_BY(mutex_);
  std::set<std::vector<Action>> distinct_ ABSL_GUARDED_BY(mutex_);
  MatchReport report_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<PairOfGames> PlayPair(const Game& game, Agent& a, Agent& b, const MatchSettings& settings, int pair, std::stop_token stop) {
  const Opening empty;
  const std::size_t count = settings.openings.size();
  const Opening& opening = count == 0 ? empty : settings.openings[static_cast<std::size_t>(pair) % count];
  PairOfGames games;
  for (int swapped = 0; swapped < 2; ++swapped) {
    const std::array<Agent*, 2> players = swapped == 0 ? std::array<Agent*, 2>{&a, &b} : std::array<Agent*, 2>{&b, &a};
    GameRules rules;
    rules.max_plies = settings.max_plies;
    rules.seed = Rng::Stream(settings.seed, "match", static_cast<std::uint64_t>(2 * pair + swapped))();
    TANDEM_ASSIGN_OR_RETURN(games[static_cast<std::size_t>(swapped)], PlayGame(game, opening, players, rules, stop));
  }
  return games;
}

}  // namespace

absl::StatusOr<MatchReport> PlayMatch(const Game& game, const AgentSource& a, const AgentSource& b, const MatchSettings& settings,
                                      std::stop_token stop) {
  MatchBook book(settings);
  std::atomic<int> next_pair{settings.first_pair};
  const int end_pair = settings.first_pair + settings.pairs;
  absl::Mutex making;
  const auto work = [&] {
    absl::StatusOr<std::unique_ptr<Agent>> player_a;
    absl::StatusOr<std::unique_ptr<Agent>> player_b;
    {
      const absl::MutexLock lock(&making);
      player_a = a();
      if (player_a.ok()) player_b = b();
    }
    if (!player_a.ok()) return book.Fail(Annotate(player_a.status(), "player a"));
    if (!player_b.ok()) return book.Fail(Annotate(player_b.status(), "player b"));
    book.NameAgents(**player_a, **player_b);
    while (!book.closed() && !stop.stop_requested()) {
      const int pair = next_pair++;
      if (pair >= end_pair) return;
      absl::StatusOr<PairOfGames> games = PlayPair(game, **player_a, **player_b, settings, pair, stop);
      if (!games.ok()) return;  // stopped in the middle of a game
      book.Finish(pair, *std::move(games));
    }
  };
  std::vector<std::thread> threads;
  const int num_threads = std::clamp(settings.threads, 1, std::max(1, settings.pairs));
  for (int i = 1; i < num_threads; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return book.Take();
}

}  // namespace tandem
