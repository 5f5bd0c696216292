// Go in its most obvious form, the slow twin of engine/games/go: a board is a text, chains are found by flooding, and superko looks through
// the texts of all earlier boards.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace tandem {

class SlowGo {
 public:
  struct Rules {
    bool suicide = true;
    bool positional_superko = true;
  };

  SlowGo(int size, Rules rules) : SlowGo(size, rules, std::string(size * size, '.'), 0) {}
  // `board`: size * size characters of "xo.", row 1 first.
  SlowGo(int size, Rules rules, const std::string& board, int to_move)
      : size_(size), rules_(rules), board_(board), to_move_(to_move), earlier_({board}) {}

  const std::string& board() const { return board_; }
  int to_move() const { return to_move_; }
  int passes() const { return passes_; }

  bool IsLegal(int cell) const {
    if (cell == size_ * size_) return passes_ < 2;
    if (passes_ == 2 || board_[cell] != '.') return false;
    const std::string after = After(cell);
    if (after == board_) return false;
    if (!rules_.suicide && after[cell] == '.') return false;
    return rules_.positional_superko ? earlier_.count(after) == 0 : after != ko_board_;
  }

  std::vector<int> Legal() const {
    std::vector<int> legal;
    for (int cell = 0; cell <= size_ * size_; ++cell) {
      if (IsLegal(cell)) legal.push_back(cell);
    }
    return legal;
  }

  void Apply(int cell) {
    if (cell == size_ * size_) {
      ++passes_;
      ko_board_.clear();
    } else {
      passes_ = 0;
      ko_board_ = board_;
      board_ = After(cell);
      earlier_.insert(board_);
    }
    to_move_ ^= 1;
  }

  // The chain (or empty region) of `cell`; *touched: the cells of colour `wanted` beside it.
  std::set<int> Region(const std::string& board, int cell, char wanted, std::set<int>* touched) const {
    std::set<int> region = {cell};
    for (std::vector<int> open = {cell}; !open.empty();) {
      const int at = open.back();
      open.pop_back();
      for (const int near : Neighbours(at)) {
        if (board[near] == wanted) touched->insert(near);
        if (board[near] == board[cell] && region.insert(near).second) open.push_back(near);
      }
    }
    return region;
  }
  int Liberties(int cell) const {
    std::set<int> liberties;
    Region(board_, cell, '.', &liberties);
    return static_cast<int>(liberties.size());
  }
  // 'x', 'o' or '.'.
  char Owner(int cell) const {
    if (board_[cell] != '.') return board_[cell];
    std::set<int> first, second;
    Region(board_, cell, 'x', &first);
    Region(board_, cell, 'o', &second);
    return !first.empty() && second.empty() ? 'x' : first.empty() && !second.empty() ? 'o' : '.';
  }

 private:
  std::vector<int> Neighbours(int cell) const {
    const int row = cell / size_, col = cell % size_;
    std::vector<int> near;
    if (row > 0) near.push_back(cell - size_);
    if (row + 1 < size_) near.push_back(cell + size_);
    if (col > 0) near.push_back(cell - 1);
    if (col + 1 < size_) near.push_back(cell + 1);
    return near;
  }
  void TakeIfDead(std::string& board, int cell) const {
    std::set<int> liberties;
    const std::set<int> chain = Region(board, cell, '.', &liberties);
    if (!liberties.empty()) return;
    for (const int stone : chain) board[stone] = '.';
  }
  std::string After(int cell) const {
    std::string board = board_;
    board[cell] = "xo"[to_move_];
    for (const int near : Neighbours(cell)) {
      if (board[near] == "ox"[to_move_]) TakeIfDead(board, near);
    }
    TakeIfDead(board, cell);
    return board;
  }

  int size_;
  Rules rules_;
  std::string board_;
  int to_move_;
  int passes_ = 0;
  std::set<std::string> earlier_;
  std::string ko_board_;  // the board before the last stone: simple ko
};

}  // namespace tandem
