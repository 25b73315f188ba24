#include "runtime/cli/parameters.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "runtime/base/files.h"
#include "runtime/template/parameters.h"
#include "sandbox/limits.h"

namespace carrel::cli {
namespace {

constexpr size_t kMaxFile = size_t{16} << 20;

Result<std::pair<std::string, std::string>> SplitAtEquals(const std::string& text,
                                                          std::string_view option,
                                                          std::string_view form) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Fail(Code::kUsage, fmt::format("{}: found '{}', expected {}", option, text, form));
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<Json> ReadParameterFile(const std::string& path) {
  const auto text = ReadFile(path, kMaxFile);
  if (!text) return Fail(Code::kInvalid, "--params: " + text.error().message);
  const auto json = ParseJson(*text);
  if (!json) return Wrap(json.error(), path);
  if (json->is_array()) return *json;
  if (!json->is_object()) {
    return Fail(Code::kInvalid,
                fmt::format("{}: found {}, expected an object or a list of {{id, value}}", path,
                            json->type_name()));
  }
  Json list = Json::array();
  for (const auto& [id, value] : json->items()) list.push_back({{"id", id}, {"value", value}});
  return list;
}

void Replace(Json& list, const std::string& id, Json value) {
  for (Json& entry : list) {
    if (entry.is_object() && JsonString(entry, "id") == id) {
      entry["value"] = std::move(value);
      return;
    }
  }
  list.push_back({{"id", id}, {"value", std::move(value)}});
}

}  // namespace

void AddValueOptions(CLI::App& command, GivenValues& values) {
  command.add_option("--param", values.parameters, "a parameter; VALUE is JSON, else text")
      ->type_name("ID=VALUE")
      ->allow_extra_args(false);
  command.add_option("--params", values.file, "JSON file of parameters: {id: value}")
      ->type_name("FILE");
  command.add_option("--limit", values.limits, "lower a limit of this run: wall_s, memory_mb, ...")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

Result<Json> ParametersOf(const manifest::ReportDefinition& report, const GivenValues& values) {
  Json list = Json::array();
  if (!values.file.empty()) {
    CARREL_ASSIGN_OR_RETURN(list, ReadParameterFile(values.file));
  }
  for (const std::string& text : values.parameters) {
    CARREL_ASSIGN_OR_RETURN(const auto pair, SplitAtEquals(text, "--param", "ID=VALUE"));
    Replace(list, pair.first, manifest::ParameterFromText(report, pair.first, pair.second));
  }
  return list;
}

Result<Json> LimitsOf(const GivenValues& values) {
  Json limits = Json::object();
  for (const std::string& text : values.limits) {
    CARREL_ASSIGN_OR_RETURN(const auto pair, SplitAtEquals(text, "--limit", "NAME=VALUE"));
    const auto number = ParseJson(pair.second);
    limits[pair.first] = number ? *number : Json(pair.second);
  }
  return limits;
}

Result<Json> LimitsBelow(const Settings& settings, const GivenValues& values, Console& console) {
  CARREL_ASSIGN_OR_RETURN(Json limits, LimitsOf(values));
  for (const sandbox::LimitRow& row : sandbox::kLimitRows) {
    const auto wish = limits.find(row.name);
    const double most = settings.Number(fmt::format("limits.{}", row.name));
    if (wish == limits.end() || !wish->is_number() || wish->get<double>() <= most) continue;
    console.Note(fmt::format("limit {}: {} is above this host's {}, which holds", row.name,
                             DumpJson(*wish), most),
                 Style::kYellow);
  }
  return limits;
}

}  // namespace carrel::cli
