#include "engine/game/symmetry.h"

namespace tandem {
namespace {

// Index of the cell that (row, col) goes to.
int TransformedCell(int rows, int cols, BoardTransform transform, int row, int col) {
  switch (transform) {
    case BoardTransform::kIdentity:
      return row * cols + col;
    case BoardTransform::kMirrorColumns:
      return row * cols + (cols - 1 - col);
    case BoardTransform::kMirrorRows:
      return (rows - 1 - row) * cols + col;
    case BoardTransform::kRotate180:
      return (rows - 1 - row) * cols + (cols - 1 - col);
    case BoardTransform::kTranspose:
      return col * cols + row;
    case BoardTransform::kAntiTranspose:
      return (cols - 1 - col) * cols + (rows - 1 - row);
    case BoardTransform::kRotate90:
      return col * cols + (rows - 1 - row);
    case BoardTransform::kRotate270:
      return (cols - 1 - col) * cols + row;
  }
  TANDEM_CHECK(false);
}

}  // namespace

Symmetry CellActionSymmetry(int rows, int cols, BoardTransform transform, int policy_planes, int num_global_actions) {
  const bool swaps = transform >= BoardTransform::kTranspose;
  TANDEM_CHECK(!swaps || rows == cols);
  Symmetry symmetry;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      symmetry.cell.push_back(static_cast<std::uint16_t>(TransformedCell(rows, cols, transform, row, col)));
    }
  }
  const int cells = rows * cols;
  for (int action = 0; action < policy_planes * cells + num_global_actions; ++action) {
    const bool is_cell = action < policy_planes * cells;
    symmetry.action.push_back(static_cast<Action>(is_cell ? action - action % cells + symmetry.cell[action % cells] : action));
  }
  return symmetry;
}

std::vector<Symmetry> SquareSymmetries(int size, int policy_planes, int num_global_actions) {
  std::vector<Symmetry> symmetries;
  for (int i = 0; i < 8; ++i) {
    symmetries.push_back(CellActionSymmetry(size, size, static_cast<BoardTransform>(i), policy_planes, num_global_actions));
  }
  return symmetries;
}

std::vector<Symmetry> ColumnMirrorSymmetries(int rows, int cols) {
  std::vector<Symmetry> symmetries = {CellActionSymmetry(rows, cols, BoardTransform::kIdentity),
                                      CellActionSymmetry(rows, cols, BoardTransform::kMirrorColumns)};
  // The first row of the cells' permutation is the columns' one.
  for (Symmetry& symmetry : symmetries) symmetry.action.assign(symmetry.cell.begin(), symmetry.cell.begin() + cols);
  return symmetries;
}

Symmetry InverseSymmetry(const Symmetry& symmetry) {
  Symmetry inverse = symmetry;
  for (std::size_t i = 0; i < symmetry.cell.size(); ++i) inverse.cell[symmetry.cell[i]] = static_cast<std::uint16_t>(i);
  for (std::size_t i = 0; i < symmetry.action.size(); ++i) inverse.action[symmetry.action[i]] = static_cast<Action>(i);
  return inverse;
}

Symmetry ComposeSymmetries(const Symmetry& first, const Symmetry& second) {
  Symmetry both = first;
  for (std::uint16_t& cell : both.cell) cell = second.cell[cell];
  for (Action& action : both.action) action = second.action[action];
  return both;
}

}  // namespace tandem
