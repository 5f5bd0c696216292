#include "training/learner/distributed_agreement.h"

#include <utility>

#include "engine/base/config.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

// Of what travels between the ranks: binaries that mean different things by it must not train together.
constexpr std::int64_t kProtocol = 1;

std::string CheckpointName(const RunDirectory& directory) {
  const auto all = directory.ReadCheckpoints();
  if (!all.ok() || all->empty()) return "no checkpoint";
  return absl::StrCat("checkpoint ", all->back().step, " (network ", all->back().net_id, ")");
}

// "learner.batch_size is 64 here and 128 at rank 0", for the first option that differs; empty when none does.
absl::StatusOr<std::string> Difference(const RunConfig& here, const RunConfig& leader) {
  if (ConfigHash(here) == ConfigHash(leader)) return std::string();
  for (const ConfigOption& option : ConfigHelp(*RunConfig::descriptor())) {
    TANDEM_ASSIGN_OR_RETURN(const std::string mine, GetConfigValue(here, option.key));
    TANDEM_ASSIGN_OR_RETURN(const std::string leads, GetConfigValue(leader, option.key));
    if (mine == leads) continue;
    return absl::StrCat(option.key, " is ", mine, " here and ", leads, " at rank 0 (configurations ", ConfigHash(here), " and ",
                        ConfigHash(leader), ")");
  }
  return absl::StrCat("configurations ", ConfigHash(here), " here and ", ConfigHash(leader), " at rank 0 differ");
}

absl::Status CheckConfig(const RunConfig& base, const RankRequest& request, const RunConfig& leader) {
  RunConfig here = base;
  if (!request.game.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(request.game));
    here.set_game(game->facts().spec);
  }
  for (const std::string& assignment : request.overrides) {
    TANDEM_RETURN_IF_ERROR(Annotate(SetConfigValue(here, assignment), "--set " + assignment));
  }
  TANDEM_ASSIGN_OR_RETURN(const std::string difference, Difference(here, leader));
  if (difference.empty()) return absl::OkStatus();
  return BadInput(difference, "; start all ranks with the same command line");
}

struct Hello {
  RunConfig config;
  std::string checkpoint;
};

absl::StatusOr<Hello> ParseHello(const std::string& text) {
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value value, ParseJson(text, "rank 0's hello"));
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return BadInput("rank 0's hello: expected an object");
  if (object->contains("error")) {
    TANDEM_ASSIGN_OR_RETURN(const std::string error, JsonString(*object, "error"));
    return BadInput("rank 0 can not lead: ", error);
  }
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t protocol, JsonInteger(*object, "protocol"));
  if (protocol != kProtocol) return BadInput("rank 0 speaks version ", protocol, " of the ranks' protocol; expected ", kProtocol);
  Hello hello;
  TANDEM_ASSIGN_OR_RETURN(const std::string config, JsonString(*object, "config"));
  TANDEM_RETURN_IF_ERROR(ParseConfigText(config, "rank 0's configuration", hello.config));
  TANDEM_ASSIGN_OR_RETURN(hello.checkpoint, JsonString(*object, "checkpoint"));
  return hello;
}

absl::Status CheckHello(const Hello& hello, const RankRequest& request) {
  const RunDirectory directory{std::filesystem::path(request.directory)};
  if (request.directory.empty() || !directory.Exists()) return CheckConfig(hello.config, request, hello.config);
  // Rank 0 has written its overrides already where the directory is shared; a copy has the configuration of before.
  TANDEM_ASSIGN_OR_RETURN(const RunConfig stored, directory.ReadConfig());
  TANDEM_RETURN_IF_ERROR(Annotate(CheckConfig(stored, request, hello.config), request.directory));
  const std::string checkpoint = CheckpointName(directory);
  if (checkpoint == hello.checkpoint) return absl::OkStatus();
  return BadInput(request.directory, " has ", checkpoint, " here, and ", hello.checkpoint, " at rank 0; expected the same run");
}

// The first rank's error, at every rank.
absl::Status Verdict(LearnerGroup& group, const absl::Status& mine) {
  TANDEM_ASSIGN_OR_RETURN(const std::vector<std::string> verdicts, group.Exchange(std::string(mine.message())));
  for (std::size_t rank = 0; rank < verdicts.size(); ++rank) {
    if (!verdicts[rank].empty()) return BadInput("rank ", rank, ": ", verdicts[rank]);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LeadAgreement(LearnerGroup& group, const RunConfig& config, const RunDirectory& directory) {
  if (config.learner().batch_size() < group.world().size) {
    const absl::Status few = BadInput("learner.batch_size=", config.learner().batch_size(), "; expected at least one row for each of ",
                                      group.world().size, " ranks");
    CancelAgreement(group, few);
    return few;
  }
  std::string hello =
      JsonText(boost::json::object{{"protocol", kProtocol}, {"config", ConfigText(config)}, {"checkpoint", CheckpointName(directory)}});
  TANDEM_RETURN_IF_ERROR(group.Broadcast(&hello, LearnerGroup::kStepWait));
  return Verdict(group, absl::OkStatus());
}

void CancelAgreement(LearnerGroup& group, const absl::Status& why) {
  std::string hello = JsonText(boost::json::object{{"error", std::string(why.message())}});
  group.Broadcast(&hello, LearnerGroup::kStepWait).IgnoreError();
}

absl::StatusOr<RunConfig> FollowAgreement(LearnerGroup& group, const RankRequest& request) {
  std::string text;
  TANDEM_RETURN_IF_ERROR(group.Broadcast(&text, LearnerGroup::kStepWait));
  absl::StatusOr<Hello> hello = ParseHello(text);
  if (!hello.ok() && text.starts_with("{\"error\"")) return hello.status();  // rank 0 is not waiting for a verdict
  TANDEM_RETURN_IF_ERROR(Verdict(group, hello.ok() ? CheckHello(*hello, request) : hello.status()));
  return hello->config;
}

}  // namespace tandem
