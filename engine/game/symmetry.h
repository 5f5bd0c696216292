// Symmetries of rectangular boards as permutations of cells and actions. Cells are numbered row * cols + col. Symmetries are ordered, the
// identity first; a game names the ones its rules have.
#pragma once

#include <vector>

#include "engine/game/types.h"

namespace tandem {

// Where the cell (row, col) of a board goes. Those that swap rows and columns need a square board.
enum class BoardTransform {
  kIdentity,
  kMirrorColumns,  // left <-> right
  kMirrorRows,     // top <-> bottom
  kRotate180,
  kTranspose,      // over the main diagonal
  kAntiTranspose,  // over the other diagonal
  kRotate90,
  kRotate270,
};

// Actions are cells (action = plane * cells + cell for `policy_planes` planes that all move alike), then `num_global_actions` that stay.
Symmetry CellActionSymmetry(int rows, int cols, BoardTransform transform, int policy_planes = 1, int num_global_actions = 0);
// All eight symmetries of a square board (the dihedral group of order 8).
std::vector<Symmetry> SquareSymmetries(int size, int policy_planes = 1, int num_global_actions = 0);
// Identity and left-right mirror of a game whose action is a column.
std::vector<Symmetry> ColumnMirrorSymmetries(int rows, int cols);

// The symmetry that undoes `symmetry`, and the one that does `first` and then `second`.
Symmetry InverseSymmetry(const Symmetry& symmetry);
Symmetry ComposeSymmetries(const Symmetry& first, const Symmetry& second);

}  // namespace tandem
