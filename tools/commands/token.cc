// tandem token create|list|revoke: who may bring games to a run.
#include <iostream>
#include <memory>

#include "absl/strings/str_format.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/net/run_directory.h"
#include "tools/commands/command.h"
#include "training/coordinator/token_store.h"

namespace tandem {
namespace {

struct TokenOptions {
  std::string run, name, which;
  double days = 0;
};

absl::StatusOr<std::unique_ptr<TokenStore>> OpenStore(const TokenOptions& options) {
  const RunDirectory directory{std::filesystem::path(options.run)};
  TANDEM_RETURN_IF_ERROR(directory.ReadConfig().status());
  return std::make_unique<TokenStore>(directory.serve(), &Clock::Real());
}

absl::Status Create(const TokenOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const auto store, OpenStore(options));
  const absl::Duration lifetime = options.days > 0 ? absl::Hours(24) * options.days : absl::InfiniteDuration();
  TANDEM_ASSIGN_OR_RETURN(const std::string token, store->Create(options.name, lifetime));
  std::cout << token << "\n";
  return absl::OkStatus();
}

std::string StateOf(const TokenInfo& token, absl::Time now) {
  if (token.revoked) return "revoked";
  if (token.expires <= now) return "expired";
  if (token.quarantined_until > now)
    return "in quarantine until " + absl::FormatTime("%F %T UTC", token.quarantined_until, absl::UTCTimeZone());
  return "good";
}

absl::Status List(const TokenOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const auto store, OpenStore(options));
  TANDEM_ASSIGN_OR_RETURN(const std::vector<TokenInfo> tokens, store->List());
  for (const TokenInfo& token : tokens) {
    const std::string expires =
        token.expires == absl::InfiniteFuture() ? "never expires" : "expires " + absl::FormatTime("%F", token.expires, absl::UTCTimeZone());
    std::cout << absl::StrFormat("%s  %-20s  made %s  %s  %s\n", token.id, token.name,
                                 absl::FormatTime("%F", token.created, absl::UTCTimeZone()), expires, StateOf(token, Clock::Real().Now()));
  }
  return absl::OkStatus();
}

absl::Status Revoke(const TokenOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const auto store, OpenStore(options));
  return store->Revoke(options.which);
}

CommandAction SetUpToken(CLI::App& app) {
  auto options = std::make_shared<TokenOptions>();
  auto action = std::make_shared<CommandAction>();
  const auto add = [&](const char* name, const char* help, absl::Status (*run)(const TokenOptions&)) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->add_option("--run", options->run, "run directory")->required();
    sub->final_callback([action, run, options] { *action = [run, options] { return run(*options); }; });
    return sub;
  };
  app.require_subcommand(1);
  CLI::App* create = add("create", "makes a token and prints it, this once", Create);
  create->add_option("--name", options->name, "whose it is")->required();
  create->add_option("--days", options->days, "how long it is good; 0 = for ever")->check(CLI::Range(0.0, 36500.0));
  add("list", "lists the tokens without their secrets", List);
  add("revoke", "ends a token at once", Revoke)->add_option("token", options->which, "id or name")->required();
  return [action] { return (*action)(); };
}

TANDEM_REGISTER_COMMAND("token", "creates, lists and revokes the tokens of workers", SetUpToken);

}  // namespace
}  // namespace tandem
