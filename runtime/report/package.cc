#include "runtime/report/package.h"

#include "runtime/base/zip_writer.h"

namespace carrel::report {
namespace {

// When the run started and ended: its event, and the time it took before that.
std::string Moment(const Report& report, Duration before_end) {
  const auto end = report.events.find("ready");
  return end == report.events.end() ? std::string() : FormatIso(end->second.at - before_end);
}

}  // namespace

Packaging PackagingOf(std::string_view extension) {
  return extension == ".xlsx" ? Packaging::kBare : Packaging::kZip;
}

Json Summary(const Report& report, std::string_view environment) {
  Json parameters = Json::object();
  for (const Json& parameter : report.parameters) {
    const auto value = parameter.find("value");
    if (value == parameter.end()) continue;
    parameters[JsonString(parameter, "id")] = *value;
  }
  Json data = {{"report_start_time", Moment(report, report.timing.run.value_or(Duration::zero()))},
               {"report_finish_time", Moment(report, Duration::zero())},
               {"account_id", report.owner.id},
               {"account_name", report.owner.name},
               {"report_id", report.id},
               {"report_name", report.name},
               {"runtime_environment", environment},
               {"report_execution_parameters", std::move(parameters)}};
  return Json{{"title", "Report Execution Information"}, {"data", std::move(data)}};
}

Status WritePackage(const PackageRequest& request) {
  ZipWriter zip(request.output_fd, Threading::kWhenSpare);
  CARREL_TRY(zip.AddFile(request.file_name, request.artifact_fd, Compression::kFast));
  const std::string summary = Summary(request.report, request.environment)
                                  .dump(4, ' ', true, Json::error_handler_t::replace);
  CARREL_TRY(zip.Add("summary.json", summary, ZipWriter::EntryOptions()));
  return zip.Finish();
}

}  // namespace carrel::report
