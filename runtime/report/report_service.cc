#include "runtime/report/report_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/report/limits.h"
#include "runtime/template/parameters.h"

namespace carrel::report {
namespace {

constexpr size_t kMaxName = 256;

std::unexpected<Error> NoSuch(std::string_view what, std::string_view id) {
  return Fail(Code::kNotFound, fmt::format("{} {} does not exist", what, id));
}

Result<std::string> ChooseRenderer(const manifest::ReportDefinition& definition,
                                   const std::string& wanted) {
  if (wanted.empty()) return definition.DefaultRenderer().id;
  if (definition.FindRenderer(wanted) != nullptr) return wanted;
  std::vector<std::string> ids;
  ids.reserve(definition.renderers.size());
  for (const manifest::Renderer& renderer : definition.renderers) ids.push_back(renderer.id);
  return Fail(Code::kInvalid, fmt::format("renderer '{}' is not one of {}{}", wanted,
                                          Join(ids, ", "), DidYouMean(wanted, ids)));
}

// [{id, type, value}] in the order of the definition.
Json Listed(const manifest::ReportDefinition& definition, const Json& values) {
  Json out = Json::array();
  for (const manifest::Parameter& parameter : definition.parameters) {
    const auto value = values.find(parameter.id);
    if (value == values.end()) continue;
    out.push_back(
        {{"id", parameter.id}, {"type", manifest::Name(parameter.type)}, {"value", *value}});
  }
  return out;
}

// Characters that some file system or header cannot hold become '_'.
std::string FileNamePart(std::string_view text) {
  std::string out;
  for (const char c : ToUtf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool bad = byte < 0x20 || byte == 0x7F ||
                     std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
    out += bad ? '_' : c;
  }
  constexpr size_t kLongest = 100;
  while (out.size() > kLongest) {
    // whole characters only
    do {
      const bool continuation = (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80;
      out.pop_back();
      if (!continuation) break;
    } while (!out.empty());
  }
  while (!out.empty() && (out.back() == '.' || out.back() == ' ')) out.pop_back();
  while (!out.empty() && out.front() == '.') out.erase(0, 1);
  return out;
}

}  // namespace

bool IsVisible(const Template& row, const Account& account) {
  if (account.role == Role::kAdmin || row.owner.id == account.id) return true;
  return std::ranges::any_of(row.definition.audience, [&](const std::string& name) {
    return RoleFromName(name) == account.role;
  });
}

ReportService::ReportService(ReportStore& reports, TemplateStore& templates,
                             const ArtifactStore& artifacts, const Clock& clock,
                             std::function<void()> on_created)
    : reports_(reports),
      templates_(templates),
      artifacts_(artifacts),
      clock_(clock),
      on_created_(std::move(on_created)) {}

Result<Template> ReportService::VisibleTemplate(const Account& account, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(Template row, templates_.Get(id));
  if (!IsVisible(row, account)) return NoSuch("template", id);
  return row;
}

Result<Report> ReportService::Create(const Account& account, std::string_view origin,
                                     const CreateReport& request) {
  CARREL_ASSIGN_OR_RETURN(const Template row, VisibleTemplate(account, request.template_id));
  const manifest::ReportDefinition& definition = row.definition;
  const auto check = manifest::CheckParameters(
      definition, request.parameters.is_null() ? Json::array() : request.parameters);
  CARREL_TRY(check.ToStatus());
  const Timestamp now = clock_.Now();
  Report report;
  CARREL_ASSIGN_OR_RETURN(report.renderer, ChooseRenderer(definition, request.renderer));
  // What is wished for is checked now; it is applied below the ceiling of the host that runs it.
  CARREL_TRY(Lowered(Limits(), request.limits));
  report.name =
      request.name.empty() ? fmt::format("{} {}", definition.name, FormatPlain(now)) : request.name;
  if (report.name.size() > kMaxName) {
    return Fail(Code::kInvalid, fmt::format("name: {} bytes, at most {} are allowed",
                                            report.name.size(), kMaxName));
  }
  report.description = request.description;
  report.source = {row.id, row.origin, row.repository, row.git, row.requirements, definition};
  report.parameters = Listed(definition, check.values);
  report.limits = request.limits.is_null() ? Json::object() : request.limits;
  report.schedule = request.schedule;
  report.owner = account;
  Actor actor = ActorOf(account, origin);
  if (!request.schedule.id.empty()) actor.who = Who::kSchedule;
  CARREL_ASSIGN_OR_RETURN(report, reports_.Create(std::move(report), actor, now));
  if (on_created_) on_created_();
  return report;
}

Result<Report> ReportService::Get(const Account& account, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(Report report, reports_.Get(id));
  if (account.role != Role::kAdmin && report.owner.id != account.id) return NoSuch("report", id);
  return report;
}

Result<std::string> ReportService::Log(const Account& account, std::string_view id) {
  CARREL_TRY(Get(account, id));
  return reports_.Log(id);
}

Result<ReportPage> ReportService::List(const Account& account, ReportFilter filter) {
  if (account.role != Role::kAdmin) filter.owner_id = account.id;
  ReportPage page;
  CARREL_ASSIGN_OR_RETURN(page.reports, reports_.List(filter));
  CARREL_ASSIGN_OR_RETURN(page.total, reports_.Count(filter));
  return page;
}

Status ReportService::Cancel(const Account& account, std::string_view origin, std::string_view id,
                             std::string_view notes) {
  CARREL_TRY(Get(account, id));
  const std::string reason =
      notes.empty() ? fmt::format("cancelled by {}", account.name) : std::string(notes);
  return reports_.Cancel(id, reason, ActorOf(account, origin), clock_.Now());
}

Result<Download> ReportService::Open(const Account& account, std::string_view id) {
  Download download;
  CARREL_ASSIGN_OR_RETURN(download.report, Get(account, id));
  const Report& report = download.report;
  CARREL_TRY(NextState(report.status, ReportAction::kDownload, ActorOf(account, "").who));
  CARREL_ASSIGN_OR_RETURN(download.artifact, artifacts_.Open(report.artifact));
  const size_t first = report.artifact.find('.');
  const size_t second = report.artifact.find('.', first + 1);
  const std::string extension =
      second == std::string::npos ? std::string() : report.artifact.substr(second);
  const std::string stem = FileNamePart(report.source.definition.local_id);
  download.file_name = fmt::format("{}{}{}{}", stem, stem.empty() ? "" : "-", id, extension);
  return download;
}

Status ReportService::Delete(const Account& account, std::string_view origin, std::string_view id) {
  CARREL_TRY(Get(account, id));
  CARREL_ASSIGN_OR_RETURN(const std::string artifact,
                          reports_.Delete(id, ActorOf(account, origin), clock_.Now()));
  return artifacts_.Delete(artifact);
}

}  // namespace carrel::report
