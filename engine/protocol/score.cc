#include "engine/protocol/score.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace tandem {
namespace {
constexpr double kLargestValue = 1 - 1e-6;
}  // namespace

int Centipawns(double value) {
  const double bounded = std::isnan(value) ? 0.0 : std::clamp(value, -kLargestValue, kLargestValue);
  return static_cast<int>(std::lround(400 * std::log10((1 + bounded) / (1 - bounded))));
}

double ValueOfCentipawns(double centipawns) { return std::tanh(centipawns * std::log(10.0) / 800); }

std::string ScoreText(double value, Proven proven, int mate_plies) {
  const int sign = proven == Proven::kWin ? 1 : proven == Proven::kLoss ? -1 : 0;
  if (sign != 0) {
    if (mate_plies > 0) return absl::StrCat("mate ", sign * ((mate_plies + 1) / 2));
    return absl::StrCat("cp ", sign * kProvenCentipawns);
  }
  return absl::StrCat("cp ", proven == Proven::kDraw ? 0 : Centipawns(value));
}

std::array<int, 3> WdlPerMille(const Evaluation& wdl, Proven proven) {
  if (proven == Proven::kWin) return {1000, 0, 0};
  if (proven == Proven::kDraw) return {0, 1000, 0};
  if (proven == Proven::kLoss) return {0, 0, 1000};
  std::array<double, 3> share = {wdl.win, wdl.draw, wdl.loss};
  for (double& part : share) part = std::isfinite(part) ? std::max(part, 0.0) : 0.0;
  const double sum = share[0] + share[1] + share[2];
  if (sum <= 0) return {0, 1000, 0};
  std::array<int, 3> result;
  std::array<double, 3> remainder;
  for (int i = 0; i < 3; ++i) {
    const double exact = share[i] / sum * 1000;
    result[i] = static_cast<int>(exact);
    remainder[i] = exact - result[i];
  }
  for (int left = 1000 - std::accumulate(result.begin(), result.end(), 0); left > 0; --left) {
    const auto largest = std::max_element(remainder.begin(), remainder.end()) - remainder.begin();
    ++result[largest];
    remainder[largest] = -1;
  }
  return result;
}

}  // namespace tandem
