#include "engine/search/report.h"

#include <algorithm>
#include <vector>

namespace tandem {
namespace {

enum class Standing { kExcluded, kLoses, kOpen, kWins };

std::vector<Standing> Standings(const Root& root) {
  std::vector<Standing> standings;
  for (std::size_t i = 0; i < root.edges.size(); ++i) {
    const Proven proven = root.prove() ? root.edges[i].proven : Proven::kNo;
    standings.push_back(!root.allowed[i]          ? Standing::kExcluded
                        : proven == Proven::kWin  ? Standing::kWins
                        : proven == Proven::kLoss ? Standing::kLoses
                                                  : Standing::kOpen);
  }
  return standings;
}

// `policy` with proofs put in, summing to 1.
std::vector<double> RefinedPolicy(const Root& root, const std::vector<Standing>& standings, std::vector<double> policy) {
  const Standing best = *std::max_element(standings.begin(), standings.end());
  int slowest = 0;
  for (std::size_t i = 0; i < policy.size(); ++i) {
    if (standings[i] == Standing::kLoses) slowest = std::max(slowest, root.tree->Plies(root.edges[i]));
  }
  std::vector<double> fallback(policy.size());  // where the policy has no mass left
  for (std::size_t i = 0; i < policy.size(); ++i) {
    const Edge& edge = root.edges[i];
    const bool kept = standings[i] == best && (best != Standing::kLoses || root.tree->Plies(edge) == slowest);
    if (!kept) {
      policy[i] = 0;
      continue;
    }
    if (best != Standing::kOpen) policy[i] = edge.visits;
    fallback[i] = std::max(edge.prior, 1e-6f);
  }
  double sum = 0;
  for (const double p : policy) sum += p;
  if (!(sum > 0)) policy = std::move(fallback);
  sum = 0;
  for (const double p : policy) sum += p;
  for (double& p : policy) p /= sum;
  return policy;
}

MoveStats Stats(const Root& root, const Edge& edge, double policy, const Evaluation& root_wdl) {
  MoveStats move;
  move.action = edge.action;
  move.prior = edge.prior;
  move.policy = static_cast<float>(policy);
  move.visits = edge.visits;
  move.q = static_cast<float>(EdgeValue(edge, root.value()));
  move.wdl = root.tree->MeanOutcome(edge, root_wdl);
  move.proven = edge.proven;
  if (edge.proven == Proven::kWin || edge.proven == Proven::kLoss) move.mate_plies = root.tree->Plies(edge);
  move.pv = root.tree->Line(edge);
  return move;
}

// Edge indices, best first.
std::vector<int> RankEdges(const Root& root, const std::vector<Standing>& standings, const std::vector<double>& preference) {
  std::vector<int> order;
  for (std::size_t i = 0; i < root.edges.size(); ++i) {
    if (standings[i] != Standing::kExcluded) order.push_back(static_cast<int>(i));
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if (standings[a] != standings[b]) return standings[a] > standings[b];
    if (standings[a] == Standing::kWins) return root.tree->Plies(root.edges[a]) < root.tree->Plies(root.edges[b]);
    if (standings[a] == Standing::kLoses) return root.tree->Plies(root.edges[a]) > root.tree->Plies(root.edges[b]);
    return preference[a] > preference[b];
  });
  return order;
}

// Before the root's evaluation came: all legal moves alike.
void ReportUnknown(const State& state, SearchResult* result) {
  ActionList legal;
  state.LegalActions(legal);
  for (int i = 0; i < legal.size(); ++i) {
    MoveStats move;
    move.action = legal[i];
    move.prior = move.policy = 1.0f / static_cast<float>(legal.size());
    move.pv = {legal[i]};
    result->moves.push_back(std::move(move));
    result->ranking.push_back(i);
  }
  result->action = legal.empty() ? kNoAction : legal[0];
}

Evaluation Flipped(Evaluation evaluation) {
  std::swap(evaluation.win, evaluation.loss);
  return evaluation;
}

}  // namespace

std::int64_t BudgetOf(const SearchLimits& limits, std::int64_t default_simulations) {
  if (limits.infinite) return kNoBudget;
  if (limits.simulations > 0) return limits.simulations;
  return limits.time == absl::InfiniteDuration() && limits.depth == 0 ? default_simulations : kNoBudget;
}

SearchResult ReportSearch(const Root& root, const Judgement& judgement) {
  SearchResult result;
  const Tree& tree = *root.tree;
  result.memory_share = static_cast<double>(tree.used_bytes()) / static_cast<double>(tree.capacity_bytes());
  result.memory_full = tree.memory_full();
  if (!tree.has_root()) return result;
  const Node* node = root.node();
  if (node == nullptr) {
    ReportUnknown(tree.root_state(), &result);
    return result;
  }
  result.tree_visits = root.above->visits;
  result.root_value = static_cast<float>(root.value());
  result.raw = node->Raw();
  result.root_wdl = Flipped(tree.MeanOutcome(*root.above, Flipped(node->Raw())));
  result.root_wdl.moves_left = result.raw.moves_left;
  result.proven = Opposite(root.above->proven);

  const std::vector<Standing> standings = Standings(root);
  const std::vector<double> policy = RefinedPolicy(root, standings, judgement.policy);
  std::vector<int> by_action(root.edges.size());
  for (std::size_t i = 0; i < by_action.size(); ++i) by_action[i] = static_cast<int>(i);
  std::sort(by_action.begin(), by_action.end(), [&](int a, int b) { return root.edges[a].action < root.edges[b].action; });
  std::vector<int> index_of_edge(root.edges.size());
  for (std::size_t i = 0; i < by_action.size(); ++i) {
    index_of_edge[by_action[i]] = static_cast<int>(i);
    result.moves.push_back(Stats(root, root.edges[by_action[i]], policy[by_action[i]], result.root_wdl));
  }
  for (const int edge : RankEdges(root, standings, judgement.preference)) result.ranking.push_back(index_of_edge[edge]);
  result.action = result.moves[result.ranking[0]].action;
  return result;
}

}  // namespace tandem
