#include "training/learner/distributed_learner.h"

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

enum class Word : std::int32_t { kStep, kState, kKeep, kStop };

// What the leader says before anything else happens.
struct Command {
  Word word = Word::kStop;
  std::int32_t rows = 0;  // of the whole batch
  double progress = 0;
};

absl::Status Say(LearnerGroup& group, const Command& command) {
  std::string bytes(sizeof(command), '\0');
  std::memcpy(bytes.data(), &command, sizeof(command));
  return group.Broadcast(&bytes, LearnerGroup::kStepWait);
}

absl::StatusOr<Command> Hear(LearnerGroup& group) {
  std::string bytes;
  TANDEM_RETURN_IF_ERROR(group.Broadcast(&bytes, LearnerGroup::kIdleWait));
  Command command;
  if (bytes.size() != sizeof(command))
    return absl::InternalError(absl::StrCat("a command of ", bytes.size(), " bytes; expected ", sizeof(command)));
  std::memcpy(&command, bytes.data(), sizeof(command));
  return command;
}

// The members of a batch with the numbers of one row, in the order in which they travel.
struct Member {
  std::vector<float> TrainingBatch::*numbers;
  std::size_t width;
};

std::vector<Member> Members(const GameFacts& facts) {
  const auto cells = static_cast<std::size_t>(facts.cells()), actions = static_cast<std::size_t>(facts.num_actions);
  std::vector<Member> members{{&TrainingBatch::planes, cells * static_cast<std::size_t>(facts.num_planes)},
                              {&TrainingBatch::policy, actions},
                              {&TrainingBatch::legal, actions},
                              {&TrainingBatch::wdl, 3},
                              {&TrainingBatch::moves_left, 1},
                              {&TrainingBatch::weight, 1}};
  if (facts.has_ownership) {
    members.push_back({&TrainingBatch::ownership, cells});
    members.push_back({&TrainingBatch::margin, 1});
  }
  return members;
}

struct Rows {
  int begin = 0, end = 0;
  int size() const { return end - begin; }
};

Rows RowsOf(int rank, const World& world, int rows) {
  const auto bound = [&](std::int64_t r) { return static_cast<int>(r * rows / world.size); };
  return {bound(rank), bound(rank + 1)};
}

std::vector<float> Pack(const std::vector<Member>& members, const TrainingBatch& batch, Rows rows) {
  std::vector<float> packed;
  for (const Member& member : members) {
    const auto begin = (batch.*member.numbers).begin();
    packed.insert(packed.end(), begin + static_cast<std::ptrdiff_t>(member.width) * rows.begin,
                  begin + static_cast<std::ptrdiff_t>(member.width) * rows.end);
  }
  return packed;
}

TrainingBatch Unpack(const std::vector<Member>& members, const std::vector<float>& packed, int rows) {
  TrainingBatch batch;
  batch.rows = rows;
  auto at = packed.begin();
  for (const Member& member : members) {
    const auto end = at + static_cast<std::ptrdiff_t>(member.width) * rows;
    (batch.*member.numbers).assign(at, end);
    at = end;
  }
  return batch;
}

std::size_t PackedSize(const std::vector<Member>& members, int rows) {
  std::size_t width = 0;
  for (const Member& member : members) width += member.width;
  return width * static_cast<std::size_t>(rows);
}

std::string Pack(const LearnerState& state) { return SerializeWeights(state.weights); }

// The leader's state to everybody.
absl::Status ShareState(LearnerGroup& group, Learner& learner) {
  std::string step = std::to_string(learner.step()), bytes;
  if (group.leads()) bytes = Pack(learner.ExportState());
  TANDEM_RETURN_IF_ERROR(group.Broadcast(&step, LearnerGroup::kStepWait));
  TANDEM_RETURN_IF_ERROR(group.Broadcast(&bytes, LearnerGroup::kStepWait));
  if (group.leads()) return absl::OkStatus();
  LearnerState state;
  state.step = std::stoll(step);
  TANDEM_ASSIGN_OR_RETURN(state.weights, ParseWeights(bytes));
  return Annotate(learner.ImportState(state), "the leader's state");
}

// Whether all ranks hold the same bytes; the same at every rank.
absl::StatusOr<bool> AllEqual(LearnerGroup& group, const Learner& learner) {
  TANDEM_ASSIGN_OR_RETURN(const std::vector<std::string> digests, group.Exchange(Sha256Hex(Pack(learner.ExportState()))));
  for (const std::string& digest : digests) {
    if (digest != digests[0]) return false;
  }
  return true;
}

// Ranks that drifted apart (processors that round differently) become equal again.
absl::Status CompareAndKeep(LearnerGroup& group, Learner& learner) {
  TANDEM_ASSIGN_OR_RETURN(const bool equal, AllEqual(group, learner));
  if (!equal) {
    if (group.leads()) Log().warn("step {}: the ranks' weights differ; all take rank 0's", learner.step());
    TANDEM_RETURN_IF_ERROR(ShareState(group, learner));
  }
  learner.KeepForRollBack();
  return absl::OkStatus();
}

// Single-threaded.
class LeadingLearner : public Learner {
 public:
  LeadingLearner(const Game& game, std::unique_ptr<Learner> own, LearnerGroup* group)
      : members_(Members(game.facts())), own_(std::move(own)), group_(*group) {}

  ~LeadingLearner() override {
    if (group_.status().ok()) Say(group_, {.word = Word::kStop}).IgnoreError();
  }

  absl::StatusOr<StepReport> Step(const TrainingBatch& batch, double progress) override {
    TANDEM_RETURN_IF_ERROR(CheckRows(batch));
    TANDEM_RETURN_IF_ERROR(group_.status());
    absl::StatusOr<StepReport> report = LeadStep(batch, progress);
    if (report.ok()) return report;
    group_.Leave(report.status());  // whatever it was, the others stand in the middle of a step
    return group_.status();
  }

  std::int64_t step() const override { return own_->step(); }
  Weights AveragedWeights() const override { return own_->AveragedWeights(); }
  std::int64_t num_parameters() const override { return own_->num_parameters(); }
  LearnerState ExportState() const override { return own_->ExportState(); }
  void KeepForRollBack() const override { Keep(); }

  absl::Status Save(const std::filesystem::path& directory) const override {
    TANDEM_RETURN_IF_ERROR(own_->Save(directory));
    Keep();
    return absl::OkStatus();
  }

  absl::Status Load(const std::filesystem::path& directory) override {
    TANDEM_RETURN_IF_ERROR(own_->Load(directory));
    shared_ = false;
    return absl::OkStatus();
  }

  absl::Status ImportState(const LearnerState& state) override {
    TANDEM_RETURN_IF_ERROR(own_->ImportState(state));
    shared_ = false;
    return absl::OkStatus();
  }

 private:
  absl::Status CheckRows(const TrainingBatch& batch) const {
    if (batch.rows < group_.world().size) {
      return BadInput("training batch: ", batch.rows, " rows; expected at least one for each of ", group_.world().size, " ranks");
    }
    for (const Member& member : members_) {
      if ((batch.*member.numbers).size() != member.width * static_cast<std::size_t>(batch.rows)) {
        return BadInput("training batch: a member of ", (batch.*member.numbers).size(), " elements; expected ", batch.rows, " rows of ",
                        member.width);
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<StepReport> LeadStep(const TrainingBatch& batch, double progress) {
    if (!shared_) {
      TANDEM_RETURN_IF_ERROR(Say(group_, {.word = Word::kState}));
      TANDEM_RETURN_IF_ERROR(ShareState(group_, *own_));
      shared_ = true;
    }
    const World& world = group_.world();
    TANDEM_RETURN_IF_ERROR(Say(group_, {.word = Word::kStep, .rows = batch.rows, .progress = progress}));
    for (int rank = 1; rank < world.size; ++rank) {
      TANDEM_RETURN_IF_ERROR(group_.Send(Pack(members_, batch, RowsOf(rank, world, batch.rows)), rank));
    }
    const Rows mine = RowsOf(0, world, batch.rows);
    return own_->Step(Unpack(members_, Pack(members_, batch, mine), mine.size()), progress);
  }

  // A lost group is reported by the next step; what is saved is saved.
  void Keep() const {
    if (!shared_) return;  // the first step shares everything
    if (Say(group_, {.word = Word::kKeep}).ok()) CompareAndKeep(group_, *own_).IgnoreError();
  }

  const std::vector<Member> members_;
  const std::unique_ptr<Learner> own_;
  LearnerGroup& group_;
  bool shared_ = false;  // the followers have this state
};

}  // namespace

std::unique_ptr<Learner> NewLeadingLearner(const Game& game, std::unique_ptr<Learner> own, LearnerGroup* group) {
  return std::make_unique<LeadingLearner>(game, std::move(own), group);
}

absl::Status FollowLeader(const Game& game, Learner& learner, LearnerGroup* group) {
  const std::vector<Member> members = Members(game.facts());
  std::vector<float> packed;
  for (;;) {
    TANDEM_ASSIGN_OR_RETURN(const Command command, Hear(*group));
    switch (command.word) {
      case Word::kStep: {
        const int rows = RowsOf(group->world().rank, group->world(), command.rows).size();
        packed.resize(PackedSize(members, rows));
        TANDEM_RETURN_IF_ERROR(group->Receive(&packed));
        TANDEM_RETURN_IF_ERROR(learner.Step(Unpack(members, packed, rows), command.progress).status());
        break;
      }
      case Word::kState:
        TANDEM_RETURN_IF_ERROR(ShareState(*group, learner));
        break;
      case Word::kKeep:
        TANDEM_RETURN_IF_ERROR(CompareAndKeep(*group, learner));
        break;
      case Word::kStop:
        return absl::OkStatus();
    }
  }
}

}  // namespace tandem
