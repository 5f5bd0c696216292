// connect_k: k in a row on any board, every rule an option. The rules lie in engine/game/connect_k.h.
#include "engine/base/status.h"
#include "engine/game/connect_k.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

absl::StatusOr<std::unique_ptr<const Game>> MakeAnyConnectK(const GameOptions& options) {
  constexpr int kMax = ConnectKRules::kMaxSide;
  ConnectKRules rules;
  TANDEM_ASSIGN_OR_RETURN(rules.rows, options.Int("rows", 6, 1, kMax));
  TANDEM_ASSIGN_OR_RETURN(rules.cols, options.Int("cols", 7, 1, kMax));
  TANDEM_ASSIGN_OR_RETURN(rules.k, options.Int("k", 4, 2, kMax));
  TANDEM_ASSIGN_OR_RETURN(rules.gravity, options.Bool("gravity", true));
  TANDEM_ASSIGN_OR_RETURN(rules.exact, options.Bool("exact", false));
  TANDEM_ASSIGN_OR_RETURN(rules.misere, options.Bool("misere", false));
  GameFacts facts;
  options.Identify(&facts);
  facts.title = absl::StrCat("Connect ", rules.k, " on ", rules.cols, "x", rules.rows, rules.gravity ? "" : ", stones stay where placed",
                             rules.exact ? ", exactly so many" : "", rules.misere ? " (misere)" : "");
  return MakeConnectK(rules, std::move(facts));
}

TANDEM_REGISTER_GAME("connect_k", MakeAnyConnectK, "rows cols k gravity exact misere", "");

}  // namespace
}  // namespace tandem
