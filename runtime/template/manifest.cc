#include "runtime/template/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "runtime/base/text.h"

namespace carrel::manifest {
namespace {

// Each list is in the order of its enumerators.
template <typename Enum>
std::optional<Enum> FromName(std::string_view name, const std::vector<std::string>& names,
                             int first = 0) {
  const auto it = std::ranges::find(names, name);
  if (it == names.end()) return std::nullopt;
  return static_cast<Enum>(first + static_cast<int>(it - names.begin()));
}

// A member that the stored form must have; the exception ends in Guarded().
template <typename Enum>
Enum EnumAt(const Json& json, const char* key, std::optional<Enum> (*from_name)(std::string_view)) {
  const auto name = json.at(key).get<std::string>();
  const std::optional<Enum> value = from_name(name);
  if (!value) throw std::invalid_argument(fmt::format("unknown {} '{}'", key, name));
  return *value;
}

template <typename T>
std::optional<T> OptionalAt(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it == json.end() ? std::nullopt : std::optional<T>(it->get<T>());
}

template <typename T>
void PutOptional(Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

Json LimitsToJson(const ReportLimits& limits) {
  Json json = Json::object();
  PutOptional(json, "wall_s", limits.wall_s);
  PutOptional(json, "cpu_s", limits.cpu_s);
  PutOptional(json, "memory_mb", limits.memory_mb);
  PutOptional(json, "output_mb", limits.output_mb);
  PutOptional(json, "tmp_mb", limits.tmp_mb);
  PutOptional(json, "idle_s", limits.idle_s);
  PutOptional(json, "threads", limits.threads);
  PutOptional(json, "files", limits.files);
  PutOptional(json, "log_kb", limits.log_kb);
  PutOptional(json, "calls", limits.calls);
  PutOptional(json, "frame_kb", limits.frame_kb);
  PutOptional(json, "call_s", limits.call_s);
  PutOptional(json, "reply_kb", limits.reply_kb);
  PutOptional(json, "received_mb", limits.received_mb);
  PutOptional(json, "sent_mb", limits.sent_mb);
  return json;
}

ReportLimits ReadLimits(const Json& json) {
  return {.wall_s = OptionalAt<double>(json, "wall_s"),
          .cpu_s = OptionalAt<double>(json, "cpu_s"),
          .memory_mb = OptionalAt<long long>(json, "memory_mb"),
          .output_mb = OptionalAt<long long>(json, "output_mb"),
          .tmp_mb = OptionalAt<long long>(json, "tmp_mb"),
          .idle_s = OptionalAt<double>(json, "idle_s"),
          .threads = OptionalAt<long long>(json, "threads"),
          .files = OptionalAt<long long>(json, "files"),
          .log_kb = OptionalAt<long long>(json, "log_kb"),
          .calls = OptionalAt<long long>(json, "calls"),
          .frame_kb = OptionalAt<long long>(json, "frame_kb"),
          .call_s = OptionalAt<double>(json, "call_s"),
          .reply_kb = OptionalAt<long long>(json, "reply_kb"),
          .received_mb = OptionalAt<long long>(json, "received_mb"),
          .sent_mb = OptionalAt<long long>(json, "sent_mb")};
}

Parameter ReadParameter(const Json& json) {
  Parameter parameter{.id = json.at("id").get<std::string>(),
                      .type = EnumAt(json, "type", &ParameterTypeFromName),
                      .name = json.at("name").get<std::string>(),
                      .description = json.at("description").get<std::string>(),
                      .required = json.value("required", false),
                      .choices = {}};
  for (const Json& choice : json.value("choices", Json::array())) {
    parameter.choices.push_back(
        {choice.at("value").get<std::string>(), choice.at("label").get<std::string>()});
  }
  return parameter;
}

Renderer ReadRenderer(const Json& json) {
  return {.id = json.at("id").get<std::string>(),
          .type = EnumAt(json, "type", &RendererTypeFromName),
          .description = json.at("description").get<std::string>(),
          .template_file = json.value("template", std::string()),
          .is_default = json.value("default", false),
          .args = json.value("args", Json::object())};
}

ReportDefinition ReadReport(const Json& json) {
  ReportDefinition report;
  report.name = json.at("name").get<std::string>();
  report.local_id = json.at("local_id").get<std::string>();
  report.readme_file = json.at("readme_file").get<std::string>();
  report.entrypoint = json.at("entrypoint").get<std::string>();
  report.audience = json.at("audience").get<std::vector<std::string>>();
  report.spec = EnumAt(json, "report_spec", &SpecFromName);
  report.language = EnumAt(json, "language", &LanguageFromName);
  for (const Json& item : json.at("parameters")) report.parameters.push_back(ReadParameter(item));
  for (const Json& item : json.at("renderers")) report.renderers.push_back(ReadRenderer(item));
  if (report.renderers.empty()) throw std::invalid_argument("no renderers");
  report.limits = ReadLimits(json.value("limits", Json::object()));
  if (const auto it = json.find("permissions"); it != json.end()) {
    report.connections = OptionalAt<std::vector<std::string>>(*it, "connections");
  }
  return report;
}

// Foreign exceptions end here.
template <typename T, typename Read>
Result<T> Guarded(std::string_view what, Read read) {
  try {
    return read();
  } catch (const Json::exception& e) {
    return Fail(Code::kInvalid, fmt::format("stored {}: {}", what, e.what()));
  } catch (const std::invalid_argument& e) {
    return Fail(Code::kInvalid, fmt::format("stored {}: {}", what, e.what()));
  }
}

template <typename T>
Json ListToJson(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(ToJson(item));
  return list;
}

}  // namespace

const std::vector<std::string>& LanguageNames() {
  static const std::vector<std::string> names = {"python", "lua"};
  return names;
}

const std::vector<std::string>& SpecNames() {
  static const std::vector<std::string> names = {"1", "2"};
  return names;
}

const std::vector<std::string>& RendererTypeNames() {
  static const std::vector<std::string> names = {"xlsx",   "csv", "json", "ndjson",
                                                 "jinja2", "pdf", "html"};
  return names;
}

const std::vector<std::string>& ParameterTypeNames() {
  static const std::vector<std::string> names = {"date_range", "date",     "single_line",
                                                 "object",     "product",  "marketplace",
                                                 "hub",        "checkbox", "choice"};
  return names;
}

std::string_view Name(Language language) { return LanguageNames()[static_cast<size_t>(language)]; }
std::string_view Name(ReportSpec spec) { return SpecNames()[static_cast<size_t>(spec) - 1]; }
std::string_view Name(RendererType type) { return RendererTypeNames()[static_cast<size_t>(type)]; }
std::string_view Name(ParameterType type) {
  return ParameterTypeNames()[static_cast<size_t>(type)];
}

std::optional<Language> LanguageFromName(std::string_view name) {
  return FromName<Language>(name, LanguageNames());
}
std::optional<ReportSpec> SpecFromName(std::string_view name) {
  return FromName<ReportSpec>(name, SpecNames(), 1);
}
std::optional<RendererType> RendererTypeFromName(std::string_view name) {
  return FromName<RendererType>(name, RendererTypeNames());
}
std::optional<ParameterType> ParameterTypeFromName(std::string_view name) {
  return FromName<ParameterType>(name, ParameterTypeNames());
}

std::string Renderer::Extension() const {
  if (type != RendererType::kJinja2) return fmt::format(".{}", Name(type));
  return std::filesystem::path(template_file).stem().extension().string();
}

const Parameter* ReportDefinition::FindParameter(std::string_view id) const {
  const auto it = std::ranges::find(parameters, id, &Parameter::id);
  return it == parameters.end() ? nullptr : &*it;
}

const Renderer* ReportDefinition::FindRenderer(std::string_view id) const {
  const auto it = std::ranges::find(renderers, id, &Renderer::id);
  return it == renderers.end() ? nullptr : &*it;
}

const Renderer& ReportDefinition::DefaultRenderer() const {
  const auto it = std::ranges::find(renderers, true, &Renderer::is_default);
  return it == renderers.end() ? renderers.front() : *it;
}

std::vector<std::string> ReportDefinition::ModuleFiles() const {
  std::string module = entrypoint.substr(0, entrypoint.rfind('.'));
  std::ranges::replace(module, '.', '/');
  if (language == Language::kLua) return {module + ".lua"};
  return {module + "/__init__.py", module + ".py"};  // the order in which Python looks
}

std::string ReportDefinition::Function() const {
  return entrypoint.substr(entrypoint.rfind('.') + 1);
}

const ReportDefinition* Manifest::FindReport(std::string_view local_id) const {
  const auto it = std::ranges::find(reports, local_id, &ReportDefinition::local_id);
  return it == reports.end() ? nullptr : &*it;
}

Json ToJson(const Parameter& parameter) {
  Json json = {{"id", parameter.id},
               {"type", Name(parameter.type)},
               {"name", parameter.name},
               {"description", parameter.description},
               {"required", parameter.required}};
  if (parameter.choices.empty()) return json;
  Json& choices = json["choices"] = Json::array();
  for (const Choice& choice : parameter.choices) {
    choices.push_back({{"value", choice.value}, {"label", choice.label}});
  }
  return json;
}

Json ToJson(const Renderer& renderer) {
  Json json = {{"id", renderer.id},
               {"type", Name(renderer.type)},
               {"description", renderer.description},
               {"default", renderer.is_default},
               {"args", renderer.args}};
  if (!renderer.template_file.empty()) json["template"] = renderer.template_file;
  return json;
}

Json ToJson(const ReportDefinition& report) {
  Json json = {{"name", report.name},
               {"local_id", report.local_id},
               {"readme_file", report.readme_file},
               {"entrypoint", report.entrypoint},
               {"audience", report.audience},
               {"report_spec", Name(report.spec)},
               {"language", Name(report.language)},
               {"parameters", ListToJson(report.parameters)},
               {"renderers", ListToJson(report.renderers)}};
  if (report.limits != ReportLimits{}) json["limits"] = LimitsToJson(report.limits);
  if (report.connections) json["permissions"] = {{"connections", *report.connections}};
  return json;
}

Json ToJson(const Manifest& manifest) {
  Json json = {{"name", manifest.name},
               {"readme_file", manifest.readme_file},
               {"version", manifest.version},
               {"language", Name(manifest.language)},
               {"reports", ListToJson(manifest.reports)}};
  if (!manifest.requirements.empty()) json["requirements"] = manifest.requirements;
  return json;
}

Result<ReportDefinition> ReportFromJson(const Json& json) {
  return Guarded<ReportDefinition>("report definition", [&] { return ReadReport(json); });
}

Result<Manifest> ManifestFromJson(const Json& json) {
  return Guarded<Manifest>("manifest", [&] {
    Manifest manifest;
    manifest.name = json.at("name").get<std::string>();
    manifest.readme_file = json.at("readme_file").get<std::string>();
    manifest.version = json.at("version").get<std::string>();
    manifest.language = EnumAt(json, "language", &LanguageFromName);
    manifest.requirements = json.value("requirements", std::string());
    for (const Json& report : json.at("reports")) manifest.reports.push_back(ReadReport(report));
    return manifest;
  });
}

}  // namespace carrel::manifest
