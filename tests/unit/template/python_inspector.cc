#include "tests/unit/template/python_inspector.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "runtime/base/files.h"
#include "runtime/base/json.h"

namespace carrel::manifest {
namespace {

// Runs inspect_files.py with the queries in a file; its answer is one JSON list.
Result<Json> Ask(const std::filesystem::path& checkout, const Json& queries) {
  CARREL_ASSIGN_OR_RETURN(const TempDir scratch, TempDir::Create("/tmp", "carrel-inspect-"));
  const std::filesystem::path input = scratch.path() / "queries.json";
  CARREL_TRY(
      WriteFileAtomic(input, DumpJson({{"checkout", checkout.string()}, {"queries", queries}})));
  const std::string command =
      fmt::format("/usr/bin/python3 {}/inspect_files.py {}", CARREL_TEST_DIR, input.string());
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return FailErrno("popen");
  std::string output;
  std::array<char, 4096> buffer{};
  for (size_t n = 0; (n = ::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), n);
  }
  if (::pclose(pipe) != 0) return Fail(Code::kIo, "inspect_files.py failed");
  return ParseJson(output);
}

}  // namespace

Result<std::vector<EntrypointFacts>> PythonInspector::Entrypoints(
    const std::filesystem::path& checkout, std::span<const EntrypointQuery> queries) {
  Json list = Json::array();
  for (const EntrypointQuery& query : queries) {
    list.push_back(
        {{"language", Name(query.language)}, {"file", query.file}, {"function", query.function}});
  }
  CARREL_ASSIGN_OR_RETURN(const Json answer, Ask(checkout, list));
  std::vector<EntrypointFacts> facts;
  for (const Json& item : answer) {
    facts.push_back(
        {.parsed = item.at("parsed").get<bool>(),
         .error = item.value("error", ""),
         .line = item.value("line", 0),
         .column = item.value("column", 0),
         .found = item.value("found", false),
         .kind = item.value("imported", false) ? EntrypointKind::kBound : EntrypointKind::kFunction,
         .min_positional = item.value("min", 0),
         .max_positional = item.value("max", -1),
         .functions = item.value("functions", std::vector<std::string>())});
  }
  return facts;
}

Result<std::vector<WorkbookFacts>> PythonInspector::Workbooks(
    const std::filesystem::path& checkout, std::span<const WorkbookQuery> queries) {
  Json list = Json::array();
  for (const WorkbookQuery& query : queries) list.push_back({{"workbook", query.file}});
  CARREL_ASSIGN_OR_RETURN(const Json answer, Ask(checkout, list));
  std::vector<WorkbookFacts> facts;
  for (const Json& item : answer) {
    facts.push_back({.readable = item.at("readable").get<bool>(),
                     .error = item.value("error", ""),
                     .sheets = item.value("sheets", std::vector<std::string>())});
  }
  return facts;
}

}  // namespace carrel::manifest
