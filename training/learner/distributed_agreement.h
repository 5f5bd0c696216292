// What the ranks of a data-parallel learner say to each other before the first step: rank 0 its configuration and newest checkpoint, the
// others whether what they were asked to do is the same. Either all go on or all stop with the same line. Free of torch.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/net/run_directory.h"
#include "proto/run_config.pb.h"
#include "training/learner/distributed_group.h"

namespace tandem {

// A rank's own command line. The directory need not exist on a host that does not lead; a run that lies there must be rank 0's: the same
// configuration and the same newest checkpoint.
struct RankRequest {
  std::string directory = {};
  std::string game = {};                    // empty: the run's
  std::vector<std::string> overrides = {};  // "learner.batch_size=512"
};

// Rank 0, with its opened run. kInvalidArgument names the rank and what differs there. Also when the batch has fewer rows than there are
// ranks.
absl::Status LeadAgreement(LearnerGroup& group, const RunConfig& config, const RunDirectory& directory);
// Rank 0, when it has no run to lead: the others stop with the same error.
void CancelAgreement(LearnerGroup& group, const absl::Status& why);
// Every other rank: rank 0's configuration.
absl::StatusOr<RunConfig> FollowAgreement(LearnerGroup& group, const RankRequest& request);

}  // namespace tandem
