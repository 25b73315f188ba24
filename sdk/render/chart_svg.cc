#include "sdk/render/chart_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "sdk/render/cell_text.h"
#include "sdk/render/html_text.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::render {
namespace {

constexpr size_t kMaxLinePoints = 2'000;
constexpr size_t kMaxBars = 100;
constexpr size_t kMaxSlices = 11;
constexpr size_t kMaxLabel = 60;       // characters that are kept
constexpr size_t kMaxLabelShown = 12;  // characters under an axis
constexpr double kLeft = 64;           // room for a slanted one
constexpr double kMostDrawn = 1e300;   // larger numbers are not drawn
constexpr double kLeastSpread = 1e-290;
constexpr size_t kColors = 8;
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kWidth = 720, kHeight = 340;
constexpr double kTop = 16, kBottom = 64, kRight = 16;

struct Box {
  double left = 0, top = kTop, right = kWidth - kRight, bottom = kHeight - kBottom;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

constexpr double kLeastPlain = 1e-6, kMostPlain = 1e15;  // others have an exponent

// 1234567.5 -> "1,234,567.5"
std::string Grouped(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  const size_t first = text[0] == '-' ? 1 : 0;
  const size_t point = std::min(text.find('.'), text.size());
  for (size_t at = point; at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

// Of the first digit.
int PowerOf(double value) { return static_cast<int>(std::floor(std::log10(std::fabs(value)))); }

// The shortest text that says the number, for labels and descriptions: up to 12 digits as they are,
// of others the first 6 at least, and all those before the point.
std::string Plain(double value) {
  if (value == 0) return "0";
  const double magnitude = std::fabs(value);
  if (magnitude >= kMostPlain) return fmt::format("{:.15g}", value);
  if (magnitude < kLeastPlain) return fmt::format("{:g}", value);
  const int power = PowerOf(value);
  for (int decimals = 0; decimals <= std::max(6, 11 - power); ++decimals) {
    const double scale = std::pow(10, decimals);
    if (std::fabs(std::round(value * scale) / scale - value) <= magnitude * 1e-14) {
      return Grouped(value, decimals);
    }
  }
  return Grouped(value, std::max(6, 5 - power));
}

std::string_view Shorten(std::string_view text, size_t characters) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && ++seen > characters) {
      return text.substr(0, i);
    }
  }
  return text;
}

void AppendLabel(std::string& out, std::string_view text) {
  const std::string_view shown = Shorten(text, kMaxLabelShown);
  AppendHtmlText(out, shown);
  if (shown.size() < text.size()) out += "…";
}

Bounds DrawnBounds(const ChartPoints& points) {
  Bounds bounds;
  for (const auto& point : points.points()) {
    for (const double value : point.values) bounds.Include(value);
  }
  return bounds;
}

// The value axis of a bar or line chart, and where its values are.
struct Scale {
  Ticks ticks;
  std::vector<std::string> labels;  // of the ticks
  Box box;
  double Value(int tick) const {
    const double value = ticks.first + ticks.step * tick;
    return std::fabs(value) < ticks.step * 1e-9 ? 0 : value;
  }
  double Y(double value) const {
    const double last = Value(ticks.count - 1);
    return box.bottom - (value - ticks.first) / (last - ticks.first) * box.height();
  }
};

// As many digits as tell neighbours apart.
std::vector<std::string> LabelsOf(const Scale& scale) {
  const Ticks& ticks = scale.ticks;
  const double largest = std::max(std::fabs(ticks.first), std::fabs(scale.Value(ticks.count - 1)));
  const bool plain = ticks.step >= kLeastPlain && largest < kMostPlain;
  const int digits = PowerOf(largest) - PowerOf(ticks.step) + 1;
  std::vector<std::string> labels;
  labels.reserve(static_cast<size_t>(ticks.count));
  for (int i = 0; i < ticks.count; ++i) {
    labels.push_back(plain ? Grouped(scale.Value(i), ticks.decimals)
                           : fmt::format("{:.{}g}", scale.Value(i), digits));
  }
  return labels;
}

Scale MakeScale(Bounds bounds, ChartType type) {
  // Bars are measured from zero; a line may start elsewhere when all of it is far from zero.
  const double spread = bounds.high - bounds.low;
  const bool from_zero = type == ChartType::kBar || bounds.low < spread;
  if (from_zero && bounds.low > 0) bounds.low = 0;
  if (bounds.high < 0 && (type == ChartType::kBar || -bounds.high < spread)) bounds.high = 0;
  Scale scale;
  scale.ticks = NiceTicks(bounds.low, bounds.high, 5);
  scale.labels = LabelsOf(scale);
  const size_t widest = std::ranges::max(scale.labels, {}, &std::string::size).size();
  scale.box.left = std::max(kLeft, 20 + 7.5 * static_cast<double>(widest));
  return scale;
}

void AppendValueAxis(std::string& out, const Scale& scale) {
  for (int i = 0; i < scale.ticks.count; ++i) {
    const double y = scale.Y(scale.Value(i));
    out += fmt::format(
        "<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text class=\"t e\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>",
        scale.Value(i) == 0 ? "z" : "g", scale.box.left, scale.box.right, y, y, scale.box.left - 8,
        y + 4, scale.labels[static_cast<size_t>(i)]);
  }
}

// As many labels as there is room for, slanted when they are long.
void AppendLabelAxis(std::string& out, const ChartPoints& points, const Box& box, double step,
                     double offset) {
  const auto& list = points.points();
  size_t longest = 1;
  for (const auto& point : list) {
    longest = std::max(longest, Shorten(point.label, kMaxLabelShown).size());
  }
  const bool slanted = static_cast<double>(longest) * 7 + 6 > step;
  const double needed = slanted ? 22 : 0;
  const auto every = static_cast<size_t>(std::max(1.0, std::ceil(needed / step)));
  for (size_t i = 0; i < list.size(); i += every) {
    const double x = box.left + offset + step * static_cast<double>(i);
    const double y = box.bottom + 18;
    out += slanted ? fmt::format(
                         "<text class=\"t e\" x=\"{0:.1f}\" y=\"{1:.1f}\" "
                         "transform=\"rotate(-35 {0:.1f} {1:.1f})\">",
                         x + 4, y - 2)
                   : fmt::format("<text class=\"t m\" x=\"{:.1f}\" y=\"{:.1f}\">", x, y);
    AppendLabel(out, list[i].label);
    out += "</text>";
  }
}

// What the pointer shows.
void AppendTip(std::string& out, std::string_view label, std::string_view series, double value) {
  out += "<title>";
  AppendHtmlText(out, label);
  if (!series.empty()) {
    out += " · ";
    AppendHtmlText(out, series);
  }
  out += ": " + Plain(value) + "</title>";
}

void AppendBars(std::string& out, const ChartSpec& chart, const ChartPoints& points) {
  const Scale scale = MakeScale(DrawnBounds(points), chart.type);
  AppendValueAxis(out, scale);
  const double step = scale.box.width() / static_cast<double>(points.points().size());
  const double group = step * 0.78;
  const double width = group / static_cast<double>(chart.y.size());
  for (size_t i = 0; i < points.points().size(); ++i) {
    const auto& point = points.points()[i];
    for (size_t s = 0; s < point.values.size(); ++s) {
      const double value = point.values[s];
      if (!std::isfinite(value)) continue;
      const double x = scale.box.left + step * static_cast<double>(i) + (step - group) / 2 +
                       width * static_cast<double>(s);
      const double zero = scale.Y(0);
      const double y = scale.Y(value);
      out += fmt::format(
          "<rect class=\"f{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">",
          s % kColors, x, std::min(y, zero), std::max(width - 1, 0.5), std::fabs(y - zero));
      AppendTip(out, point.label, chart.y.size() > 1 ? chart.y[s] : "", value);
      out += "</rect>";
    }
  }
  AppendLabelAxis(out, points, scale.box, step, step / 2);
}

void AppendLines(std::string& out, const ChartSpec& chart, const ChartPoints& points) {
  constexpr size_t kMaxMarked = 60;
  const Scale scale = MakeScale(DrawnBounds(points), chart.type);
  AppendValueAxis(out, scale);
  const auto& list = points.points();
  const double step =
      list.size() > 1 ? scale.box.width() / static_cast<double>(list.size() - 1) : 1;
  for (size_t s = 0; s < chart.y.size(); ++s) {
    std::string path, marks;
    bool pen_down = false;
    for (size_t i = 0; i < list.size(); ++i) {
      const double value = list[i].values[s];
      if (!std::isfinite(value)) {
        pen_down = false;  // a gap
        continue;
      }
      const double x = scale.box.left + step * static_cast<double>(i);
      path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", x, scale.Y(value));
      pen_down = true;
      if (list.size() > kMaxMarked) continue;
      marks += fmt::format("<circle class=\"f{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\">",
                           s % kColors, x, scale.Y(value));
      AppendTip(marks, list[i].label, chart.y.size() > 1 ? chart.y[s] : "", value);
      marks += "</circle>";
    }
    out += fmt::format("<path class=\"l{}\" d=\"{}\"/>{}", s % kColors, path, marks);
  }
  AppendLabelAxis(out, points, scale.box, step, 0);
}

struct Slice {
  std::string label;
  double value = 0;
};

std::vector<Slice> SlicesOf(const ChartPoints& points) {
  std::vector<Slice> slices;
  for (const auto& point : points.points()) {
    slices.push_back({point.label, point.values[0]});
  }
  if (points.others() > 0) slices.push_back({"all other rows", points.others()});
  return slices;
}

void AppendSlice(std::string& out, size_t index, const Slice& slice, double from, double to) {
  constexpr double kX = 180, kY = kHeight / 2, kRadius = 140;
  const auto at = [&](double turn) {
    const double angle = (turn - 0.25) * 2 * std::numbers::pi;
    return fmt::format("{:.2f} {:.2f}", kX + kRadius * std::cos(angle),
                       kY + kRadius * std::sin(angle));
  };
  // Alternating opacity tells neighbours apart once the colours repeat.
  const std::string_view repeat = index >= kColors ? " o" : "";
  if (to - from > 0.9999) {
    out +=
        fmt::format("<circle class=\"f{}\" cx=\"{}\" cy=\"{}\" r=\"{}\">", index, kX, kY, kRadius);
    AppendTip(out, slice.label, "", slice.value);
    out += "</circle>";
  } else {
    out += fmt::format("<path class=\"f{}{}\" d=\"M{} {}L{}A{} {} 0 {} 1 {}Z\">", index % kColors,
                       repeat, kX, kY, at(from), kRadius, kRadius, to - from > 0.5 ? 1 : 0, at(to));
    AppendTip(out, slice.label, "", slice.value);
    out += "</path>";
  }
  const double y = 30 + 25 * static_cast<double>(index);
  out += fmt::format(
      "<rect class=\"f{}{}\" x=\"372\" y=\"{:.1f}\" width=\"12\" height=\"12\"/>"
      "<text class=\"t\" x=\"392\" y=\"{:.1f}\">",
      index % kColors, repeat, y - 10, y);
  const std::string_view shown = Shorten(slice.label, 24);
  AppendHtmlText(out, shown);
  if (shown.size() < slice.label.size()) out += "…";
  out += fmt::format(" · {} ({:.1f} %)</text>", Plain(slice.value), (to - from) * 100);
}

void AppendPie(std::string& out, const ChartPoints& points) {
  const std::vector<Slice> slices = SlicesOf(points);
  double total = 0;
  for (const Slice& slice : slices) total += slice.value;
  double done = 0;
  for (size_t i = 0; i < slices.size(); ++i) {
    const double from = done / total;
    done += slices[i].value;
    AppendSlice(out, i, slices[i], from, i + 1 == slices.size() ? 1 : done / total);
  }
}

bool HasAnything(const ChartSpec& chart, const ChartPoints& points) {
  if (chart.type == ChartType::kPie) return !SlicesOf(points).empty();
  return !DrawnBounds(points).empty();
}

std::string Describe(const ChartSpec& chart, const ChartPoints& points) {
  static constexpr std::string_view kKinds[] = {"Bar chart", "Line chart", "Pie chart"};
  std::string text = fmt::format("{} of ", kKinds[static_cast<size_t>(chart.type)]);
  for (size_t i = 0; i < chart.y.size(); ++i) text += (i == 0 ? "" : ", ") + chart.y[i];
  text += fmt::format(" by {}, {} rows.", chart.x, points.rows());
  const Bounds& bounds = points.bounds();
  if (!bounds.empty()) {
    text += fmt::format(" Values from {} to {}.", Plain(bounds.low), Plain(bounds.high));
  }
  return text;
}

std::string Note(const ChartSpec& chart, const ChartPoints& points) {
  if (points.stride() > 1) {
    return fmt::format("One of every {} rows is drawn.", points.stride());
  }
  if (chart.type == ChartType::kPie) {
    if (points.others() == 0) return {};
    return fmt::format("The {} largest rows have slices of their own.", points.points().size());
  }
  if (points.rows() <= points.points().size()) return {};
  return fmt::format("The first {} of {} rows are drawn.", points.points().size(),
                     Grouped(static_cast<double>(points.rows()), 0));
}

void AppendLegend(std::string& out, const ChartSpec& chart) {
  if (chart.type == ChartType::kPie) return;
  out += "<p class=\"legend\">";
  for (size_t s = 0; s < chart.y.size(); ++s) {
    out += fmt::format("<span class=\"key k{}\"></span><span>", s % kColors);
    AppendHtmlText(out, chart.y[s]);
    out += "</span> ";
  }
  out += "</p>";
}

}  // namespace

Ticks NiceTicks(double low, double high, int count) {
  // Values closer together than that leave no room for steps between them.
  const double largest = std::max(std::fabs(low), std::fabs(high));
  if (high - low < std::max(kLeastSpread, largest * 1e-12)) {
    const double around = low == 0 ? 1 : std::fabs(low) / 2;
    if (low < 0) low -= around;
    high += around;
  }
  const double raw = std::max((high - low) / count, kLeastSpread);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double part = raw / power;
  const double step = (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power;
  Ticks ticks;
  ticks.step = step;
  ticks.first = std::floor(low / step) * step;
  ticks.count = static_cast<int>(std::ceil(high / step) - std::floor(low / step)) + 1;
  ticks.count = std::max(ticks.count, 2);
  ticks.decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 12);
  return ticks;
}

ChartPoints::ChartPoints(ChartType type, ChartColumns columns)
    : type_(type), columns_(std::move(columns)) {}

void ChartPoints::Add(Row row) {
  const bool is_full = type_ == ChartType::kBar && points_.size() >= kMaxBars;
  const bool is_kept = rows_++ % stride_ == 0 && !is_full;
  Point point;
  for (const size_t column : columns_.y) {
    double value = column < row.size() ? NumberOf(row[column]) : kNoNumber;
    if (std::fabs(value) > kMostDrawn) value = kNoNumber;
    bounds_.Include(value);
    if (is_kept) point.values.push_back(value);
  }
  if (!is_kept) return;
  if (columns_.x < row.size()) AppendCellText(point.label, row[columns_.x]);
  // A day's midnight is the day.
  if (columns_.x < row.size() && row[columns_.x].kind == CellKind::kDateTime &&
      point.label.ends_with(" 00:00:00")) {
    point.label.resize(point.label.size() - 9);
  }
  point.label = std::string(Shorten(point.label, kMaxLabel));
  if (type_ == ChartType::kPie) return AddSlice(std::move(point));
  points_.push_back(std::move(point));
  if (type_ != ChartType::kLine || points_.size() < kMaxLinePoints) return;
  for (size_t i = 1; i < points_.size() / 2; ++i) points_[i] = std::move(points_[2 * i]);
  points_.resize(points_.size() / 2);
  stride_ *= 2;
}

// The largest first, of equal ones the earlier.
void ChartPoints::AddSlice(Point point) {
  const double value = point.values[0];
  if (!std::isfinite(value) || value <= 0) return;
  const auto place =
      std::ranges::find_if(points_, [&](const Point& other) { return other.values[0] < value; });
  points_.insert(place, std::move(point));
  if (points_.size() <= kMaxSlices) return;
  others_ += points_.back().values[0];
  points_.pop_back();
}

void AppendChartFigure(std::string& out, const ChartSpec& chart, const ChartPoints& points,
                       size_t number) {
  out += "<figure>";
  if (!chart.title.empty()) {
    out += "<figcaption>";
    AppendHtmlText(out, chart.title);
    out += "</figcaption>";
  }
  out += fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"c{2}t c{2}d\">"
      "<title id=\"c{2}t\">",
      kWidth, kHeight, number);
  AppendHtmlText(out, chart.title.empty() ? chart.y[0] : chart.title);
  out += fmt::format("</title><desc id=\"c{}d\">", number);
  AppendHtmlText(out, Describe(chart, points));
  out += "</desc>";
  if (!HasAnything(chart, points)) {
    out += fmt::format("<text class=\"t m\" x=\"{}\" y=\"{}\">no values</text>", kWidth / 2,
                       kHeight / 2);
  } else if (chart.type == ChartType::kPie) {
    AppendPie(out, points);
  } else if (chart.type == ChartType::kBar) {
    AppendBars(out, chart, points);
  } else {
    AppendLines(out, chart, points);
  }
  out += "</svg>";
  AppendLegend(out, chart);
  const std::string note = Note(chart, points);
  if (!note.empty()) out += "<p class=\"note\">" + note + "</p>";
  out += "</figure>\n";
}

}  // namespace carrel::render
