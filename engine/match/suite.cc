#include "engine/match/suite.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

struct Band {
  int first = 0;
  int last = 0;
  const char* label = "";
};
// The bands that solved Connect Four sets are usually reported in; plies outside come first and last.
constexpr std::array<Band, 7> kBands = {{{0, 1, "0-1"},
                                         {2, 7, "2-7"},
                                         {8, 13, "8-13"},
                                         {14, 20, "14-20"},
                                         {21, 28, "21-28"},
                                         {29, 36, "29-36"},
                                         {37, std::numeric_limits<int>::max(), "37+"}}};

// Sums of one row before they become shares.
struct Tally {
  std::int64_t positions = 0;
  std::int64_t mixed = 0;
  std::int64_t kept = 0;
  double random = 0;
  double regret = 0;

  SuiteRow Row(std::string label) const {
    SuiteRow row{.label = std::move(label), .mixed = WilsonShare(kept, mixed), .positions = positions};
    if (mixed > 0) {
      row.random_share = random / static_cast<double>(mixed);
      row.regret = regret / static_cast<double>(mixed);
    }
    return row;
  }
};

void Count(const SolvedPosition& position, int value, Tally* tally) {
  ++tally->positions;
  if (!position.Mixed()) return;
  const int best = position.BestValue();
  ++tally->mixed;
  if (value == best) ++tally->kept;
  tally->random += position.RandomShare();
  tally->regret += best - value;
}

// Result of the agent's move in each position; absent when the file does not know it.
using Answers = std::vector<std::optional<int>>;

absl::Status Answer(const SolvedPosition& position, Agent& agent, std::uint64_t seed, std::stop_token stop, std::optional<int>* answer) {
  TANDEM_RETURN_IF_ERROR(agent.Reset(*position.state, seed));
  TANDEM_ASSIGN_OR_RETURN(const Decision decision, agent.Act(nullptr, stop));
  ActionList legal;
  position.state->LegalActions(legal);
  const int index = legal.Find(decision.action);
  if (index < 0) return absl::InternalError(absl::StrCat("illegal action ", decision.action));
  *answer = position.move_values[static_cast<std::size_t>(index)];
  return absl::OkStatus();
}

SuiteReport Summarise(const SolvedSet& set, const Answers& answers) {
  SuiteReport report;
  Tally all;
  std::array<Tally, kBands.size()> bands;
  std::int64_t judged = 0;
  std::int64_t kept = 0;
  report.kept.resize(set.positions.size(), false);
  for (std::size_t i = 0; i < set.positions.size(); ++i) {
    const SolvedPosition& position = set.positions[i];
    if (!answers[i]) {
      ++report.unjudged;
      continue;
    }
    ++judged;
    report.kept[i] = *answers[i] == position.BestValue();
    if (report.kept[i]) ++kept;
    Count(position, *answers[i], &all);
    for (std::size_t b = 0; b < kBands.size(); ++b) {
      if (position.ply >= kBands[b].first && position.ply <= kBands[b].last) Count(position, *answers[i], &bands[b]);
    }
  }
  report.all = all.Row("all");
  report.any = WilsonShare(kept, judged);
  for (std::size_t b = 0; b < kBands.size(); ++b) {
    if (bands[b].positions > 0) report.bands.push_back(bands[b].Row(kBands[b].label));
  }
  return report;
}

}  // namespace

absl::StatusOr<SuiteReport> RunSuite(const SolvedSet& set, const AgentSource& source, int threads, std::uint64_t seed,
                                     std::stop_token stop) {
  Answers answers(set.positions.size());
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  absl::Mutex mutex;
  absl::Status status;
  std::string spec;
  std::string details;
  const auto work = [&] {
    absl::StatusOr<std::unique_ptr<Agent>> agent;
    {
      const absl::MutexLock lock(&mutex);
      agent = source();
      if (!agent.ok()) {
        status = agent.status();
        failed = true;
        return;
      }
      spec = (*agent)->spec();
      details = (*agent)->Details();
    }
    for (std::size_t i = next++; i < set.positions.size() && !failed; i = next++) {
      const std::uint64_t position_seed = Rng::Stream(seed, "suite", i)();
      const absl::Status answered = Answer(set.positions[i], **agent, position_seed, stop, &answers[i]);
      if (answered.ok() && !stop.stop_requested()) continue;
      const absl::MutexLock lock(&mutex);
      status = answered.ok() ? absl::CancelledError("the suite was stopped")
                             : Annotate(answered, absl::StrCat("position ", set.positions[i].state->ToText()));
      failed = true;
    }
  };
  std::vector<std::thread> helpers;
  const int num_threads = std::clamp(threads, 1, std::max(1, static_cast<int>(set.positions.size())));
  for (int i = 1; i < num_threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  TANDEM_RETURN_IF_ERROR(status);
  SuiteReport report = Summarise(set, answers);
  report.agent = spec;
  report.agent_details = details;
  return report;
}

}  // namespace tandem
