#include "engine/search/raw.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace tandem {
namespace {

// One position with room for the answer.
struct Question {
  std::unique_ptr<State> state;
  ActionList legal;
  std::vector<float> prior;
  Evaluation evaluation;

  explicit Question(std::unique_ptr<State> s) : state(std::move(s)) {
    state->LegalActions(legal);
    prior.resize(static_cast<std::size_t>(legal.size()));
  }
  EvalRequest Request() { return {state.get(), legal.span(), prior, &evaluation}; }
};

// What both planners start from: the network's opinion of the root.
SearchResult ReportRoot(const Question& root) {
  SearchResult result;
  result.raw = result.root_wdl = root.evaluation;
  result.root_value = root.evaluation.Value();
  for (int i = 0; i < root.legal.size(); ++i) {
    MoveStats move;
    move.action = root.legal[i];
    move.prior = move.policy = root.prior[static_cast<std::size_t>(i)];
    move.q = result.root_value;
    move.wdl = root.evaluation;
    move.pv = {move.action};
    result.moves.push_back(std::move(move));
  }
  return result;
}

bool Allowed(const SearchLimits& limits, Action action) {
  return limits.root_actions.empty() ||
         std::find(limits.root_actions.begin(), limits.root_actions.end(), action) != limits.root_actions.end();
}

// Ranks the allowed moves (all, when none of the wanted ones is legal) by `score`, ties by prior, then by action.
template <typename Score>
void Rank(const SearchLimits& limits, Score score, SearchResult* result) {
  for (std::size_t i = 0; i < result->moves.size(); ++i) {
    if (Allowed(limits, result->moves[i].action)) result->ranking.push_back(static_cast<int>(i));
  }
  if (result->ranking.empty()) {
    for (std::size_t i = 0; i < result->moves.size(); ++i) result->ranking.push_back(static_cast<int>(i));
  }
  std::stable_sort(result->ranking.begin(), result->ranking.end(), [&](int a, int b) {
    const MoveStats& x = result->moves[static_cast<std::size_t>(a)];
    const MoveStats& y = result->moves[static_cast<std::size_t>(b)];
    return score(x) != score(y) ? score(x) > score(y) : x.prior > y.prior;
  });
  result->action = result->moves[static_cast<std::size_t>(result->ranking[0])].action;
}

class PriorPlanner final : public Planner {
 public:
  explicit PriorPlanner(std::unique_ptr<Evaluator> evaluator) : evaluator_(std::move(evaluator)) {}

  absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng&, std::stop_token, const Progress&) override {
    Question question(root.Clone());
    EvalRequest request = question.Request();
    const absl::Status status = evaluator_->Evaluate({&request, 1});
    if (!status.ok()) return status;
    SearchResult result = ReportRoot(question);
    result.simulations = result.evaluations = result.tree_visits = 1;
    Rank(
        limits, [](const MoveStats& move) { return move.prior; }, &result);
    return result;
  }
  void NewGame() override {}

 private:
  const std::unique_ptr<Evaluator> evaluator_;
};

class ValuePlanner final : public Planner {
 public:
  explicit ValuePlanner(std::unique_ptr<Evaluator> evaluator) : evaluator_(std::move(evaluator)) {}

  absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng&, std::stop_token, const Progress&) override {
    std::vector<std::unique_ptr<Question>> questions;  // the root, then the position after each legal move
    questions.push_back(std::make_unique<Question>(root.Clone()));
    for (const Action action : questions[0]->legal) {
      std::unique_ptr<State> state = root.Clone();
      state->Apply(action);
      questions.push_back(std::make_unique<Question>(std::move(state)));
    }
    std::vector<EvalRequest> batch;
    for (const auto& question : questions) {
      if (!question->state->IsTerminal()) batch.push_back(question->Request());
    }
    const absl::Status status = evaluator_->Evaluate(batch);
    if (!status.ok()) return status;

    SearchResult result = ReportRoot(*questions[0]);
    for (std::size_t i = 0; i < result.moves.size(); ++i) FillMove(root, *questions[i + 1], &result.moves[i]);
    Rank(
        limits, [](const MoveStats& move) { return move.q; }, &result);
    const MoveStats& best = result.moves[static_cast<std::size_t>(result.ranking[0])];
    result.root_value = best.q;
    result.root_wdl = best.wdl;
    if (best.proven == Proven::kWin) result.proven = Proven::kWin;
    for (MoveStats& move : result.moves) move.policy = move.action == result.action;
    result.simulations = result.tree_visits = static_cast<std::int64_t>(questions.size());
    result.evaluations = static_cast<std::int64_t>(batch.size());
    result.depth = result.seldepth = 1;
    return result;
  }
  void NewGame() override {}

 private:
  static void FillMove(const State& root, const Question& after, MoveStats* move) {
    move->visits = 1;
    const Outcome outcome = after.state->GetOutcome();
    if (outcome == Outcome::kOngoing) {
      // The opponent is to move there unless a game lets a side move twice.
      const bool same_side = after.state->ToMove() == root.ToMove();
      const Evaluation& opinion = after.evaluation;
      move->wdl = opinion;
      if (!same_side) std::swap(move->wdl.win, move->wdl.loss);
      move->wdl.moves_left = opinion.moves_left + 1;
    } else {
      const int value = MoverResult(outcome, root.ToMove());
      move->wdl = {.win = value > 0 ? 1.0f : 0, .draw = value == 0 ? 1.0f : 0, .loss = value < 0 ? 1.0f : 0, .moves_left = 1};
      move->proven = value > 0 ? Proven::kWin : value < 0 ? Proven::kLoss : Proven::kDraw;
      move->mate_plies = value != 0;
    }
    move->q = move->wdl.Value();
  }

  const std::unique_ptr<Evaluator> evaluator_;
};

}  // namespace

std::unique_ptr<Planner> NewPriorPlanner(const Game&, std::unique_ptr<Evaluator> evaluator) {
  return std::make_unique<PriorPlanner>(std::move(evaluator));
}

std::unique_ptr<Planner> NewValuePlanner(const Game&, std::unique_ptr<Evaluator> evaluator) {
  return std::make_unique<ValuePlanner>(std::move(evaluator));
}

}  // namespace tandem
