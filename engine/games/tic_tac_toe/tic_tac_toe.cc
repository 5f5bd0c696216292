// Tic-tac-toe, and misere (three in a row loses): connect_k's rules on 3x3 (engine/game/connect_k.h).
#include "engine/base/status.h"
#include "engine/game/connect_k.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

absl::StatusOr<std::unique_ptr<const Game>> MakeTicTacToe(const GameOptions& options) {
  ConnectKRules rules = {.rows = 3, .cols = 3, .k = 3};
  TANDEM_ASSIGN_OR_RETURN(rules.misere, options.Bool("misere", false));
  GameFacts facts;
  options.Identify(&facts);
  facts.title = rules.misere ? "Tic-tac-toe (misere)" : "Tic-tac-toe";
  return MakeConnectK(rules, std::move(facts));
}

TANDEM_REGISTER_GAME("tic_tac_toe", MakeTicTacToe, "misere", "");

}  // namespace
}  // namespace tandem
