// A line plot with error bars as SVG text: enough for strength over simulations or over training time, without any outside library.
// The same plot gives the same bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tandem {

struct PlotPoint {
  double x = 0;
  double y = 0;
  std::optional<double> low, high;  // error bar
};

struct PlotSeries {
  std::string name;
  std::vector<PlotPoint> points;
  bool line = true;  // joined by a line
};

struct Plot {
  std::string title;
  std::string x_title, y_title;
  bool log2_x = false;                 // all x > 0; ticks at powers of two
  std::optional<double> y_min, y_max;  // fixed ends of the axis
  std::vector<PlotSeries> series;
  // Horizontal lines with a name (fixed opponents).
  struct Level {
    std::string name;
    double y = 0;
  };
  std::vector<Level> levels;

  std::string ToSvg(int width_px = 720, int height_px = 420) const;
};

}  // namespace tandem
