// An evaluation of a made-up run: real weight files, but a network backend that computes a fixed function of the position, so that no
// torch is needed and the run of the test takes moments.
#include "tools/report/evaluation.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "engine/agent/network_source.h"
#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/game/registry.h"
#include "engine/net/initial.h"
#include "engine/net/network.h"
#include "engine/net/run_directory.h"
#include "gtest/gtest.h"
#include "tools/report/evaluation_report.h"
#include "tools/report/match_report.h"
#include "tools/report/plot.h"

namespace tandem {
namespace {

// Likes moves by a hash of position and move; its value is that of a few random games, so that search helps.
class FakeEvaluator : public Evaluator {
 public:
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    for (EvalRequest& request : batch) {
      double sum = 0;
      for (std::size_t i = 0; i < request.legal.size(); ++i) {
        request.prior[i] = 1.0f + static_cast<float>(Mix64(request.state->Hash() + request.legal[i]) % 8);
        sum += request.prior[i];
      }
      for (float& prior : request.prior) prior = static_cast<float>(prior / sum);
      Rng rng(request.state->Hash());
      float wins = 0;
      for (int i = 0; i < 10; ++i) wins += static_cast<float>(MoverResult(request.state->Rollout(rng), request.state->ToMove())) / 20;
      *request.evaluation = {.win = 0.5f + wins, .draw = 0, .loss = 0.5f - wins, .moves_left = 5};
    }
    return absl::OkStatus();
  }
  EvalCounters counters() const override { return {}; }
  std::string id() const override { return "fake"; }
};

class FakeNetwork : public Network {
 public:
  FakeNetwork(const Game& game, std::string id) : game_(game), id_(std::move(id)) {}
  const std::string& id() const override { return id_; }
  const Game& game() const override { return game_; }
  Precision precision() const override { return Precision::kFloat32; }
  std::unique_ptr<Evaluator> NewEvaluator(float) const override { return std::make_unique<FakeEvaluator>(); }

 private:
  const Game& game_;
  const std::string id_;
};

const bool kBackend =
    RegisterNetworkBackend({.make = [](const Game& game, const Weights&, const std::string& id, const NetworkOptions&)
                                -> absl::StatusOr<std::shared_ptr<const Network>> { return std::make_shared<FakeNetwork>(game, id); },
                            .initial = [](const Game& game, const NetworkConfig& config, std::uint64_t seed) -> absl::StatusOr<Weights> {
                              return DrawInitialWeights(game.facts(), config, seed);
                            },
                            .set_threads = [](int) {}});

RunConfig TinyConfig() {
  return *ResolveConfig("", std::vector<std::string>{"game=tic_tac_toe", "network.blocks=1", "network.channels=4"});
}

// A run with checkpoints at these steps, each with weights of its own.
std::filesystem::path MakeRun(const std::string& name, const std::vector<std::int64_t>& steps) {
  const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(root);
  const RunDirectory run(root);
  std::filesystem::create_directories(run.networks());
  const RunConfig config = TinyConfig();
  EXPECT_TRUE(WriteFileAtomic(run.config_path(), ConfigText(config)).ok());
  const Game& game = **FindGame(config.game());
  for (const std::int64_t step : steps) {
    const Weights weights = *InitialWeights(game, config.network(), static_cast<std::uint64_t>(step) + 1);
    const auto id = WriteWeights(run.networks(), weights);
    EXPECT_TRUE(id.ok()) << id.status();
    EXPECT_TRUE(
        run.AppendCheckpoint({.step = step, .net_id = *id, .games = 0, .rows = 0, .seconds = 6.0 * static_cast<double>(step)}).ok());
  }
  return root;
}

EvaluationRequest SmallRequest(const std::filesystem::path& run) {
  EvaluationRequest request;
  request.run = run;
  request.simulations = {1, 8, 64};
  request.games = 8;
  request.checkpoints = 3;
  request.data = "/nowhere";
  request.positions = 60;
  request.minutes = 0;
  request.threads = 1;
  return request;
}

TEST(NetworkSourceTest, PicksTheNewestOrTheNamedCheckpoint) {
  ASSERT_TRUE(kBackend);
  const std::filesystem::path run = MakeRun("source", {0, 10, 20});
  const auto checkpoints = *RunDirectory(run).ReadCheckpoints();
  const Game& game = **FindGame("tic_tac_toe");
  const auto details = [&](const std::string& spec) { return (*MakeAgent(game, spec))->Details(); };
  EXPECT_EQ(details("net:run=" + run.string()), "net " + checkpoints[2].net_id + " fp32");
  EXPECT_EQ(details("puct:sims=2,run=" + run.string() + ",checkpoint=0"), "net " + checkpoints[0].net_id + " fp32");
  const auto missing = MakeAgent(game, "value:run=" + run.string() + ",checkpoint=15");
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(std::string(missing.status().message()).find("expected one of the steps 0, 10, 20"), std::string::npos) << missing.status();
  EXPECT_FALSE(MakeAgent(game, "net:run=" + run.string() + ",weights=x").ok());
}

TEST(NetworkSourceTest, EqualRequestsShareOneNetworkWhileItIsInUse) {
  const std::filesystem::path run = MakeRun("shared", {0});
  const Game& game = **FindGame("tic_tac_toe");
  NetworkRequest request;
  request.run = run.string();
  const auto first = AcquireNetwork(game, request);
  const auto second = AcquireNetwork(game, request);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->get(), second->get());
  request.options.eager = true;
  const auto eager = AcquireNetwork(game, request);
  ASSERT_TRUE(eager.ok());
  EXPECT_NE(first->get(), eager->get());
}

TEST(EvaluationTest, RatesNetworkAndSearchAlongTheRunAndWritesItsPage) {
  const std::filesystem::path run = MakeRun("evaluation", {0, 10, 20, 30});
  std::vector<std::string> lines;
  const auto report = Evaluate(
      SmallRequest(run), [&](const std::string& line) { lines.push_back(line); }, Clock::Real());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(lines.empty());
  // random, uct, net, value, three puct; two older checkpoints with two players each.
  ASSERT_EQ(report->players.size(), 11u);
  EXPECT_EQ(report->step, 30);
  EXPECT_EQ(report->players[1].rating.elo, 0);
  EXPECT_GT(report->players[6].rating.elo, report->players[0].rating.elo + 100);
  EXPECT_GT(*report->search_gain.value, 0);
  EXPECT_LE(*report->search_gain.low, *report->search_gain.value);
  EXPECT_EQ(report->direct.units, 4);
  EXPECT_GT(report->positions, 30);
  EXPECT_GT(report->players[6].suite.all.mixed.value, report->random_share);
  EXPECT_EQ(report->players[7].step, 10);
  EXPECT_EQ(report->players[7].minutes, 1);

  const std::string text = EvaluationText(*report);
  EXPECT_EQ(text.find("Search with 64 simulations is worth "), 0u) << text;
  EXPECT_NE(text.find("net @ 0"), std::string::npos);
  const auto page = WriteEvaluation(*report);
  ASSERT_TRUE(page.ok()) << page.status();
  const std::string html = *ReadFile(*page);
  EXPECT_NE(html.find("<svg"), std::string::npos);
  EXPECT_NE(html.find("</html>"), std::string::npos);
  EXPECT_EQ(html.find("http-equiv"), std::string::npos);
  EXPECT_EQ(html.find("src="), std::string::npos);  // nothing from outside
  const auto json = ParseJson(*ReadFile(run / "evaluation" / "step-30.json"), "json");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->at("players").as_array().size(), 11u);
  EXPECT_EQ(json->at("net_id").as_string(), report->net_id.c_str());
}

TEST(EvaluationTest, TheSameSeedGivesTheSameRatings) {
  const std::filesystem::path run = MakeRun("repeat", {0});
  EvaluationRequest request = SmallRequest(run);
  request.games = 4;
  request.simulations = {8};
  const auto first = Evaluate(request, {}, Clock::Real());
  const auto second = Evaluate(request, {}, Clock::Real());
  ASSERT_TRUE(first.ok() && second.ok());
  for (std::size_t i = 0; i < first->players.size(); ++i) {
    EXPECT_EQ(first->players[i].rating.elo, second->players[i].rating.elo);
    EXPECT_EQ(first->players[i].rating.low, second->players[i].rating.low);
    EXPECT_EQ(first->players[i].suite.kept, second->players[i].suite.kept);
  }
}

TEST(EvaluationTest, RunsWithoutConfigOrCheckpointAreRefused) {
  EvaluationRequest request = SmallRequest("/nowhere");
  EXPECT_EQ(Evaluate(request, {}, Clock::Real()).status().code(), absl::StatusCode::kNotFound);
  request.run = MakeRun("empty", {});
  const absl::Status status = Evaluate(request, {}, Clock::Real()).status();
  EXPECT_NE(std::string(status.message()).find("no checkpoint"), std::string::npos);
}

TEST(MatchReportTest, TextAndJsonTellTheSame) {
  MatchReport report;
  report.a = "net:run=x";
  report.b = "random";
  report.pairs = {34, 54, 63, 64, 75};
  report.games = {234, 20, 326};
  report.drawn_pairs = 10;
  report.sprt = EvaluateSprt(report.pairs, SprtHypotheses{});
  MatchContext context{.game = "tic_tac_toe", .book = "random, 2 plies", .book_hash = "00000000", .book_size = 40};
  context.sprt = SprtHypotheses{};
  const std::string text = MatchText(report, context);
  EXPECT_NE(text.find("Elo         +55.6 +- 27.7"), std::string::npos) << text;
  EXPECT_NE(text.find("nElo        +57.9 +- 28.3"), std::string::npos) << text;
  EXPECT_NE(text.find("Ptnml(0-2) [34, 54, 63, 64, 75], WL/DD split 53/10"), std::string::npos) << text;
  EXPECT_NE(text.find("SPRT        LLR"), std::string::npos) << text;
  const boost::json::object json = MatchJson(report, context);
  EXPECT_NEAR(json.at("elo").at("value").as_double(), 55.58, 0.01);
  EXPECT_EQ(json.at("pentanomial").as_array().size(), 5u);

  report.pairs = {0, 0, 0, 0, 12};
  report.games = {0, 0, 24};
  EXPECT_NE(MatchText(report, context).find("Elo         > +"), std::string::npos);
  EXPECT_TRUE(MatchJson(report, context).at("elo").at("value").is_null());
}

TEST(PlotTest, PointsLieWhereTheirValuesSay) {
  Plot plot;
  plot.title = "a < b";
  plot.log2_x = true;
  plot.series = {{.name = "s", .points = {{1, 0, {}, {}}, {4, 10, 8, 12}}}};
  plot.levels = {{"one", 5}, {"other", 5}};
  plot.y_min = 0;
  plot.y_max = 10;
  const std::string svg = plot.ToSvg(720, 420);
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_NE(svg.find("<circle cx=\"64.0\" cy=\"374.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("<circle cx=\"570.0\" cy=\"34.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("y=\"208.0\" text-anchor=\"start\" fill=\"#666666\">one<"), std::string::npos) << svg;
  EXPECT_NE(svg.find("y=\"222.0\" text-anchor=\"start\" fill=\"#666666\">other<"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(Plot().ToSvg().find("nan"), std::string::npos);
}

}  // namespace
}  // namespace tandem
