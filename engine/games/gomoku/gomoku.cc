// Gomoku: five in a row on a square board, freestyle or exactly five: connect_k's rules (engine/game/connect_k.h).
#include "engine/base/status.h"
#include "engine/game/connect_k.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

constexpr int kDefaultSize = 15, kMinSize = 9, kMaxSize = 20;

absl::StatusOr<std::unique_ptr<const Game>> MakeGomoku(const GameOptions& options) {
  ConnectKRules rules = {.k = 5};
  TANDEM_ASSIGN_OR_RETURN(rules.rows, options.Int("size", kDefaultSize, kMinSize, kMaxSize));
  TANDEM_ASSIGN_OR_RETURN(rules.exact, options.Bool("exact", false));
  rules.cols = rules.rows;
  GameFacts facts;
  options.Identify(&facts);
  facts.title = absl::StrCat("Gomoku ", rules.rows, "x", rules.cols, rules.exact ? ", exactly five" : "");
  return MakeConnectK(rules, std::move(facts));
}

TANDEM_REGISTER_GAME("gomoku", MakeGomoku, "size exact", "");

}  // namespace
}  // namespace tandem
