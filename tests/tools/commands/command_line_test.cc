// The command line as a whole, in this process: exit codes, the one line of an error, and the commands about rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tools/commands/command.h"

namespace tandem {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

struct Result {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Redirects the standard streams for its lifetime.
class Streams {
 public:
  explicit Streams(const std::string& input) : in_(input) {}
  ~Streams() {
    std::cin.rdbuf(cin_);
    std::cout.rdbuf(cout_);
    std::cerr.rdbuf(cerr_);
    std::cin.clear();
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

 private:
  std::istringstream in_;
  std::ostringstream out_, err_;
  std::streambuf* cin_ = std::cin.rdbuf(in_.rdbuf());
  std::streambuf* cout_ = std::cout.rdbuf(out_.rdbuf());
  std::streambuf* cerr_ = std::cerr.rdbuf(err_.rdbuf());
};

Result RunTandem(std::vector<const char*> arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), "tandem");
  const Streams streams(input);
  const int exit_code = RunCommandLine(static_cast<int>(arguments.size()), arguments.data());
  return {exit_code, streams.out(), streams.err()};
}

bool IsOneLine(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

TEST(CommandLineTest, PrintsVersionAndHelpWithSuccess) {
  EXPECT_THAT(RunTandem({"--version"}).out, StartsWith("tandem "));
  const Result help = RunTandem({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("rules"), HasSubstr("perft"), HasSubstr("games")));
}

TEST(CommandLineTest, AnswersBadInputWithOneLineAndExitCode2) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> kCases = {
      {{}, "subcommand"},
      {{"rulez"}, "'rulez'"},
      {{"games", "--nonsense"}, "--nonsense"},
      {{"rules"}, "--game"},
      {{"rules", "--game", "chequers"}, "'chequers'"},
      {{"rules", "--game", "othello:size=5"}, "even"},
      {{"rules", "--game", "connect_four", "--fen", "junk"}, "'junk'"},
      {{"perft", "--game", "othello", "--depth", "many"}, "many"},
      {{"perft", "--game", "othello", "--depth", "3", "--moves", "e3", "e3"}, "ply 0"},
      {{"games", "--log-level", "loud"}, "'loud'"},
  };
  for (const auto& [arguments, named] : kCases) {
    const Result result = RunTandem(arguments);
    EXPECT_EQ(result.exit_code, 2) << named;
    EXPECT_TRUE(IsOneLine(result.err)) << result.err;
    EXPECT_THAT(result.err, AllOf(StartsWith("tandem"), HasSubstr(named)));
    EXPECT_EQ(result.out, "");
  }
}

TEST(CommandLineTest, RulesPrintsEveryPositionOfEveryLine) {
  const Result result = RunTandem({"rules", "--game", "tic_tac_toe"}, "b2 a1\n\na1 a2 b1 b2 c1\r\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
  std::vector<std::string> lines;
  std::istringstream out(result.out);
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 3u + 1u + 6u);
  EXPECT_THAT(lines[1],
              StartsWith(R"({"ply":1,"to_move":1,"legal":["a1","a2","a3","b1","b3","c1","c2","c3"],"terminal":false,"result":null,)"
                         R"("fen":"3/1x1/3 o","hash":")"));
  EXPECT_THAT(lines[9], StartsWith(R"({"ply":5,"to_move":1,"legal":[],"terminal":true,"result":1,"fen":"3/oo1/xxx o")"));
}

TEST(CommandLineTest, RulesNamesTheBadMoveAndGoesOnWithTheNextLine) {
  const Result result = RunTandem({"rules", "--game", "connect_four"}, "4 4\n4 9 4\n1\n");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(IsOneLine(result.err)) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("line 2, ply 1"), HasSubstr("'9'")));
  EXPECT_THAT(result.out, HasSubstr(R"("fen":"7/7/7/7/7/x6 o")"));
}

TEST(CommandLineTest, RulesStartsFromAGivenPosition) {
  EXPECT_THAT(RunTandem({"rules", "--game", "othello:size=4", "--fen", "xxo1/4/4/4 o"}, "pass\n").out,
              AllOf(HasSubstr(R"("legal":["pass"])"), HasSubstr(R"("fen":"xxo1/4/4/4 x")")));
}

TEST(CommandLineTest, PerftPrintsALineForEachDepth) {
  EXPECT_EQ(RunTandem({"perft", "--game", "connect_four", "--depth", "4"}).out, "1 7\n2 49\n3 343\n4 2401\n");
  EXPECT_EQ(RunTandem({"perft", "--game", "connect_four", "--depth", "2", "--moves", "1", "1", "1", "1", "1", "1"}).out, "1 6\n2 36\n");
  EXPECT_THAT(RunTandem({"perft", "--game", "othello", "--depth", "1", "--json"}).out, StartsWith(R"([{"depth":1,"count":4,)"));
}

TEST(CommandLineTest, GamesListsNamesOptionsAndNotation) {
  EXPECT_THAT(RunTandem({"games"}).out, AllOf(HasSubstr("connect_four"), HasSubstr("othello"), HasSubstr("options: misere")));
  EXPECT_THAT(RunTandem({"games", "--json", "--game", "othello:size=6"}).out,
              AllOf(StartsWith(R"([{"name":"othello")"), HasSubstr(R"("rows":6)")));
}

}  // namespace
}  // namespace tandem
