// The conformance check must notice games that break their promises: each test breaks one of tic-tac-toe's.
#include "engine/game/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/game/adapter.h"
#include "engine/game/connect_k.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"

namespace tandem {
namespace {

using testing::HasSubstr;

using TicTacToe = ConnectK<1>;  // its rules are those of 3x3 by default

// Tic-tac-toe whose position text belongs to another class.
template <typename Broken>
struct Wrapped : TicTacToe {
  absl::StatusOr<Broken> FromText(std::string_view text) const {
    absl::StatusOr<TicTacToe> position = TicTacToe::FromText(text);
    if (!position.ok()) return position.status();
    Broken broken;
    static_cast<TicTacToe&>(broken) = *position;
    return broken;
  }
};

struct Sound : Wrapped<Sound> {};

struct KeyForgetsTheBoard : Wrapped<KeyForgetsTheBoard> {
  PositionKey Key() const { return {.low = static_cast<std::uint64_t>(ToMove()), .high = 0}; }
};

struct PlaneIsLeftOut : Wrapped<PlaneIsLeftOut> {
  void WritePlanes(std::span<float> planes) const {
    const float before = planes[5];
    TicTacToe::WritePlanes(planes);
    planes[5] = before;
  }
};

struct MovesDescend : Wrapped<MovesDescend> {
  void LegalActions(ActionList& legal) const {
    TicTacToe::LegalActions(legal);
    std::reverse(legal.begin(), legal.end());
  }
};

struct CountIsWrong : Wrapped<CountIsWrong> {
  std::uint64_t CountActions() const { return 9; }
};

struct NamesMixCells : Wrapped<NamesMixCells> {
  std::string ActionText(Action action) const { return TicTacToe::ActionText(action ^ 1); }
};

struct CornersAreForbidden : Wrapped<CornersAreForbidden> {
  void LegalActions(ActionList& legal) const {
    ActionList all;
    TicTacToe::LegalActions(all);
    legal.clear();
    for (const Action action : all) {
      if (action != 0 || all.size() == 1) legal.push_back(action);
    }
  }
  std::uint64_t CountActions() const {
    ActionList legal;
    LegalActions(legal);
    return legal.size();
  }
};

template <typename P>
absl::Status Check(int max_plies = 9) {
  GameFacts facts = (*FindGame("tic_tac_toe"))->facts();
  facts.max_plies = max_plies;
  return CheckConformance(GameOf<P>(facts, SquareSymmetries(3), P()));
}

TEST(ConformanceTest, PassesASoundGame) { EXPECT_EQ(Check<Sound>(), absl::OkStatus()); }

TEST(ConformanceTest, NoticesAKeyThatForgetsTheBoard) {
  EXPECT_THAT(Check<KeyForgetsTheBoard>().ToString(), HasSubstr("one key for positions"));
}

TEST(ConformanceTest, NoticesAPlaneElementThatIsNotWritten) { EXPECT_THAT(Check<PlaneIsLeftOut>().ToString(), HasSubstr("element 5")); }

TEST(ConformanceTest, NoticesMovesThatAreNotAscending) { EXPECT_THAT(Check<MovesDescend>().ToString(), HasSubstr("ascending")); }

TEST(ConformanceTest, NoticesACountThatDisagreesWithTheMoves) { EXPECT_THAT(Check<CountIsWrong>().ToString(), HasSubstr("Perft")); }

TEST(ConformanceTest, NoticesMoveTextOfAnotherMove) { EXPECT_FALSE(Check<NamesMixCells>().ok()); }

TEST(ConformanceTest, NoticesRulesWithoutTheSymmetriesTheyClaim) {
  EXPECT_THAT(Check<CornersAreForbidden>().ToString(), HasSubstr("do not map"));
}

TEST(ConformanceTest, NoticesGamesThatAreTooLong) { EXPECT_THAT(Check<Sound>(5).ToString(), HasSubstr("longer than 5")); }

}  // namespace
}  // namespace tandem
