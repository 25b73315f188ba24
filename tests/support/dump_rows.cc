// Prints the rows of spreadsheets as JSON, for the tests in Python that compare them with other
// readers: dump_rows [FILE...], or file names line by line on standard input. One line a file:
// {"tabs": {name: [[row, [[kind, text], ...]], ...]}} or {"error": text}. Each workbook is read by
// the fast and by the general parser, in one thread and in two; a difference is an error.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/base/decimal.h"
#include "runtime/usage/csv_reader.h"
#include "runtime/usage/time_parser.h"
#include "runtime/usage/workbook.h"

namespace {

using namespace carrel;
using namespace carrel::usage;
using Json = nlohmann::json;

class Collect final : public RowSink {
 public:
  explicit Collect(Epoch epoch) : epoch_(epoch) {}

  Status OnRow(const Row& row) override {
    Json cells = Json::array();
    for (const Cell& cell : row.cells) cells.push_back({KindOf(cell), TextOf(cell)});
    rows.push_back({row.number, std::move(cells)});
    return {};
  }

  Json rows = Json::array();

 private:
  static std::string KindOf(const Cell& cell) {
    constexpr std::string_view kNames[] = {"",      "text", "number", "bool",
                                           "error", "date", "novalue"};
    if (cell.kind == CellKind::kNumber && cell.date_style) return "day";
    return std::string(kNames[static_cast<size_t>(cell.kind)]);
  }

  std::string TextOf(const Cell& cell) const {
    if (cell.kind != CellKind::kNumber) return std::string(cell.text);
    if (cell.date_style) {
      const auto time = ParseDayNumber(cell.text, epoch_);
      return time ? FormatTime(*time) : "out of range";
    }
    const auto number = Decimal::ParseSpreadsheet(cell.text);
    return number ? number->ToString() : "not a number: " + std::string(cell.text);
  }

  Epoch epoch_;
};

Result<Json> ReadWorkbook(const std::string& path, XmlPath how, Threads threads) {
  WorkbookOptions options;
  options.path = how;
  options.threads = threads;
  CARREL_ASSIGN_OR_RETURN(const auto book, Workbook::Open(path, options));
  Json tabs = Json::object();
  for (const Tab& tab : book->tabs()) {
    Collect sink(book->epoch());
    CARREL_TRY(book->Read(tab, sink));
    tabs[tab.name] = std::move(sink.rows);
  }
  return tabs;
}

Json Dump(const Result<Json>& tabs) {
  if (tabs) return {{"tabs", *tabs}};
  return {{"error", tabs.error().message}};
}

Json DumpFile(const std::string& path) {
  if (path.ends_with(".csv") || path.ends_with(".csv.gz")) {
    Collect sink(Epoch::k1900);
    const Status read = ReadCsv(path, {}, sink);
    if (!read) return {{"error", read.error().message}};
    return {{"tabs", {{"", std::move(sink.rows)}}}};
  }
  const Json fast = Dump(ReadWorkbook(path, XmlPath::kFast, Threads::kOne));
  const Json two = Dump(ReadWorkbook(path, XmlPath::kFast, Threads::kTwo));
  const Json general = Dump(ReadWorkbook(path, XmlPath::kGeneral, Threads::kOne));
  if (fast != general) return {{"error", "the two parsers differ"}};
  if (fast != two) return {{"error", "one and two threads differ"}};
  return fast;
}

void Print(const std::string& path) {
  std::cout << DumpFile(path).dump(-1, ' ', true, Json::error_handler_t::replace) << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) Print(argv[i]);
  std::string line;
  while (argc == 1 && std::getline(std::cin, line)) Print(line);
  return 0;
}
