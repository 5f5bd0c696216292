// Ranks of a data-parallel learner as processes of their own on the loopback interface. The test itself only forks and compares files:
// nothing of LibTorch may have run in a process that forks.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <sstream>

#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/net/run_directory.h"
#include "tests/game_named.h"
#include "tests/training/learner/random_batch.h"
#include "training/learner/distributed_agreement.h"
#include "training/learner/distributed_learner.h"

namespace tandem {
namespace {

int FreePort() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  TANDEM_CHECK(::bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
  TANDEM_CHECK(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(listener);
  return ntohs(address.sin_port);
}

std::filesystem::path FreshDirectory(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

// What a rank leaves: its last words, and all that it printed to stderr.
struct RankResult {
  int exit_code = -1;
  std::string said;
  std::string log;
};

// Runs `rank` in `size` processes with a group (null when size is 1); what it returns is the rank's last word.
std::vector<RankResult> RunRanks(int size, const std::function<std::string(LearnerGroup*)>& rank) {
  const std::filesystem::path directory = FreshDirectory("ranks");
  const int port = FreePort();
  const auto file = [&](const char* kind, int i) { return (directory / (kind + std::to_string(i))).string(); };
  std::vector<pid_t> processes;
  std::fflush(nullptr);  // or every child would print it once more
  for (int i = 0; i < size; ++i) {
    const pid_t process = ::fork();
    TANDEM_CHECK(process >= 0);
    if (process > 0) {
      processes.push_back(process);
      continue;
    }
    TANDEM_CHECK(std::freopen(file("log", i).c_str(), "w", stderr) != nullptr);
    std::unique_ptr<LearnerGroup> group;
    if (size > 1) {
      auto joined = LearnerGroup::Join({.rank = i, .size = size, .local_rank = i, .local_size = size, .address = "127.0.0.1", .port = port},
                                       "cpu", absl::Minutes(1));
      if (!joined.ok()) {
        std::fprintf(stderr, "%s\n", joined.status().ToString().c_str());
        ::_exit(3);
      }
      group = *std::move(joined);
    }
    const std::string said = rank(group.get());
    const bool written = WriteFileAtomic(file("said", i), said).ok();
    group.reset();
    std::fflush(nullptr);
    ::_exit(written ? 0 : 4);
  }
  std::vector<RankResult> results(size);
  for (int i = 0; i < size; ++i) {
    int status = 0;
    ::waitpid(processes[i], &status, 0);
    results[i].exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (const auto said = ReadFile(file("said", i)); said.ok()) results[i].said = *said;
    if (const auto log = ReadFile(file("log", i)); log.ok()) results[i].log = *log;
    EXPECT_EQ(results[i].exit_code, 0) << results[i].log;
  }
  return results;
}

// Leads `train` and returns its word, or follows and returns "step N" or the error.
std::string LeadOrFollow(const Game& game, const RunConfig& config, LearnerOptions options,
                         const std::function<std::string(Learner&)>& train) {
  const auto learner = NewLearner(game, config, options);
  if (!learner.ok()) return learner.status().ToString();
  if (options.group == nullptr || options.group->leads()) return train(**learner);
  const absl::Status followed = FollowLeader(game, **learner, options.group);
  return followed.ok() ? "step " + std::to_string((*learner)->step()) : followed.ToString();
}

// Losses as text lines, then the learner's state, of `steps` steps on batches of their own.
struct Course {
  std::vector<double> losses, norms;
  Weights state;
};

Course TakeCourse(int ranks, const Game& game, const RunConfig& config, Precision precision, int rows, int steps) {
  const std::vector<RankResult> results = RunRanks(ranks, [&](LearnerGroup* group) {
    return LeadOrFollow(game, config, {.precision = precision, .group = group}, [&](Learner& learner) {
      std::string text;
      for (int step = 0; step < steps; ++step) {
        const auto report = learner.Step(RandomBatch(game.facts(), rows, 100 + step), -1);
        if (!report.ok()) return report.status().ToString();
        text += absl::StrCat(report->loss, " ", report->gradient_norm, "\n");
      }
      if (!learner.Save(FreshDirectory("distributed_saved") / "state").ok()) return std::string("not saved");
      return text + "\n" + SerializeWeights(learner.ExportState().weights);
    });
  });
  Course course;
  const std::string& said = results[0].said;
  const std::size_t end = said.find("\n\n");
  if (end == std::string::npos) {
    ADD_FAILURE() << said << results[0].log;
    return course;
  }
  std::istringstream lines(said.substr(0, end));
  for (double loss, norm; lines >> loss >> norm;) {
    course.losses.push_back(loss);
    course.norms.push_back(norm);
  }
  const auto weights = ParseWeights(std::string_view(said).substr(end + 2));
  EXPECT_TRUE(weights.ok()) << weights.status();
  if (weights.ok()) course.state = *weights;
  for (int rank = 1; rank < ranks; ++rank) EXPECT_EQ(results[rank].said, "step " + std::to_string(steps)) << results[rank].log;
  // Save compares all ranks' bytes.
  EXPECT_EQ(results[0].log.find("differ"), std::string::npos) << results[0].log;
  return course;
}

double LargestDifference(const Weights& a, const Weights& b, const std::string& prefix) {
  double largest = 0;
  for (const auto& [name, tensor] : a.tensors) {
    if (!name.starts_with(prefix)) continue;
    const std::vector<float>& other = b.tensors.at(name).data;
    for (std::size_t i = 0; i < other.size(); ++i) largest = std::max(largest, static_cast<double>(std::fabs(tensor.data[i] - other[i])));
  }
  return largest;
}

void ExpectEqualCourses(const Course& one, const Course& many, double loss_tolerance, double weight_tolerance, const char* what) {
  ASSERT_EQ(one.losses.size(), many.losses.size());
  double loss = 0, norm = 0;
  for (std::size_t i = 0; i < one.losses.size(); ++i) {
    loss = std::max(loss, std::fabs(one.losses[i] - many.losses[i]));
    norm = std::max(norm, std::fabs(one.norms[i] - many.norms[i]) / one.norms[i]);
  }
  const double raw = LargestDifference(one.state, many.state, "raw/"), average = LargestDifference(one.state, many.state, "average/");
  std::printf("%s: largest difference of a loss %.2g, of a gradient norm %.2g (relative), of a weight %.2g, of an averaged one %.2g\n",
              what, loss, norm, raw, average);
  EXPECT_LT(loss, loss_tolerance) << what;
  EXPECT_LT(raw, weight_tolerance) << what;
  EXPECT_LT(average, weight_tolerance) << what;
}

RunConfig SgdConfig() {
  RunConfig config = SmallConfig();
  config.mutable_learner()->set_optimizer(LearnerConfig::SGD);
  return config;
}

TEST(DistributedTest, TwoRanksWithHalfTheBatchEqualOneWithTheWhole) {
  for (const char* spec : {"connect_four", "othello:size=6"}) {
    const Game& game = GameNamed(spec);
    const Course one = TakeCourse(1, game, SgdConfig(), Precision::kFloat32, 32, 6);
    ExpectEqualCourses(one, TakeCourse(2, game, SgdConfig(), Precision::kFloat32, 32, 6), 3e-5, 1e-5, spec);
  }
}

// AdamW divides by the gradient's size, so that noise in gradients of about nothing moves a weight by up to the learning rate.
TEST(DistributedTest, RanksWithUnequalSharesEqualOneWithTheWholeUnderAdamW) {
  const Game& game = GameNamed("connect_four");
  RunConfig config = SmallConfig();
  config.mutable_learner()->set_learning_rate(0.001);
  const Course one = TakeCourse(1, game, config, Precision::kFloat32, 32, 4);
  ExpectEqualCourses(one, TakeCourse(3, game, config, Precision::kFloat32, 32, 4), 3e-5, 1e-4, "3 ranks, AdamW");
}

TEST(DistributedTest, ANarrowTrunkDiffersByItsRounding) {
  const Game& game = GameNamed("connect_four");
  const Course one = TakeCourse(1, game, SgdConfig(), Precision::kAuto, 32, 4);
  ExpectEqualCourses(one, TakeCourse(2, game, SgdConfig(), Precision::kAuto, 32, 4), 1e-3, 1e-3, "auto precision");
}

TEST(DistributedTest, ANaNAtOneRankIsSkippedByAllAndRollsAllBack) {
  const Game& game = GameNamed("tic_tac_toe");
  const TrainingBatch good = RandomBatch(game.facts(), 8, 6);
  TrainingBatch bad = good;
  bad.planes.back() = std::numeric_limits<float>::quiet_NaN();  // in the last rank's rows
  const auto results = RunRanks(2, [&](LearnerGroup* group) {
    return LeadOrFollow(game, SmallConfig(), {.group = group}, [&](Learner& learner) {
      std::string text;
      const auto step = [&](const TrainingBatch& batch) {
        const auto report = learner.Step(batch, -1);
        text += !report.ok() ? report.status().ToString() : report->rolled_back ? "back " : report->skipped ? "skipped " : "step ";
      };
      step(good);
      const std::filesystem::path saved = FreshDirectory("distributed_nan") / "state";
      if (!learner.Save(saved).ok()) return std::string("not saved");
      for (int i = 0; i < 3; ++i) step(bad);
      step(good);
      if (!learner.Save(saved).ok()) return std::string("not saved");  // compares the ranks
      return text;
    });
  });
  EXPECT_EQ(results[0].said, "step skipped skipped back step ");
  EXPECT_EQ(results[1].said, "step 2");
  EXPECT_EQ(results[0].log.find("differ"), std::string::npos) << results[0].log;
}

TEST(DistributedTest, FollowersTakeTheStateThatTheLeaderLoads) {
  const Game& game = GameNamed("tic_tac_toe");
  const TrainingBatch batch = RandomBatch(game.facts(), 8, 6);
  const std::filesystem::path saved = FreshDirectory("distributed_load") / "state";
  const auto train = [&](Learner& learner) { return learner.Step(batch, -1).ok() && learner.Save(saved).ok() ? "saved" : "failed"; };
  EXPECT_EQ(RunRanks(2, [&](LearnerGroup* group) { return LeadOrFollow(game, SmallConfig(), {.group = group}, train); })[0].said, "saved");
  const auto resumed = RunRanks(2, [&](LearnerGroup* group) {
    RunConfig config = SmallConfig();
    if (!group->leads()) config.set_seed(99);  // start values of its own
    return LeadOrFollow(game, config, {.group = group}, [&](Learner& learner) -> std::string {
      if (!learner.Load(saved).ok()) return "not loaded";
      return train(learner);
    });
  });
  EXPECT_EQ(resumed[0].said, "saved");
  EXPECT_EQ(resumed[1].said, "step 2");
  EXPECT_EQ(resumed[0].log.find("differ"), std::string::npos) << resumed[0].log;
}

TEST(DistributedTest, ALostRankEndsTheStepAndLeavesTheLastWholeOne) {
  const Game& game = GameNamed("tic_tac_toe");
  const TrainingBatch batch = RandomBatch(game.facts(), 9, 6);
  const auto results = RunRanks(3, [&](LearnerGroup* group) -> std::string {
    if (group->world().rank == 2) {  // joins, hears of the first step, and is gone
      std::string state;
      for (int i = 0; i < 4; ++i) group->Broadcast(&state, absl::Minutes(1)).IgnoreError();
      return "gone";
    }
    return LeadOrFollow(game, SmallConfig(), {.group = group}, [&](Learner& learner) {
      const std::string before = SerializeWeights(learner.ExportState().weights);
      const absl::Status first = learner.Step(batch, -1).status();
      const absl::Status second = learner.Step(batch, -1).status();
      const bool kept = SerializeWeights(learner.ExportState().weights) == before && learner.step() == 0;
      const bool saved = learner.Save(FreshDirectory("distributed_lost") / "state").ok();
      return absl::StrCat(absl::StatusCodeToString(first.code()), " ", absl::StatusCodeToString(second.code()), kept ? " kept" : " changed",
                          saved ? " saved" : " not saved");
    });
  });
  EXPECT_EQ(results[0].said, "UNAVAILABLE UNAVAILABLE kept saved");
  EXPECT_TRUE(results[1].said.starts_with("UNAVAILABLE: rank 1 of 3 has lost the others")) << results[1].said;
}

TEST(DistributedTest, RanksThatWereAskedForDifferentThingsAreRefusedWithOneLine) {
  const std::filesystem::path root = FreshDirectory("distributed_agreement");
  const RunDirectory run(root / "run"), copy(root / "copy");
  RunConfig config = SmallConfig();
  config.set_game("tic_tac_toe");
  for (const RunDirectory& directory : {run, copy}) {
    ASSERT_TRUE(MakeDirectories(directory.networks()).ok());
    ASSERT_TRUE(WriteFileAtomic(directory.config_path(), ConfigText(config)).ok());
    ASSERT_TRUE(WriteFileAtomic(directory.network_path("ab"), "").ok());
  }
  ASSERT_TRUE(run.AppendCheckpoint({.step = 20, .net_id = "ab"}).ok());
  ASSERT_TRUE(copy.AppendCheckpoint({.step = 10, .net_id = "ab"}).ok());
  const auto agree = [&](const RankRequest& request, bool cancelled = false) {
    const auto results = RunRanks(2, [&](LearnerGroup* group) -> std::string {
      if (!group->leads()) {
        const auto followed = FollowAgreement(*group, request);
        return followed.ok() ? ConfigHash(*followed) : followed.status().ToString();
      }
      if (cancelled) {
        CancelAgreement(*group, absl::NotFoundError("no run"));
        return "cancelled";
      }
      const absl::Status led = LeadAgreement(*group, config, run);
      return led.ok() ? ConfigHash(config) : led.ToString();
    });
    if (!cancelled) {
      EXPECT_EQ(results[0].said, results[1].said);
    }
    return results[1].said;
  };
  EXPECT_EQ(agree({.directory = run.root(), .overrides = {}}), ConfigHash(config));
  EXPECT_EQ(agree({.directory = root / "absent", .game = "tic_tac_toe", .overrides = {}}), ConfigHash(config));
  const std::string other_batch = agree({.directory = root / "absent", .overrides = {"learner.batch_size=64"}});
  EXPECT_TRUE(other_batch.starts_with("INVALID_ARGUMENT: rank 1: learner.batch_size is 64 here and 256 at rank 0 (configurations "))
      << other_batch;
  const std::string other_game = agree({.directory = root / "absent", .game = "connect_four", .overrides = {}});
  EXPECT_TRUE(other_game.starts_with("INVALID_ARGUMENT: rank 1: game is connect_four here and tic_tac_toe at rank 0")) << other_game;
  const std::string old = agree({.directory = copy.root(), .overrides = {}});
  EXPECT_NE(old.find("has checkpoint 10 (network ab) here, and checkpoint 20 (network ab) at rank 0"), std::string::npos) << old;
  EXPECT_EQ(agree({.directory = run.root(), .overrides = {}}, /*cancelled=*/true), "INVALID_ARGUMENT: rank 0 can not lead: no run");
}

}  // namespace
}  // namespace tandem
