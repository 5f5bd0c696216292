#include "tools/commands/holdout.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <memory>

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/record/chunk.h"

namespace tandem {
namespace {

constexpr std::size_t kBatch = 256;
constexpr double kSmallestPrior = 1e-9;

// Positions that wait for the network.
struct Pending {
  std::unique_ptr<State> state;
  ActionList legal;
  std::vector<float> prior;
  Evaluation evaluation;
  Action played = kNoAction;
  int result = 0;  // for the mover
};

absl::Status Judge(Evaluator& evaluator, std::vector<Pending>* pending, HoldoutReport* sums) {
  std::vector<EvalRequest> requests;
  for (Pending& one : *pending) {
    one.prior.resize(static_cast<std::size_t>(one.legal.size()));
    requests.push_back({one.state.get(), one.legal.span(), one.prior, &one.evaluation});
  }
  TANDEM_RETURN_IF_ERROR(evaluator.Evaluate(requests));
  for (const Pending& one : *pending) {
    const auto best = std::max_element(one.prior.begin(), one.prior.end()) - one.prior.begin();
    const int played = one.legal.Find(one.played);
    ++sums->positions;
    sums->top1 += best == played ? 1 : 0;
    sums->random_top1 += 1.0 / one.legal.size();
    sums->policy_nats -= std::log(std::max<double>(one.prior[static_cast<std::size_t>(played)], kSmallestPrior));
    const Evaluation& e = one.evaluation;
    const int likeliest = e.win >= e.draw && e.win >= e.loss ? 1 : e.loss >= e.draw ? -1 : 0;
    sums->result_accuracy += likeliest == one.result ? 1 : 0;
    sums->value_mse += (e.Value() - one.result) * (e.Value() - one.result);
  }
  pending->clear();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<GameRecord>> ReadHoldout(const Game& game, const RunDirectory& run) {
  const std::filesystem::path directory = HoldoutDirectory(run);
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return absl::NotFoundError(
        absl::StrCat("no games kept apart in ", directory.string(), "; expected a run of `tandem import --holdout`"));
  }
  TANDEM_ASSIGN_OR_RETURN(const std::vector<std::filesystem::path> paths, ListChunks(directory));
  std::vector<GameRecord> games;
  for (const std::filesystem::path& path : paths) {
    TANDEM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
    auto chunk = ParseChunk(bytes);
    if (!chunk.ok()) return Annotate(chunk.status(), path.string());
    for (GameRecord& record : chunk->games) {
      TANDEM_RETURN_IF_ERROR(Annotate(VerifyRecord(game, record), path.string()));
      games.push_back(std::move(record));
    }
  }
  return games;
}

absl::StatusOr<HoldoutReport> MeasureHoldout(const Game& game, const std::vector<GameRecord>& games, Evaluator& evaluator) {
  HoldoutReport sums;
  std::vector<Pending> pending;
  for (const GameRecord& record : games) {
    ++sums.games;
    std::unique_ptr<State> state = game.NewState();
    if (record.has_start()) {
      TANDEM_ASSIGN_OR_RETURN(state, game.StateFromText(record.start()));
    }
    const int opening = static_cast<int>(record.opening_plies());
    for (int ply = 0; ply < record.moves_size(); ++ply) {
      const auto action = static_cast<Action>(record.moves(ply));
      if (ply >= opening && record.turns(ply - opening).full_search()) {
        Pending& one = pending.emplace_back();
        one.state = state->Clone();
        state->LegalActions(one.legal);
        one.played = action;
        one.result = SwitchView(record.result(), state->ToMove());
        if (pending.size() == kBatch) TANDEM_RETURN_IF_ERROR(Judge(evaluator, &pending, &sums));
      }
      state->Apply(action);
    }
  }
  if (!pending.empty()) TANDEM_RETURN_IF_ERROR(Judge(evaluator, &pending, &sums));
  if (sums.positions == 0) return BadInput("no position to judge in ", games.size(), " games");
  const auto n = static_cast<double>(sums.positions);
  for (double* sum : {&sums.top1, &sums.random_top1, &sums.policy_nats, &sums.result_accuracy, &sums.value_mse}) *sum /= n;
  return sums;
}

}  // namespace tandem
