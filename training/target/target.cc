#include "training/target/target.h"

#include <algorithm>

namespace tandem {
namespace {

// Win, draw, loss of a certain result, -1..1.
std::array<double, 3> OneHot(int result) { return {result > 0 ? 1.0 : 0.0, result == 0 ? 1.0 : 0.0, result < 0 ? 1.0 : 0.0}; }

std::vector<PolicyWeight> PolicyTarget(const Turn& turn) {
  double sum = 0;
  for (const std::uint32_t visits : turn.visits()) sum += visits;
  std::vector<PolicyWeight> policy;
  for (int i = 0; i < turn.visits_size(); ++i) {
    if (turn.visits(i) == 0) continue;
    policy.push_back({static_cast<Action>(turn.visit_actions(i)), static_cast<float>(turn.visits(i) / sum)});
  }
  return policy;
}

}  // namespace

std::array<float, 3> ValueTarget(const Turn& turn, int result, int mover, double root_value_share) {
  std::array<double, 3> target;
  if (turn.has_proven()) {
    target = OneHot(SwitchView(turn.proven(), mover));
  } else {
    const double value = SwitchView(turn.root_value(), mover);
    const double draw = std::clamp<double>(turn.root_draw(), 0, 1 - std::abs(value));
    const std::array<double, 3> searched = {(1 - draw + value) / 2, draw, (1 - draw - value) / 2};
    target = OneHot(SwitchView(result, mover));
    for (int i = 0; i < 3; ++i) target[i] = (1 - root_value_share) * target[i] + root_value_share * searched[i];
  }
  return {static_cast<float>(target[0]), static_cast<float>(target[1]), static_cast<float>(target[2])};
}

std::vector<TargetRow> MakeTargets(const GameRecord& record, std::span<const std::int8_t> movers, double root_value_share) {
  std::vector<TargetRow> rows;
  const int opening_plies = static_cast<int>(record.opening_plies());
  for (int i = 0; i < record.turns_size(); ++i) {
    const Turn& turn = record.turns(i);
    if (!turn.full_search()) continue;
    TargetRow& row = rows.emplace_back();
    row.ply = opening_plies + i;
    row.policy = PolicyTarget(turn);
    row.wdl = ValueTarget(turn, record.result(), movers[row.ply], root_value_share);
    row.moves_left = static_cast<float>(record.moves_size() - row.ply);
    row.surprise = turn.prior_kl();
  }
  return rows;
}

}  // namespace tandem
