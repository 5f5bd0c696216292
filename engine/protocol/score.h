// Numbers as text protocols want them, from values as searches have them. Pure functions, viewpoint of the side to move throughout.
#pragma once

#include <array>
#include <string>

#include "engine/search/planner.h"

namespace tandem {

// Centipawns of a value in -1..1, strictly increasing and odd: the Elo difference at which the expected score is (1 + value) / 2, so
// 100 means a score of 64 % and 0 means even. Values are held within +-(1 - 1e-6), which is +-2520.
//
//   cp = 400 log10((1 + value) / (1 - value))
int Centipawns(double value);
// Its inverse, up to rounding.
double ValueOfCentipawns(double centipawns);

// A result that is proven but whose distance is not known, as centipawns.
inline constexpr int kProvenCentipawns = 10000;

// "cp 35"; "mate 3" or "mate -2" (in moves of the side to move, not plies) when a win or loss is proven with its distance `mate_plies`
// known (> 0); "cp +-10000" when it is not; "cp 0" for a proven draw.
std::string ScoreText(double value, Proven proven, int mate_plies);

// Win, draw and loss per mille, summing to exactly 1000 (largest remainders); a proven result is certain.
std::array<int, 3> WdlPerMille(const Evaluation& wdl, Proven proven);

}  // namespace tandem
