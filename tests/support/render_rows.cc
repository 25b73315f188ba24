// Renders rows given as JSON lines, so that tests in other languages can compare a renderer with
// its models: render_rows JOB.json ROWS.jsonl OUTPUT
//
// JOB: {type, args, root, template, info: {...}, finish_time, repeat}. A row of cells is an array
// of [kind, value] pairs: ["text", "a"], ["int", 1], ["big", "123"], ["float", "1e16"],
// ["decimal", "1.10"], ["bool", true], ["none"], ["date", micros], ["time", micros],
// ["datetime", micros, offset minutes or null], ["duration", micros],
// ["long", days, "200000000 days, 0:00:00"], ["other", "{}", "dict"]; ["printed", "9 EUR", [...]]
// is a cell of another kind that prints itself.
// For json and ndjson a line is written as it stands. `repeat` writes all rows that many times.
// Prints its peak of memory.
#include <fcntl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/unique_fd.h"
#include "sdk/render/renderer.h"
#include "tests/support/peak_memory.h"

namespace {

using carrel::Json;
using carrel::render::Cell;
using carrel::render::CellKind;

const std::map<std::string, CellKind> kKinds = {
    {"none", CellKind::kNone},         {"bool", CellKind::kBool},
    {"int", CellKind::kInteger},       {"big", CellKind::kBigInteger},
    {"float", CellKind::kFloat},       {"decimal", CellKind::kDecimal},
    {"text", CellKind::kText},         {"date", CellKind::kDate},
    {"time", CellKind::kTime},         {"datetime", CellKind::kDateTime},
    {"duration", CellKind::kDuration}, {"long", CellKind::kLongDuration},
    {"other", CellKind::kOther}};

// `strings` keeps what cells point to.
Cell MakeCell(const Json& json, std::deque<std::string>& strings) {
  const auto keep = [&](const Json& text) -> std::string_view {
    return strings.emplace_back(text.get<std::string>());
  };
  if (json.at(0) == "printed") {
    Cell cell = MakeCell(json.at(2), strings);
    cell.printed = keep(json.at(1));
    return cell;
  }
  Cell cell;
  cell.kind = kKinds.at(json.at(0).get<std::string>());
  switch (cell.kind) {
    case CellKind::kNone:
      break;
    case CellKind::kBool:
      cell.integer = json.at(1).get<bool>() ? 1 : 0;
      break;
    case CellKind::kFloat:
      cell.number = std::strtod(json.at(1).get<std::string>().c_str(), nullptr);
      break;
    case CellKind::kLongDuration:
      cell.number = json.at(1).get<double>();
      cell.text = keep(json.at(2));
      break;
    case CellKind::kOther:
      cell.type_name = keep(json.at(2));
      [[fallthrough]];
    case CellKind::kBigInteger:
    case CellKind::kDecimal:
    case CellKind::kText:
      cell.text = keep(json.at(1));
      break;
    case CellKind::kDateTime:
    case CellKind::kTime:
      cell.with_zone = json.size() > 2 && !json.at(2).is_null();
      if (cell.with_zone) cell.offset_minutes = json.at(2).get<int16_t>();
      [[fallthrough]];
    default:
      cell.integer = json.at(1).get<int64_t>();
  }
  return cell;
}

int Fail(const carrel::Error& error) {
  std::cerr << carrel::CodeName(error.code) << ": " << error.message << "\n";
  return 1;
}

carrel::render::RunInfo MakeInfo(const Json& json) {
  carrel::render::RunInfo info;
  info.account_id = json.value("account_id", "");
  info.account_name = json.value("account_name", "");
  info.report_id = json.value("report_id", "");
  info.report_name = json.value("report_name", "");
  info.environment = json.value("environment", "");
  info.start_time = json.value("start_time", "");
  info.parameters = carrel::OrderedJson::parse(json.value("parameters", Json::object()).dump());
  return info;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto text = carrel::ReadFile(argv[1]);
  if (!text) return Fail(text.error());
  const Json job = Json::parse(*text);
  carrel::render::RendererOptions options;
  options.type = job.at("type");
  options.args = job.value("args", Json());
  options.root = job.value("root", "");
  options.template_path = job.value("template", "");
  options.info = MakeInfo(job.value("info", Json::object()));
  carrel::UniqueFd fd(::open(argv[3], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  options.output_fd = fd.get();
  auto renderer = carrel::render::MakeRenderer(options);
  if (!renderer) return Fail(renderer.error());

  std::deque<std::string> strings;
  std::vector<std::vector<Cell>> rows;
  std::ifstream input(argv[2]);
  const bool values = (*renderer)->shape() == carrel::render::Shape::kValues;
  for (std::string line; std::getline(input, line);) {
    std::vector<Cell> row;
    if (values) {
      strings.push_back(line);
    } else {
      for (const Json& cell : Json::parse(line)) row.push_back(MakeCell(cell, strings));
    }
    rows.push_back(std::move(row));
  }
  for (int i = 0; i < job.value("repeat", 1); ++i) {
    for (size_t r = 0; r < rows.size(); ++r) {
      const auto status =
          values ? (*renderer)->WriteValue(strings[r]) : (*renderer)->WriteRow(rows[r]);
      if (!status) return Fail(status.error());
    }
  }
  const auto status = (*renderer)->Finish(job.value("finish_time", ""));
  std::cout << "peak_kib " << carrel::PeakMemoryKib() << "\n";
  return status ? 0 : Fail(status.error());
}
