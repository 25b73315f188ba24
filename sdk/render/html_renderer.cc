#include "sdk/render/html_renderer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/text.h"
#include "sdk/render/cell_text.h"
#include "sdk/render/chart_spec.h"
#include "sdk/render/chart_svg.h"
#include "sdk/render/column_total.h"
#include "sdk/render/html_attachment.h"
#include "sdk/render/html_page.h"
#include "sdk/render/html_text.h"
#include "sdk/render/number_text.h"
#include "sdk/render/output_file.h"
#include "sdk/render/time_text.h"

namespace carrel::render {
namespace {

constexpr uint64_t kRowsShown = 10'000;
constexpr uint64_t kMostRowsShown = 100'000;
constexpr size_t kMaxColumns = 16'384;

struct HtmlArgs {
  std::string title;
  std::optional<std::vector<std::string>> columns;  // nullopt: the first row names them
  std::optional<std::vector<std::string>> totals;   // nullopt: every column of numbers
  std::vector<ChartSpec> charts;
  uint64_t max_rows = kRowsShown;
};

Result<std::optional<std::vector<std::string>>> Names(const Json& args, const std::string& key,
                                                      size_t least) {
  if (!args.is_object() || !args.contains(key)) return std::nullopt;
  const Json& list = args[key];
  const bool texts = list.is_array() && std::ranges::all_of(list, [](const Json& name) {
                       return name.is_string() && !name.get_ref<const std::string&>().empty();
                     });
  if (texts && list.size() >= least && list.size() <= kMaxColumns) {
    return list.get<std::vector<std::string>>();
  }
  return Fail(Code::kInvalid, fmt::format("args.{}: expected a list of column names, found {}", key,
                                          Truncate(DumpJson(list), 80)));
}

Result<HtmlArgs> ParseArgs(const RendererOptions& options) {
  const Json& args = options.args;
  HtmlArgs parsed;
  parsed.title = options.info.report_name.empty() ? "Report" : options.info.report_name;
  CARREL_ASSIGN_OR_RETURN(parsed.columns, Names(args, "columns", 1));
  CARREL_ASSIGN_OR_RETURN(parsed.totals, Names(args, "totals", 0));
  CARREL_ASSIGN_OR_RETURN(parsed.charts, ParseCharts(args));
  if (!args.is_object()) return parsed;
  if (args.contains("title")) {
    parsed.title = JsonString(args, "title");
    if (parsed.title.empty()) {
      return Fail(Code::kInvalid, fmt::format("args.title: expected text, found {}",
                                              Truncate(DumpJson(args["title"]), 80)));
    }
  }
  if (!args.contains("max_rows")) return parsed;
  const Json& rows = args["max_rows"];
  parsed.max_rows = rows.is_number_unsigned() ? rows.get<uint64_t>() : 0;
  if (parsed.max_rows >= 1 && parsed.max_rows <= kMostRowsShown) return parsed;
  return Fail(Code::kInvalid,
              fmt::format("args.max_rows: expected an integer from 1 to {}, found {}",
                          kMostRowsShown, DumpJson(rows)));
}

bool IsTime(CellKind kind) {
  return kind == CellKind::kDate || kind == CellKind::kTime || kind == CellKind::kDateTime;
}

// The number that puts a cell in its place when its column is sorted; empty when its text does:
// a number that prints itself has its own, a moment with a zone or a text of its own and a duration
// their microseconds.
std::string OrderOf(const Cell& cell) {
  std::string number;
  if (cell.kind == CellKind::kDuration) {
    AppendInteger(number, cell.micros);
  } else if (cell.kind == CellKind::kLongDuration) {
    AppendPythonFloat(number, cell.number * static_cast<double>(kMicrosPerDay));
  } else if (IsTime(cell.kind) && (cell.with_zone || PrintsItself(cell))) {
    AppendInteger(number, UtcMicros(cell));
  } else if (IsNumber(cell.kind) && PrintsItself(cell)) {
    Cell plain = cell;
    plain.printed = {};
    AppendCellText(number, plain);
  }
  return number;
}

// The page is written as rows come: what must be seen before the table but is known only at its
// end (charts, counts) stands behind it and is moved by the style sheet. Every row goes into the
// attached csv, the first ones into the table as well.
class HtmlRenderer final : public Renderer {
 public:
  HtmlRenderer(const RendererOptions& options, HtmlArgs args)
      : file_(options.output_fd, options.threading), info_(options.info), args_(std::move(args)) {}

  Shape shape() const override { return Shape::kCells; }

  Status Begin() {
    AppendPageHead(file_.buffer(), info_, args_.title);
    if (!args_.columns) return {};
    columns_ = *args_.columns;
    std::vector<Cell> names(columns_.size());
    for (size_t i = 0; i < names.size(); ++i) {
      names[i].kind = CellKind::kText;
      names[i].text = columns_[i];
    }
    return BeginTable(names);
  }

  Status WriteRow(Row row) override {
    ++rows_;
    if (row.size() > kMaxColumns) {
      return Fail(Code::kInvalid, fmt::format("row {}: {} cells: a page has at most {} columns",
                                              rows_, row.size(), kMaxColumns));
    }
    if (!in_table_) {
      for (const Cell& cell : row) AppendCellText(columns_.emplace_back(), cell);
      return BeginTable(row);
    }
    ++counts_.rows;
    if (counts_.shown < args_.max_rows) {
      ++counts_.shown;
      AppendTableRow(row);
    }
    if (totals_.size() < row.size()) totals_.resize(row.size());
    for (size_t i = 0; i < row.size(); ++i) totals_[i].Add(row[i]);
    for (ChartPoints& chart : charts_) chart.Add(row);
    return Attach(row);
  }

  Status Finish(std::string_view finish_time) override {
    std::string& out = file_.buffer();
    if (in_table_) {
      CARREL_TRY(attachment_.Finish(out));
      out += "</tbody>\n";
      AppendTotals();
      out += "</table></div></section>\n";
      AppendRowNote(out, counts_);
      AppendCharts();
    } else {
      out += "<p class=\"data card empty\">The report has no rows.</p>\n";
    }
    AppendPageTail(out, info_, finish_time);
    return file_.Finish();
  }

  std::string_view sha256() const override { return file_.sha256(); }

 private:
  Status BeginTable(Row names) {
    in_table_ = true;
    CARREL_ASSIGN_OR_RETURN(const auto places, FindChartColumns(args_.charts, columns_));
    for (size_t i = 0; i < places.size(); ++i)
      charts_.emplace_back(args_.charts[i].type, places[i]);
    if (args_.totals) CARREL_TRY(FindTotals());
    AppendTableHead(file_.buffer(), columns_, args_.title);
    return Attach(names);
  }

  Status FindTotals() {
    for (const std::string& name : *args_.totals) {
      const auto found = std::ranges::find(columns_, name);
      if (found == columns_.end()) {
        return Fail(Code::kInvalid,
                    fmt::format("args.totals: found \"{}\", which is no column{}",
                                EscapeControls(Truncate(name, 60)), DidYouMean(name, columns_)));
      }
      wanted_totals_.insert(static_cast<size_t>(found - columns_.begin()));
    }
    return {};
  }

  // As the csv renderer writes it without arguments.
  Status Attach(Row row) {
    CARREL_TRY(attachment_.Write(file_.buffer(), row));
    return file_.MaybeFlush();
  }

  void AppendTableRow(Row row) {
    std::string& out = file_.buffer();
    out += "<tr>";
    for (const Cell& cell : row) {
      text_.clear();
      AppendCellText(text_, cell);
      out += IsNumber(cell.kind) ? "<td class=\"n\""
             : IsTime(cell.kind) ? "<td class=\"w\""
                                 : "<td";
      if (const std::string order = OrderOf(cell); !order.empty() && order != text_) {
        out += " data-v=\"";
        AppendHtmlText(out, order);
        out += '"';
      }
      out += '>';
      AppendHtmlText(out, text_);
      out += "</td>";
    }
    for (size_t i = row.size(); i < columns_.size(); ++i) out += "<td></td>";
    out += "</tr>\n";
  }

  std::optional<std::string> TotalOf(size_t column) const {
    const bool wanted = !args_.totals || wanted_totals_.contains(column);
    return wanted && column < totals_.size() ? totals_[column].Text() : std::nullopt;
  }

  void AppendTotals() {
    std::string& out = file_.buffer();
    std::vector<std::optional<std::string>> totals(std::max(columns_.size(), totals_.size()));
    for (size_t i = 0; i < totals.size(); ++i) totals[i] = TotalOf(i);
    if (std::ranges::none_of(totals, [](const auto& total) { return total.has_value(); })) return;
    out += "<tfoot><tr>";
    for (size_t i = 0; i < totals.size(); ++i) {
      out += totals[i] ? "<td class=\"n\">" : "<td>";
      if (i == 0) out += totals[i] ? "Total " : "Total";
      if (totals[i]) AppendHtmlText(out, *totals[i]);
      out += "</td>";
    }
    out += "</tr></tfoot>\n";
  }

  void AppendCharts() {
    if (charts_.empty()) return;
    std::string& out = file_.buffer();
    out += "<section class=\"charts\" aria-label=\"Charts\">\n";
    for (size_t i = 0; i < charts_.size(); ++i) {
      AppendChartFigure(out, args_.charts[i], charts_[i], i + 1);
    }
    out += "</section>\n";
  }

  OutputFile file_;
  const RunInfo info_;
  const HtmlArgs args_;
  HtmlAttachment attachment_;
  std::vector<std::string> columns_;
  std::vector<ColumnTotal> totals_;
  std::set<size_t> wanted_totals_;
  std::vector<ChartPoints> charts_;
  PageCounts counts_;
  std::string text_;
  bool in_table_ = false;
};

}  // namespace

Result<std::unique_ptr<Renderer>> MakeHtmlRenderer(const RendererOptions& options) {
  CARREL_ASSIGN_OR_RETURN(HtmlArgs args, ParseArgs(options));
  auto renderer = std::make_unique<HtmlRenderer>(options, std::move(args));
  CARREL_TRY(renderer->Begin());
  return renderer;
}

}  // namespace carrel::render
