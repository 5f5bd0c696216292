#include "tools/report/plot.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/report/table.h"

namespace tandem {
namespace {

// A palette that stays distinct for colour-blind readers (Okabe, Ito 2008).
constexpr std::array<const char*, 6> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"};
constexpr double kLeft = 64;
constexpr double kRight = 150;  // room for the legend
constexpr double kTop = 34;
constexpr double kBottom = 46;
constexpr double kLabelHeight = 14;

// One axis: values of low..high onto pixels begin..end.
struct Axis {
  double low = 0;
  double high = 1;
  double begin = 0;
  double end = 1;
  double At(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
};

// 1, 2 or 5 times a power of ten that gives about `target` steps.
double TickStep(double span, int target) {
  const double rough = span / target;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

void Stretch(double value, double& low, double& high) {
  low = std::min(low, value);
  high = std::max(high, value);
}

class Painter {
 public:
  Painter(const Plot& plot, int width, int height) : plot_(plot), width_(width), height_(height) {
    double x_low = 1e300, x_high = -1e300, y_low = 1e300, y_high = -1e300;
    for (const PlotSeries& series : plot.series) {
      for (const PlotPoint& point : series.points) {
        Stretch(X(point.x), x_low, x_high);
        for (const double y : {point.y, point.low.value_or(point.y), point.high.value_or(point.y)}) Stretch(y, y_low, y_high);
      }
    }
    for (const Plot::Level& level : plot.levels) Stretch(level.y, y_low, y_high);
    if (x_low > x_high) x_low = 0, x_high = 1;
    if (y_low > y_high) y_low = 0, y_high = 1;
    if (x_low == x_high) x_low -= 0.5, x_high += 0.5;
    const double margin = y_low == y_high ? 1 : 0.05 * (y_high - y_low);
    x_ = {x_low, x_high, kLeft, width - kRight};
    y_ = {plot.y_min.value_or(y_low - margin), plot.y_max.value_or(y_high + margin), height - kBottom, kTop};
  }

  std::string Paint() {
    absl::StrAppendFormat(&svg_,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                          "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                          width_, height_, width_, height_);
    Text((x_.begin + x_.end) / 2, 18, "middle", plot_.title, "font-weight=\"bold\"");
    Grid();
    Levels();
    for (std::size_t i = 0; i < plot_.series.size(); ++i) Series(plot_.series[i], i);
    return svg_ + "</svg>\n";
  }

 private:
  double X(double value) const { return plot_.log2_x ? std::log2(value) : value; }

  void Line(double x1, double y1, double x2, double y2, const std::string& colour, const std::string& more = "") {
    absl::StrAppendFormat(&svg_, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" %s/>\n", x1, y1, x2, y2, colour,
                          more);
  }

  void Text(double x, double y, const std::string& anchor, const std::string& text, const std::string& more = "") {
    absl::StrAppendFormat(&svg_, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>\n", x, y, anchor, more, HtmlEscape(text));
  }

  void Grid() {
    const double y_step = TickStep(y_.high - y_.low, 6);
    for (double y = std::ceil(y_.low / y_step) * y_step; y <= y_.high + 1e-9 * y_step; y += y_step) {
      Line(x_.begin, y_.At(y), x_.end, y_.At(y), "#dddddd");
      Text(x_.begin - 6, y_.At(y) + 4, "end", absl::StrFormat("%g", std::abs(y) < 1e-9 * y_step ? 0 : y));
    }
    const double x_step = plot_.log2_x ? std::max(1.0, std::ceil((x_.high - x_.low) / 8)) : TickStep(x_.high - x_.low, 6);
    for (double x = std::ceil(x_.low / x_step) * x_step; x <= x_.high + 1e-9 * x_step; x += x_step) {
      Line(x_.At(x), y_.begin, x_.At(x), y_.end, "#eeeeee");
      const double shown = plot_.log2_x ? std::exp2(x) : x;
      Text(x_.At(x), y_.begin + 16, "middle", absl::StrFormat("%g", std::abs(shown) < 1e-9 * x_step ? 0 : shown));
    }
    Line(x_.begin, y_.begin, x_.end, y_.begin, "black");
    Line(x_.begin, y_.begin, x_.begin, y_.end, "black");
    Text((x_.begin + x_.end) / 2, height_ - 10, "middle", plot_.x_title);
    const double middle = (y_.begin + y_.end) / 2;
    Text(16, middle, "middle", plot_.y_title, absl::StrFormat("transform=\"rotate(-90 16 %.1f)\"", middle));
  }

  // Dashed lines; their names, from the top down, are pushed apart where they would overlap.
  void Levels() {
    std::vector<Plot::Level> levels = plot_.levels;
    std::stable_sort(levels.begin(), levels.end(), [](const Plot::Level& a, const Plot::Level& b) { return a.y > b.y; });
    double next = kTop;
    for (const Plot::Level& level : levels) {
      const double y = y_.At(level.y);
      Line(x_.begin, y, x_.end, y, "#888888", "stroke-dasharray=\"5 4\"");
      const double label = std::max(y, next);
      Text(x_.end + 6, label + 4, "start", level.name, "fill=\"#666666\"");
      next = label + kLabelHeight;
    }
  }

  void Series(const PlotSeries& series, std::size_t index) {
    const std::string colour = kColours[index % kColours.size()];
    std::string path;
    for (const PlotPoint& point : series.points) absl::StrAppendFormat(&path, "%.1f,%.1f ", x_.At(X(point.x)), y_.At(point.y));
    if (series.line) {
      absl::StrAppend(&svg_, "<polyline points=\"", path, "\" fill=\"none\" stroke-width=\"2\" stroke=\"", colour, "\"/>\n");
    }
    for (const PlotPoint& point : series.points) {
      const double x = x_.At(X(point.x));
      const double low = y_.At(std::max(point.low.value_or(point.y), y_.low));
      const double high = y_.At(std::min(point.high.value_or(point.y), y_.high));
      Line(x, low, x, high, colour);
      absl::StrAppendFormat(&svg_, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>\n", x, y_.At(point.y), colour);
    }
    const double y = kTop + 8 + 18 * static_cast<double>(index);
    absl::StrAppendFormat(&svg_, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x_.begin + 14, y, colour);
    Text(x_.begin + 24, y + 4, "start", series.name);
  }

  const Plot& plot_;
  const int width_;
  const int height_;
  Axis x_, y_;
  std::string svg_;
};

}  // namespace

std::string Plot::ToSvg(int width_px, int height_px) const { return Painter(*this, width_px, height_px).Paint(); }

}  // namespace tandem
