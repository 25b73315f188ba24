#include "runtime/template/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runtime/base/text.h"
#include "runtime/template/checkout.h"
#include "runtime/template/json_document.h"
#include "runtime/template/object_reader.h"
#include "runtime/template/renderer_rules.h"

namespace carrel::manifest {
namespace {

// Far above any host's limits, small enough that no unit conversion overflows.
constexpr double kMaxSeconds = 1e7;
constexpr long long kMaxMegabytes = 1 << 24;
constexpr long long kMaxCount = 1'000'000'000;

bool IsIdentifier(std::string_view token) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (token.empty() || !letter(token.front())) return false;
  return std::ranges::all_of(token, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool IsDunder(std::string_view token) {
  return token.size() >= 4 && token.starts_with("__") && token.ends_with("__");
}

// Ids that may occur once: remembers where each was first used.
class UniqueIds {
 public:
  explicit UniqueIds(std::string_view what) : what_(what) {}

  // Adds a fault at member `key` of `reader` when `id` was used before.
  void Add(ObjectReader& reader, std::string_view key, const std::string& id,
           Severity severity = Severity::kError) {
    const Place place = reader.PlaceOf(key);
    const auto [first, added] = first_.try_emplace(id, place.line);
    if (added) return;
    std::string message =
        fmt::format("the {} {} is used twice, first on line {}", what_, Quoted(id), first->second);
    if (severity == Severity::kError) {
      reader.Error(key, "duplicate-id", std::move(message), fmt::format("a unique {}", what_));
    } else {
      reader.Warn(key, "duplicate-id", std::move(message));
    }
  }

 private:
  std::string what_;
  std::map<std::string, int> first_;
};

class Parser {
 public:
  Parser(const SourceText& source, std::string_view file)
      : source_(source), file_(file), context_(source, file, faults_) {}

  ParsedManifest Parse() {
    Manifest manifest;
    if (const std::optional<JsonNode> root = ParseJsonDocument(source_, file_, faults_)) {
      if (auto reader = ReadObject(context_, *root, "$")) ReadManifest(*reader, manifest);
    }
    parsed_.faults = faults_.Take();
    if (!HasErrors(parsed_.faults)) parsed_.manifest = std::move(manifest);
    return std::move(parsed_);
  }

 private:
  void ReadManifest(ObjectReader& reader, Manifest& manifest) {
    manifest.name = reader.String("name", Presence::kRequired).value_or("");
    manifest.version = reader.String("version", Presence::kRequired).value_or("");
    manifest.readme_file =
        ReadFile(reader, "readme_file", Presence::kRequired, Reference::Use::kReadme);
    manifest.requirements =
        ReadFile(reader, "requirements", Presence::kOptional, Reference::Use::kRequirements);
    const std::optional<Language> language = ReadLanguage(reader, Presence::kRequired);
    manifest.language = language.value_or(Language::kPython);
    if (const JsonNode* reports = reader.Array("reports", Presence::kRequired, 1)) {
      UniqueIds local_ids("local id");
      for (size_t i = 0; i < reports->items.size(); ++i) {
        auto report = ReadObject(context_, reports->items[i], ItemPath("$.reports", i));
        if (!report) continue;
        manifest.reports.push_back(ReadReport(*report, language, local_ids));
        report->WarnUnknownKeys();
      }
    }
    reader.Member("$schema");  // editors put it there
    reader.WarnUnknownKeys();
  }

  std::string ReadFile(ObjectReader& reader, std::string_view key, Presence presence,
                       Reference::Use use) {
    std::optional<std::string> file = reader.Path(key, presence);
    if (!file) return {};
    parsed_.references.push_back({use, *file, reader.PlaceOf(key)});
    return *file;
  }

  std::optional<Language> ReadLanguage(ObjectReader& reader, Presence presence) {
    const auto name = reader.OneOf("language", presence, "language", LanguageNames());
    return name ? LanguageFromName(*name) : std::nullopt;
  }

  ReportDefinition ReadReport(ObjectReader& reader, std::optional<Language> default_language,
                              UniqueIds& local_ids) {
    ReportDefinition report;
    report.name = reader.String("name", Presence::kRequired).value_or("");
    report.readme_file =
        ReadFile(reader, "readme_file", Presence::kRequired, Reference::Use::kReadme);
    ReadAudience(reader, report);
    const bool overridden = reader.Member("language") != nullptr;
    const std::optional<Language> language =
        overridden ? ReadLanguage(reader, Presence::kOptional) : default_language;
    report.language = language.value_or(Language::kPython);
    const auto spec_name =
        reader.OneOf("report_spec", Presence::kRequired, "report_spec", SpecNames());
    const std::optional<ReportSpec> spec = spec_name ? SpecFromName(*spec_name) : std::nullopt;
    ReadRenderers(reader, spec, report);
    ReadParameters(reader, report);
    ReadLimits(reader, report.limits);
    ReadPermissions(reader, report);
    ReadEntrypoint(reader, language, spec, report, local_ids);
    return report;
  }

  void ReadAudience(ObjectReader& reader, ReportDefinition& report) {
    static const std::vector<std::string> roles = {"vendor", "distributor", "reseller", "provider",
                                                   "admin"};
    auto audience = reader.Words("audience", Presence::kRequired, 1);
    if (!audience) return;
    for (const std::string& role : *audience) {
      if (std::ranges::find(roles, role) != roles.end()) continue;
      reader.Warn("audience", "unknown-audience",
                  fmt::format("no account has the role {}{}", Quoted(role),
                              DidYouMean(Nearest(role, roles))));
    }
    report.audience = std::move(*audience);
  }

  // The renderers of either spec. Without a known spec the keys tell which one is meant.
  void ReadRenderers(ObjectReader& reader, std::optional<ReportSpec> spec,
                     ReportDefinition& report) {
    const bool listed = reader.Member("renderers") != nullptr;
    if (!spec) spec = listed ? ReportSpec::kTwo : ReportSpec::kOne;
    report.spec = *spec;
    if (*spec == ReportSpec::kTwo) return ReadRendererList(reader, report);
    if (listed) {
      reader.Error("renderers", "renderers-in-spec-1",
                   "a report of report_spec '1' may not declare renderers: it has exactly one, "
                   "xlsx, made from 'template', 'start_row' and 'start_col'; remove 'renderers' "
                   "or make it report_spec '2'",
                   "no 'renderers'");
    }
    ReadSpecOneRenderer(reader, report);
  }

  void ReadSpecOneRenderer(ObjectReader& reader, ReportDefinition& report) {
    Renderer renderer{.id = std::string(kDefaultXlsxRenderer),
                      .type = RendererType::kXlsx,
                      .description = "Render report to Excel.",
                      .template_file = ReadFile(reader, "template", Presence::kRequired,
                                                Reference::Use::kWorkbook),
                      .is_default = true};
    const auto row = reader.Integer("start_row", Presence::kRequired, 1, kMaxSheetRows);
    const auto col = reader.Integer("start_col", Presence::kRequired, 1, kMaxSheetColumns);
    if (row) renderer.args["start_row"] = *row;
    if (col) renderer.args["start_col"] = *col;
    report.renderers.push_back(std::move(renderer));
  }

  void ReadRendererList(ObjectReader& reader, ReportDefinition& report) {
    for (const std::string_view key : {"template", "start_row", "start_col"}) {
      if (reader.Member(key) == nullptr) continue;
      reader.Warn(key, "spec-1-key",
                  fmt::format("'{}' belongs to report_spec '1' and is not used here; in "
                              "report_spec '2' it stands in a renderer",
                              key));
    }
    const JsonNode* list = reader.Array("renderers", Presence::kRequired, 1);
    if (list == nullptr) return;
    UniqueIds ids("renderer id");
    std::string default_id;
    for (size_t i = 0; i < list->items.size(); ++i) {
      auto item = ReadObject(context_, list->items[i], ItemPath(reader.PathOf("renderers"), i));
      if (!item) continue;
      Renderer renderer = ReadRenderer(*item, ids);
      if (renderer.is_default && !default_id.empty()) {
        item->Error(
            "default", "two-defaults",
            fmt::format("two renderers are marked default; the first is {}", Quoted(default_id)),
            "at most one default renderer");
      } else if (renderer.is_default) {
        default_id = renderer.id.empty() ? "(no id)" : renderer.id;
      }
      report.renderers.push_back(std::move(renderer));
    }
  }

  Renderer ReadRenderer(ObjectReader& reader, UniqueIds& ids) {
    Renderer renderer;
    if (const auto id = reader.Word("id", Presence::kRequired)) {
      renderer.id = *id;
      ids.Add(reader, "id", *id);
    }
    renderer.description = reader.String("description", Presence::kRequired).value_or("");
    renderer.is_default = reader.Bool("default", Presence::kOptional).value_or(false);
    const auto name =
        reader.OneOf("type", Presence::kRequired, "renderer type", RendererTypeNames());
    if (name) {
      renderer.type = *RendererTypeFromName(*name);
      ReadTypedRenderer(reader, renderer.type, renderer, parsed_.references);
    } else {
      reader.Path("template", Presence::kOptional);
      reader.Object("args", Presence::kOptional);
    }
    reader.WarnUnknownKeys();
    return renderer;
  }

  void ReadParameters(ObjectReader& reader, ReportDefinition& report) {
    const JsonNode* list = reader.Array("parameters", Presence::kOptional, 0);
    if (list == nullptr) return;
    UniqueIds ids("parameter id");
    for (size_t i = 0; i < list->items.size(); ++i) {
      auto item = ReadObject(context_, list->items[i], ItemPath(reader.PathOf("parameters"), i));
      if (item) report.parameters.push_back(ReadParameter(*item, ids));
    }
  }

  Parameter ReadParameter(ObjectReader& reader, UniqueIds& ids) {
    Parameter parameter;
    if (const auto id = reader.Word("id", Presence::kRequired)) {
      parameter.id = *id;
      ids.Add(reader, "id", *id);
    }
    parameter.name = reader.String("name", Presence::kRequired).value_or("");
    parameter.description = reader.String("description", Presence::kRequired).value_or("");
    parameter.required = reader.Bool("required", Presence::kOptional).value_or(false);
    const auto name =
        reader.OneOf("type", Presence::kRequired, "parameter type", ParameterTypeNames());
    const std::optional<ParameterType> type = name ? ParameterTypeFromName(*name) : std::nullopt;
    parameter.type = type.value_or(ParameterType::kSingleLine);
    const bool offers = type == ParameterType::kCheckbox || type == ParameterType::kChoice;
    const JsonNode* choices =
        reader.Array("choices", offers ? Presence::kRequired : Presence::kOptional, 1);
    if (choices != nullptr) ReadChoices(*choices, reader.PathOf("choices"), parameter.choices);
    if (choices != nullptr && type && !offers) {
      reader.Warn("choices", "unused-choices",
                  fmt::format("a {} parameter uses no choices", Name(*type)));
      parameter.choices.clear();
    }
    reader.WarnUnknownKeys();
    return parameter;
  }

  void ReadChoices(const JsonNode& list, const std::string& path, std::vector<Choice>& choices) {
    UniqueIds values("choice");
    for (size_t i = 0; i < list.items.size(); ++i) {
      auto reader = ReadObject(context_, list.items[i], ItemPath(path, i));
      if (!reader) continue;
      const auto value = reader->String("value", Presence::kRequired);
      const auto label = reader->String("label", Presence::kRequired);
      if (value) values.Add(*reader, "value", *value, Severity::kWarning);
      if (value && label) choices.push_back({*value, *label});
      reader->WarnUnknownKeys();
    }
  }

  void ReadLimits(ObjectReader& reader, ReportLimits& limits) {
    const JsonNode* node = reader.Object("limits", Presence::kOptional);
    if (node == nullptr) return;
    ObjectReader item(context_, *node, reader.PathOf("limits"));
    limits.wall_s = item.PositiveNumber("wall_s", Presence::kOptional, kMaxSeconds);
    limits.cpu_s = item.PositiveNumber("cpu_s", Presence::kOptional, kMaxSeconds);
    limits.memory_mb = item.Integer("memory_mb", Presence::kOptional, 1, kMaxMegabytes);
    limits.output_mb = item.Integer("output_mb", Presence::kOptional, 1, kMaxMegabytes);
    limits.tmp_mb = item.Integer("tmp_mb", Presence::kOptional, 1, kMaxMegabytes);
    limits.idle_s = item.PositiveNumber("idle_s", Presence::kOptional, kMaxSeconds);
    limits.threads = item.Integer("threads", Presence::kOptional, 1, kMaxCount);
    limits.files = item.Integer("files", Presence::kOptional, 1, kMaxCount);
    limits.log_kb = item.Integer("log_kb", Presence::kOptional, 1, kMaxMegabytes);
    limits.calls = item.Integer("calls", Presence::kOptional, 1, kMaxCount);
    limits.frame_kb = item.Integer("frame_kb", Presence::kOptional, 1, kMaxMegabytes);
    limits.call_s = item.PositiveNumber("call_s", Presence::kOptional, kMaxSeconds);
    limits.reply_kb = item.Integer("reply_kb", Presence::kOptional, 1, kMaxMegabytes);
    limits.received_mb = item.Integer("received_mb", Presence::kOptional, 1, kMaxMegabytes);
    limits.sent_mb = item.Integer("sent_mb", Presence::kOptional, 1, kMaxMegabytes);
    item.WarnUnknownKeys();
  }

  void ReadPermissions(ObjectReader& reader, ReportDefinition& report) {
    const JsonNode* node = reader.Object("permissions", Presence::kOptional);
    if (node == nullptr) return;
    ObjectReader item(context_, *node, reader.PathOf("permissions"));
    report.connections = item.Words("connections", Presence::kOptional, 0);
    item.WarnUnknownKeys();
  }

  void ReadEntrypoint(ObjectReader& reader, std::optional<Language> language,
                      std::optional<ReportSpec> spec, ReportDefinition& report,
                      UniqueIds& local_ids) {
    const auto entrypoint = reader.String("entrypoint", Presence::kRequired);
    if (!entrypoint) return;
    if (const auto problem = EntrypointProblem(*entrypoint)) {
      reader.Error("entrypoint", "bad-entrypoint",
                   fmt::format("the entry point {} {}", Quoted(*entrypoint), *problem),
                   "package.module.function");
      return;
    }
    report.entrypoint = *entrypoint;
    report.local_id = Split(*entrypoint, '.')[1];
    local_ids.Add(reader, "entrypoint", report.local_id);
    if (!language) return;
    parsed_.entrypoints.push_back(
        {.module_files = report.ModuleFiles(),
         .function = report.Function(),
         .language = *language,
         .argument_count = spec ? std::optional(report.ArgumentCount()) : std::nullopt,
         .place = reader.PlaceOf("entrypoint")});
  }

  static std::optional<std::string> EntrypointProblem(const std::string& entrypoint) {
    const std::vector<std::string> tokens = Split(entrypoint, '.');
    if (tokens.size() < 3) {
      return fmt::format("has {} of at least 3 parts", tokens.size());
    }
    if (const auto problem = PathProblem(entrypoint)) return problem;
    for (const std::string& token : tokens) {
      if (!IsIdentifier(token)) {
        return fmt::format("has the part {}, which is no plain identifier", Quoted(token));
      }
      if (IsDunder(token)) return fmt::format("names {}, which is internal", Quoted(token));
    }
    return std::nullopt;
  }

  const SourceText& source_;
  std::string_view file_;
  FaultList faults_;
  ReadContext context_;
  ParsedManifest parsed_;
};

}  // namespace

ParsedManifest ParseManifest(std::string text, std::string_view file) {
  const SourceText source(std::move(text));
  return Parser(source, file).Parse();
}

}  // namespace carrel::manifest
