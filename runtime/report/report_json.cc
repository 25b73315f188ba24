#include "runtime/report/report_json.h"

#include <optional>

namespace carrel::report {
namespace {

constexpr double kMicrosInSecond = 1e6;

Json Seconds(const std::optional<Duration>& duration) {
  if (!duration) return nullptr;
  return static_cast<double>(duration->count()) / kMicrosInSecond;
}

Json UseJson(const std::optional<ResourceUse>& use) {
  if (!use) return nullptr;
  return Json{{"wall_s", use->wall_s},
              {"cpu_s", use->cpu_s},
              {"peak_memory_bytes", use->peak_memory_bytes}};
}

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json ToJson(const GitReference& git) {
  return Json{{"url", git.url}, {"tag", git.tag}, {"commit", git.commit}};
}

Json SourceJson(const TemplateSnapshot& source) {
  Json repository = ToJson(source.repository);
  repository["git"] = ToJson(source.git);
  return Json{{"id", source.id},
              {"name", source.definition.name},
              {"local_id", source.definition.local_id},
              {"type", Name(source.origin)},
              {"repository", std::move(repository)}};
}

Json RenderersJson(const manifest::ReportDefinition& definition) {
  Json out = Json::array();
  for (const manifest::Renderer& renderer : definition.renderers) {
    out.push_back(manifest::ToJson(renderer));
  }
  return out;
}

Json ParametersJson(const manifest::ReportDefinition& definition) {
  Json out = Json::array();
  for (const manifest::Parameter& parameter : definition.parameters) {
    out.push_back(manifest::ToJson(parameter));
  }
  return out;
}

Json StatsJson(const TemplateStats& stats) {
  return Json{{"runtime_min", OrNull(stats.runtime_min)},
              {"runtime_max", OrNull(stats.runtime_max)},
              {"runtime_avg", OrNull(stats.runtime_avg)},
              {"wait_min", OrNull(stats.wait_min)},
              {"wait_max", OrNull(stats.wait_max)},
              {"wait_avg", OrNull(stats.wait_avg)},
              {"success", stats.success},
              {"failure", stats.failure},
              {"timeout", stats.timeout}};
}

}  // namespace

Json ToJson(const Report& report, Dialect dialect) {
  const bool ready = report.status == ReportState::kReady;
  Json out{
      {"id", report.id},
      {"name", report.name},
      {"description", report.description},
      {"template", SourceJson(report.source)},
      {"renderer", report.renderer},
      {"parameters", report.parameters},
      {"status", ready && dialect == Dialect::kConnect ? "succeeded" : Name(report.status)},
      {"progress",
       {{"value", report.progress.value},
        {"max", report.progress.max},
        {"stage", report.progress.stage}}},
      {"timing",
       {{"wait", Seconds(report.timing.wait)},
        {"deploy", Seconds(report.timing.deploy)},
        {"run", Seconds(report.timing.run)}}},
      {"report_size", ready ? Json(report.report_size) : Json(nullptr)},
      {"report_file",
       ready ? Json("/public/v1/reporting/reports/" + report.id + "/download") : Json(nullptr)},
      {"rows", ready ? Json(report.rows) : Json(nullptr)},
      {"sha256", ready ? Json(report.sha256) : Json(nullptr)},
      {"failure_output", report.failure_output},
      {"notes", report.notes},
      {"verdict", report.verdict},
      {"sandbox", report.sandbox_tier},
      {"use", UseJson(report.use)},
      {"limits", report.limits},
      {"attempts", report.attempts},
      {"schedule", report.schedule.id.empty() ? Json(nullptr) : ToJson(report.schedule)},
      {"owner", ToJson(Reference{report.owner.id, report.owner.name})},
      {"events", ToJson(report.events)},
  };
  return out;
}

Json ToJson(const Repository& repository) {
  return Json{{"id", repository.id},
              {"name", repository.name},
              {"description", repository.description},
              {"version", repository.version},
              {"language", repository.language},
              {"repository_type", Name(repository.origin)},
              {"revision", repository.revision},
              {"git", ToJson(repository.git)},
              {"status", Name(repository.status)},
              {"notes", repository.notes},
              {"events", ToJson(repository.events)},
              {"owner", ToJson(repository.owner)}};
}

Json ToJson(const Template& row, const TemplateStats& stats) {
  const manifest::ReportDefinition& definition = row.definition;
  Json repository = ToJson(row.repository);
  repository["git"] = ToJson(row.git);
  return Json{
      {"id", row.id},
      {"name", definition.name},
      {"local_id", definition.local_id},
      {"description", ""},
      {"type", Name(row.origin)},
      {"specs_version", manifest::Name(definition.spec)},
      {"status", Name(row.status)},
      {"notes", row.notes},
      {"repository", std::move(repository)},
      {"audience", definition.audience},
      {"entrypoint", definition.entrypoint},
      {"parameters", ParametersJson(definition)},
      {"renderers", RenderersJson(definition)},
      {"default_renderer",
       definition.renderers.empty() ? Json(nullptr) : Json(definition.DefaultRenderer().id)},
      {"stats", StatsJson(stats)},
      {"events", ToJson(row.events)}};
}

}  // namespace carrel::report
