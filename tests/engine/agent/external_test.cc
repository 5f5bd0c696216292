// Other programs as players: engines that answer well, and every way of failing that we know of. The fakes are one Python script.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/time/clock.h"
#include "engine/agent/agent.h"
#include "engine/agent/external_process.h"
#include "engine/game/registry.h"
#include "engine/match/match.h"

namespace tandem {
namespace {

using testing::HasSubstr;

std::string Fake(const std::string& protocol, const std::string& behaviour, const std::string& more = "") {
  return protocol + ":cmd=\"python3 tests/engine/agent/fake_engine.py " + protocol + " " + behaviour + "\"" + more;
}

const Game& TicTacToe() { return **FindGame("tic_tac_toe"); }

// Two games between `a` and a random player.
MatchReport Match(const std::string& a, const Game& game = TicTacToe(), const std::string& b = "random", int pairs = 1) {
  MatchSettings settings;
  settings.pairs = pairs;
  settings.openings = RandomOpenings(game, 2, pairs, 1);
  auto report = PlayMatch(
      game, [&] { return MakeAgent(game, a); }, [&] { return MakeAgent(game, b); }, settings);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : MatchReport{};
}

// A zombie does not run.
bool IsRunning(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("State:")) return line.find("Z") == line.npos && line.find("X") == line.npos;
  }
  return false;
}

std::string ErrorOf(const std::string& spec) {
  const auto agent = MakeAgent(TicTacToe(), spec);
  return agent.ok() ? "" : std::string(agent.status().message());
}

TEST(SplitCommandTest, SplitsAsAShellDoes) {
  EXPECT_EQ(*SplitCommand("gnugo --mode gtp"), (std::vector<std::string>{"gnugo", "--mode", "gtp"}));
  EXPECT_EQ(*SplitCommand(" 'my engine' \"a \\\"b\\\"\" c\\ d '' "), (std::vector<std::string>{"my engine", "a \"b\"", "c d", ""}));
  for (const char* text : {"", "  ", "'a", "a \"b", "''"}) EXPECT_FALSE(SplitCommand(text).ok()) << text;
}

TEST(ExternalProcessTest, WritingToAChildThatFloodsUsNeverBlocks) {
  auto process = ExternalProcess::Start({"sh", "-c", "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"});
  ASSERT_TRUE(process.ok()) << process.status();
  const std::string line(1 << 18, 'x');
  absl::Status written = absl::OkStatus();
  while (written.ok()) written = (*process)->WriteLine(line, absl::Milliseconds(100));
  EXPECT_TRUE(absl::IsDeadlineExceeded(written)) << written;
}

TEST(ExternalProcessTest, TheWholeGroupIsGoneWithTheObject) {
  int child = 0;
  int parent = 0;
  {
    auto process = ExternalProcess::Start({"sh", "-c", "trap '' TERM; sleep 1000 & echo $!; sleep 1000"});
    ASSERT_TRUE(process.ok()) << process.status();
    child = std::atoi((*process)->ReadLine(absl::Seconds(10)).value_or("0").c_str());
    parent = (*process)->pid();
    ASSERT_GT(child, 0);
    EXPECT_EQ(::kill(child, 0), 0);
  }
  EXPECT_NE(::kill(parent, 0), 0);  // reaped
  // The grandchild was killed; until it is quite gone, and somebody has reaped it, it may still be listed.
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (IsRunning(child) && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_FALSE(IsRunning(child));
}

TEST(ExternalProcessTest, DeathIsAnErrorWithItsLastWords) {
  auto process = ExternalProcess::Start({"sh", "-c", "echo one; echo 'no such file' >&2; exit 7"});
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(*(*process)->ReadLine(absl::Seconds(10)), "one");
  const absl::Status end = (*process)->ReadLine(absl::Seconds(10)).status();
  EXPECT_THAT(std::string(end.message()), testing::AllOf(HasSubstr("exit code 7"), HasSubstr("no such file")));
}

TEST(ExternalAgentTest, GoodEnginesPlayWholeGames) {
  for (const char* protocol : {"uci", "gtp"}) {
    for (const char* behaviour : {"good", "garbage", "stubborn", "child"}) {
      if (std::string(protocol) == "gtp" && std::string(behaviour) == "garbage") continue;
      const MatchReport report = Match(Fake(protocol, behaviour));
      EXPECT_EQ(report.num_games(), 2) << protocol << " " << behaviour;
      EXPECT_EQ(report.forfeits_a + report.forfeits_b, 0) << protocol << " " << behaviour << ": " << testing::PrintToString(report.notes);
    }
  }
}

TEST(ExternalAgentTest, EachFailureForfeitsItsGameSaysWhyAndTheMatchGoesOn) {
  const std::vector<std::pair<std::string, std::string>> kFailures = {{"die", "exit code 3"},
                                                                      {"illegal", "z9"},
                                                                      {"silent", "not answered within"},
                                                                      {"flood", "protocol does not know"},
                                                                      {"longline", "a line of more than"},
                                                                      {"nomove", ""}};
  for (const char* protocol : {"uci", "gtp"}) {
    for (const auto& [behaviour, why] : kFailures) {
      const MatchReport report = Match(Fake(protocol, behaviour, ",timeout=0.3,movetime=10"));
      EXPECT_EQ(report.num_games(), 2) << protocol << " " << behaviour;
      EXPECT_EQ(report.forfeits_a, 2) << protocol << " " << behaviour;
      EXPECT_EQ(report.forfeits_b, 0);
      ASSERT_EQ(report.notes.size(), 2u);
      EXPECT_THAT(report.notes[0], testing::AllOf(HasSubstr("a forfeits"), HasSubstr(why)));
    }
  }
  const MatchReport garbage = Match(Fake("gtp", "garbage"));
  EXPECT_EQ(garbage.forfeits_a, 2);
  EXPECT_THAT(garbage.notes[0], HasSubstr("refuses 'genmove"));
  const MatchReport deaf = Match(Fake("uci", "deaf", ",timeout=0.3,movetime=10"));
  EXPECT_EQ(deaf.forfeits_a, 2);
}

TEST(ExternalAgentTest, BadSpecsAreOneClearError) {
  EXPECT_THAT(ErrorOf("uci"), HasSubstr("expected cmd=PROGRAM"));
  EXPECT_THAT(ErrorOf("uci:cmd=/no/such/program"), HasSubstr("no program /no/such/program"));
  EXPECT_THAT(ErrorOf("uci:cmd=no_such_program_in_path"), HasSubstr("PATH"));
  EXPECT_THAT(ErrorOf("uci:cmd=x,tc=60/40"), HasSubstr("SECONDS+INCREMENT"));
  EXPECT_THAT(ErrorOf("uci:cmd=x,movetime=0"), HasSubstr("expected a limit"));
  EXPECT_THAT(ErrorOf("uci:cmd=x,dialect=klingon"), HasSubstr("auto, native or fairy"));
  EXPECT_THAT(ErrorOf("gtp:cmd=x,nodes=5"), HasSubstr("no limit by nodes"));
  EXPECT_THAT(ErrorOf(Fake("uci", "good", ",option.Hash=5")), HasSubstr("no option 'Hash'"));
  EXPECT_THAT(ErrorOf(Fake("uci", "good", ",variant=chess")), HasSubstr("no variant 'chess'"));
  EXPECT_THAT(ErrorOf(Fake("uci", "mute", ",start_timeout=0.2")), HasSubstr("not answered within"));
  EXPECT_THAT(ErrorOf(Fake("gtp", "mute", ",start_timeout=0.2")), HasSubstr("not answered within"));
  EXPECT_THAT(ErrorOf("uci:cmd=false"), HasSubstr("handshake"));
}

TEST(ExternalAgentTest, SpecsAreCanonicalAndEngineOptionsMayHaveBlanks) {
  const auto agent = MakeAgent(TicTacToe(), Fake("uci", "good", ",option.Skill Level=3,nodes=10,timeout=30"));
  ASSERT_TRUE(agent.ok()) << agent.status();
  EXPECT_EQ((*agent)->spec(), "uci:cmd=\"python3 tests/engine/agent/fake_engine.py uci good\",nodes=10,option.Skill Level=3");
  EXPECT_EQ((*agent)->Details(), "Fake 1.0");
  const std::unique_ptr<State> start = TicTacToe().NewState();
  ASSERT_TRUE((*agent)->Reset(*start, 1).ok());
  const auto decision = (*agent)->Act();
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(start->ActionText(decision->action), "a1");
  EXPECT_NEAR(*decision->value, 0.0918f, 1e-3f);  // 50 centipawns
}

TEST(ExternalAgentTest, AStopTokenEndsTheWait) {
  const auto agent = MakeAgent(TicTacToe(), Fake("gtp", "silent"));
  ASSERT_TRUE(agent.ok()) << agent.status();
  ASSERT_TRUE((*agent)->Reset(*TicTacToe().NewState(), 1).ok());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(absl::IsCancelled((*agent)->Act(nullptr, stop.get_token()).status()));
}

}  // namespace
}  // namespace tandem
