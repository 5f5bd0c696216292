// One number with a name that carries its unit: {"selfplay/moves_per_second", 512.5}. The part before the slash groups charts.
#pragma once

#include <string>

namespace tandem {

struct Metric {
  std::string name;
  double value = 0;
};

}  // namespace tandem
