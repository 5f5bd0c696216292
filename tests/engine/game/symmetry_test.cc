#include "engine/game/symmetry.h"

#include <gtest/gtest.h>

#include <set>

namespace tandem {
namespace {

TEST(SymmetryTest, SquareBoardsHaveEightDifferentSymmetries) {
  const std::vector<Symmetry> symmetries = SquareSymmetries(5);
  std::set<std::vector<std::uint16_t>> cells;
  for (const Symmetry& symmetry : symmetries) cells.insert(symmetry.cell);
  EXPECT_EQ(cells.size(), 8u);
}

TEST(SymmetryTest, TheSymmetriesOfASquareAreAGroup) {
  const std::vector<Symmetry> symmetries = SquareSymmetries(4, 1, 1);
  std::set<std::vector<std::uint16_t>> cells;
  for (const Symmetry& symmetry : symmetries) cells.insert(symmetry.cell);
  for (const Symmetry& first : symmetries) {
    for (const Symmetry& second : symmetries) EXPECT_EQ(cells.count(ComposeSymmetries(first, second).cell), 1u);
    const Symmetry nothing = ComposeSymmetries(first, InverseSymmetry(first));
    EXPECT_EQ(nothing.cell, symmetries[0].cell);
    EXPECT_EQ(nothing.action, symmetries[0].action);
  }
}

TEST(SymmetryTest, RotationTakesTheFirstRowToTheLastColumn) {
  const Symmetry rotation = CellActionSymmetry(3, 3, BoardTransform::kRotate90);
  EXPECT_EQ(rotation.cell[0], 2);
  EXPECT_EQ(rotation.cell[1], 5);
  EXPECT_EQ(rotation.cell[2], 8);
}

TEST(SymmetryTest, AllPolicyPlanesMoveAlikeAndGlobalActionsStay) {
  const Symmetry mirror = CellActionSymmetry(2, 3, BoardTransform::kMirrorColumns, 2, 1);
  EXPECT_EQ(mirror.action, (std::vector<Action>{2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 12}));
}

TEST(SymmetryTest, ColumnActionsAreMirroredAsColumns) {
  const std::vector<Symmetry> symmetries = ColumnMirrorSymmetries(2, 3);
  ASSERT_EQ(symmetries.size(), 2u);
  EXPECT_EQ(symmetries[0].action, (std::vector<Action>{0, 1, 2}));
  EXPECT_EQ(symmetries[1].action, (std::vector<Action>{2, 1, 0}));
  EXPECT_EQ(symmetries[1].cell, (std::vector<std::uint16_t>{2, 1, 0, 5, 4, 3}));
}

}  // namespace
}  // namespace tandem
