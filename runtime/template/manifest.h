// The model of reports.json: what a repository offers, after every rule that the text alone can
// break was checked. Plain values; the store keeps a ReportDefinition as JSON.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::manifest {

inline constexpr std::string_view kManifestFile = "reports.json";
inline constexpr std::string_view kDefaultXlsxRenderer = "default_xlsx_renderer";

enum class Language { kPython, kLua };
enum class ReportSpec { kOne = 1, kTwo = 2 };
enum class RendererType { kXlsx, kCsv, kJson, kNdjson, kJinja2, kPdf, kHtml };
enum class ParameterType {
  kDateRange,
  kDate,
  kSingleLine,
  kObject,
  kProduct,
  kMarketplace,
  kHub,
  kCheckbox,
  kChoice
};

// The names as reports.json writes them, and back; nullopt for an unknown name.
std::string_view Name(Language language);
std::string_view Name(ReportSpec spec);
std::string_view Name(RendererType type);
std::string_view Name(ParameterType type);
std::optional<Language> LanguageFromName(std::string_view name);
std::optional<ReportSpec> SpecFromName(std::string_view name);
std::optional<RendererType> RendererTypeFromName(std::string_view name);
std::optional<ParameterType> ParameterTypeFromName(std::string_view name);
// All names in the order of the enumerators, for messages and near misses.
const std::vector<std::string>& LanguageNames();
const std::vector<std::string>& SpecNames();
const std::vector<std::string>& RendererTypeNames();
const std::vector<std::string>& ParameterTypeNames();

struct Choice {
  std::string value;
  std::string label;
  bool operator==(const Choice&) const = default;
};

struct Parameter {
  std::string id;
  ParameterType type = ParameterType::kSingleLine;
  std::string name;
  std::string description;
  bool required = false;
  std::vector<Choice> choices;  // empty but for kCheckbox and kChoice
  bool operator==(const Parameter&) const = default;
};

struct Renderer {
  std::string id;
  RendererType type = RendererType::kXlsx;
  std::string description;
  std::string template_file;  // relative to the repository; "" when it has none
  bool is_default = false;
  Json args = Json::object();
  bool operator==(const Renderer&) const = default;

  // Of the file it writes, with the dot: ".xlsx"; for jinja2 the template's, ".html" of
  // "report.html.j2".
  std::string Extension() const;
};

// Wishes of the report; the host applies the smaller of these and its own limits.
struct ReportLimits {
  std::optional<double> wall_s;
  std::optional<double> cpu_s;
  std::optional<long long> memory_mb;
  std::optional<long long> output_mb;
  std::optional<long long> tmp_mb;
  std::optional<double> idle_s;
  std::optional<long long> threads;
  std::optional<long long> files;
  std::optional<long long> log_kb;
  std::optional<long long> calls;
  std::optional<long long> frame_kb;
  std::optional<double> call_s;
  std::optional<long long> reply_kb;
  std::optional<long long> received_mb;
  std::optional<long long> sent_mb;
  bool operator==(const ReportLimits&) const = default;
};

struct ReportDefinition {
  std::string name;
  std::string local_id;  // the second token of the entry point
  std::string readme_file;
  std::string entrypoint;
  std::vector<std::string> audience;
  ReportSpec spec = ReportSpec::kTwo;
  Language language = Language::kPython;
  std::vector<Parameter> parameters;
  std::vector<Renderer> renderers;  // at least one; a spec 1 report has exactly one
  ReportLimits limits;
  // Named connections this report may call; nullopt: the default one only.
  std::optional<std::vector<std::string>> connections;
  bool operator==(const ReportDefinition&) const = default;

  const Parameter* FindParameter(std::string_view id) const;
  const Renderer* FindRenderer(std::string_view id) const;
  // The one marked default, else the first. Never call it on a definition without renderers.
  const Renderer& DefaultRenderer() const;
  // Module file candidates relative to the repository, the preferred one first, and the function:
  // {"reports/sla/entrypoint/__init__.py", "reports/sla/entrypoint.py"}, "generate".
  std::vector<std::string> ModuleFiles() const;
  std::string Function() const;
  // How many arguments the function is called with: 3 (spec 1) or 5 (spec 2).
  int ArgumentCount() const { return spec == ReportSpec::kOne ? 3 : 5; }
};

struct Manifest {
  std::string name;
  std::string readme_file;
  std::string version;
  Language language = Language::kPython;
  std::string requirements;  // "" when the repository names none
  std::vector<ReportDefinition> reports;
  bool operator==(const Manifest&) const = default;

  const ReportDefinition* FindReport(std::string_view local_id) const;
};

// The stored form. A round trip gives an equal value; FromJson fails with kInvalid and the key
// that is missing or of the wrong type.
Json ToJson(const Parameter& parameter);
Json ToJson(const Renderer& renderer);
Json ToJson(const ReportDefinition& report);
Json ToJson(const Manifest& manifest);
Result<ReportDefinition> ReportFromJson(const Json& json);
Result<Manifest> ManifestFromJson(const Json& json);

}  // namespace carrel::manifest
