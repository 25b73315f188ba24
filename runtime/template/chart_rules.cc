#include "runtime/template/chart_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/base/xml_text.h"

namespace carrel::manifest {
namespace {

constexpr size_t kMaxCharts = 20;
constexpr size_t kMaxSeries = 16;
constexpr unsigned kMaxRow = 1'048'576;
constexpr unsigned kMaxColumn = 16'384;

// "H2"
bool IsCellName(std::string_view name) {
  unsigned column = 0;
  size_t at = 0;
  for (; at < name.size() && at < 3 && name[at] >= 'A' && name[at] <= 'Z'; ++at) {
    column = column * 26 + static_cast<unsigned>(name[at] - 'A' + 1);
  }
  const std::string_view digits = name.substr(at);
  if (at == 0 || column > kMaxColumn || digits.empty() || digits.size() > 7 || digits[0] == '0') {
    return false;
  }
  unsigned row = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    row = row * 10 + static_cast<unsigned>(c - '0');
  }
  return row <= kMaxRow;
}

// `y` is one name or a list of them; empty when it is faulty.
std::vector<std::string> ReadValues(ObjectReader& chart) {
  const JsonMember* y = chart.Member("y");
  if (y == nullptr) {
    chart.String("y", Presence::kRequired);  // leaves the fault of an absent key
    return {};
  }
  std::vector<std::string> names;
  const std::vector<JsonNode> one = {y->value};
  const auto& items = y->value.kind == JsonNode::Kind::kArray ? y->value.items : one;
  const bool texts = std::ranges::all_of(items, [](const JsonNode& item) {
    return item.AsString() != nullptr && !item.AsString()->empty();
  });
  if (!texts || items.empty() || items.size() > kMaxSeries) {
    chart.Error("y", "bad-value",
                fmt::format("expected a column's name or a list of 1 to {}", kMaxSeries),
                "a column's name or a list of them");
    return {};
  }
  names.reserve(items.size());
  for (const JsonNode& item : items) names.push_back(*item.AsString());
  return names;
}

void CheckChart(ObjectReader& chart, const ColumnNames& columns) {
  static const std::vector<std::string> types = {"bar", "line", "pie"};
  const auto type = chart.OneOf("type", Presence::kRequired, "chart type", types);
  if (const auto x = chart.String("x", Presence::kRequired)) {
    if (x->empty()) chart.Error("x", "bad-value", "expected a column's name", "a column's name");
    if (!x->empty()) CheckColumn(chart, "x", *x, columns);
  }
  const std::vector<std::string> values = ReadValues(chart);
  for (const std::string& name : values) CheckColumn(chart, "y", name, columns);
  if (type == "pie" && values.size() > 1) {
    chart.Error("y", "bad-value", fmt::format("found {} columns, a pie has one", values.size()),
                "one column");
  }
  const auto title = chart.String("title", Presence::kOptional);
  if (title && EscapeForXml(*title) != *title) {
    chart.Error("title", "bad-value",
                fmt::format("the title {} holds control characters", Quoted(*title)),
                "text without control characters");
  }
  const auto anchor = chart.String("anchor", Presence::kOptional);
  if (anchor && !IsCellName(*anchor)) {
    chart.Error("anchor", "bad-value", fmt::format("found {}, expected a cell", Quoted(*anchor)),
                "a cell such as \"H2\"");
  }
  chart.WarnUnknownKeys();
}

}  // namespace

void CheckColumn(ObjectReader& reader, std::string_view key, const std::string& name,
                 const ColumnNames& columns) {
  if (!columns || std::ranges::find(*columns, name) != columns->end()) return;
  reader.Error(key, "unknown-column",
               fmt::format("found {}, which is none of the columns {}{}", Quoted(name),
                           Truncate(Join(*columns, ", "), 200), carrel::DidYouMean(name, *columns)),
               "one of the columns", NearMiss(name, *columns));
}

ColumnNames ReadColumnNames(ObjectReader& args, std::string_view key, size_t least) {
  const JsonNode* list = args.Array(key, Presence::kOptional, least);
  if (list == nullptr) return std::nullopt;
  if (list->items.size() > kMaxColumn) {
    args.Error(key, "bad-value", fmt::format("expected at most {} column names", kMaxColumn));
    return std::nullopt;
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < list->items.size(); ++i) {
    const std::string* name = list->items[i].AsString();
    if (name != nullptr && !name->empty()) {
      names.push_back(*name);
      continue;
    }
    args.context().Add(list->items[i].begin, {.severity = Severity::kError,
                                              .rule = "bad-value",
                                              .place = {.path = ItemPath(args.PathOf(key), i)},
                                              .message = "expected a column's name",
                                              .expected = "a column's name"});
  }
  if (names.size() < list->items.size()) return std::nullopt;
  return names;
}

void CheckCharts(ObjectReader& args, const ColumnNames& columns) {
  const JsonNode* list = args.Array("charts", Presence::kOptional, 0);
  if (list == nullptr) return;
  if (list->items.size() > kMaxCharts) {
    args.Error("charts", "bad-value",
               fmt::format("found {} charts, expected at most {}", list->items.size(), kMaxCharts),
               fmt::format("at most {} charts", kMaxCharts));
  }
  for (size_t i = 0; i < list->items.size(); ++i) {
    auto chart = ReadObject(args.context(), list->items[i], ItemPath(args.PathOf("charts"), i));
    if (chart) CheckChart(*chart, columns);
  }
}

}  // namespace carrel::manifest
