#include "sdk/render/chart_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/base/xml_text.h"

namespace carrel::render {
namespace {

constexpr size_t kMaxCharts = 20;
constexpr size_t kMaxSeries = 16;
constexpr size_t kMaxNamesTold = 20;
constexpr std::string_view kTypes[] = {"bar", "line", "pie"};

std::unexpected<Error> Bad(size_t index, std::string_view key, std::string_view expected,
                           const Json& found) {
  return Fail(Code::kInvalid, fmt::format("args.charts[{}].{}: expected {}, found {}", index, key,
                                          expected, Truncate(DumpJson(found), 80)));
}

Json Member(const Json& object, std::string_view key) {
  const auto at = object.find(key);
  return at == object.end() ? Json() : *at;
}

bool IsWord(const Json& value) { return value.is_string() && !value.get<std::string>().empty(); }

Result<std::vector<std::string>> ReadValues(const Json& y, size_t index) {
  std::vector<std::string> names;
  if (IsWord(y)) {
    names.push_back(y);
  } else if (y.is_array()) {
    for (const Json& name : y) {
      if (!IsWord(name)) return Bad(index, "y", "a column's name or a list of them", y);
      names.push_back(name);
    }
  }
  if (!names.empty() && names.size() <= kMaxSeries) return names;
  return Bad(index, "y", fmt::format("a column's name or a list of 1 to {}", kMaxSeries), y);
}

// "H2"
bool IsCellName(std::string_view name) {
  size_t letters = 0;
  size_t column = 0;
  for (; letters < name.size() && name[letters] >= 'A' && name[letters] <= 'Z'; ++letters) {
    column = column * 26 + static_cast<size_t>(name[letters] - 'A' + 1);
    if (column > 16'384) return false;
  }
  const std::string_view row = name.substr(letters);
  return letters > 0 && !row.empty() && row.size() <= 7 && row[0] != '0' &&
         std::ranges::all_of(row, [](char c) { return c >= '0' && c <= '9'; }) &&
         std::stoul(std::string(row)) <= 1'048'576;
}

Result<std::string> OptionalText(const Json& chart, size_t index, std::string_view key) {
  const Json value = Member(chart, key);
  if (!chart.contains(key)) return std::string();
  if (value.is_string()) return value.get<std::string>();
  return Bad(index, key, "text", value);
}

Result<ChartSpec> ReadChart(const Json& json, size_t index) {
  if (!json.is_object()) {
    return Fail(Code::kInvalid, fmt::format("args.charts[{}]: expected an object, found {}", index,
                                            Truncate(DumpJson(json), 80)));
  }
  ChartSpec chart;
  const Json type = Member(json, "type");
  const auto* known = std::ranges::find(kTypes, type.is_string() ? type.get<std::string>() : "");
  if (known == std::end(kTypes)) return Bad(index, "type", R"("bar", "line" or "pie")", type);
  chart.type = static_cast<ChartType>(known - std::begin(kTypes));
  const Json x = Member(json, "x");
  if (!IsWord(x)) return Bad(index, "x", "a column's name", x);
  chart.x = x;
  CARREL_ASSIGN_OR_RETURN(chart.y, ReadValues(Member(json, "y"), index));
  if (chart.type == ChartType::kPie && chart.y.size() != 1) {
    return Bad(index, "y", "one column for a pie", json["y"]);
  }
  CARREL_ASSIGN_OR_RETURN(chart.title, OptionalText(json, index, "title"));
  if (EscapeForXml(chart.title) != chart.title) {
    return Bad(index, "title", "text without control characters", json["title"]);
  }
  CARREL_ASSIGN_OR_RETURN(chart.anchor, OptionalText(json, index, "anchor"));
  if (!chart.anchor.empty() && !IsCellName(chart.anchor)) {
    return Bad(index, "anchor", "a cell such as \"H2\"", json["anchor"]);
  }
  return chart;
}

std::string Listed(std::span<const std::string> names) {
  std::string list;
  for (size_t i = 0; i < names.size() && i < kMaxNamesTold; ++i) {
    list += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", EscapeControls(Truncate(names[i], 60)));
  }
  if (names.size() > kMaxNamesTold) list += ", ...";
  return list.empty() ? "no column at all" : list;
}

Result<size_t> FindColumn(std::span<const std::string> names, const std::string& name, size_t index,
                          std::string_view key) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<size_t>(found - names.begin());
  return Fail(
      Code::kInvalid,
      fmt::format("args.charts[{}].{}: found \"{}\", expected one of the columns {}{}", index, key,
                  EscapeControls(Truncate(name, 60)), Listed(names), DidYouMean(name, names)));
}

}  // namespace

Result<std::vector<ChartSpec>> ParseCharts(const Json& args) {
  std::vector<ChartSpec> charts;
  if (!args.is_object()) return charts;
  const Json list = Member(args, "charts");
  if (list.is_null() && !args.contains("charts")) return charts;
  if (!list.is_array() || list.size() > kMaxCharts) {
    return Fail(Code::kInvalid, fmt::format("args.charts: expected a list of at most {}, found {}",
                                            kMaxCharts, Truncate(DumpJson(list), 80)));
  }
  for (size_t i = 0; i < list.size(); ++i) {
    CARREL_ASSIGN_OR_RETURN(ChartSpec chart, ReadChart(list[i], i));
    charts.push_back(std::move(chart));
  }
  return charts;
}

Result<std::vector<ChartColumns>> FindChartColumns(std::span<const ChartSpec> charts,
                                                   std::span<const std::string> names) {
  std::vector<ChartColumns> found(charts.size());
  for (size_t i = 0; i < charts.size(); ++i) {
    CARREL_ASSIGN_OR_RETURN(found[i].x, FindColumn(names, charts[i].x, i, "x"));
    for (const std::string& name : charts[i].y) {
      CARREL_ASSIGN_OR_RETURN(const size_t column, FindColumn(names, name, i, "y"));
      found[i].y.push_back(column);
    }
  }
  return found;
}

}  // namespace carrel::render
