// Leaf counts of the shared chess files, for the fast test (small counts) and the long one (the rest).
#pragma once

#include <cstdint>
#include <string>

namespace tandem::chess {

struct PerftFile {
  const char* file;
  bool chess960;
};
inline constexpr PerftFile kPerftFiles[] = {
    {"chess/perft_named.jsonl", false},       {"chess/perft_standard.jsonl", false}, {"chess/perft_special.jsonl", false},
    {"chess/perft_doublecheck.jsonl", false}, {"chess/perft_marcel.jsonl", false},   {"chess/perft_enpassant.jsonl", false},
    {"chess/perft_fischer.jsonl", true},
};

// Compares every count of the file in min_leaves..max_leaves; returns how many there were. A difference fails the test and names the
// position and depth.
int ComparePerft(const PerftFile& file, std::int64_t min_leaves, std::int64_t max_leaves);

}  // namespace tandem::chess
