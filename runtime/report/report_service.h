// What users do with reports: create, look, cancel, fetch, delete. Settles who may see what.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/report/artifact_store.h"
#include "runtime/report/report_store.h"
#include "runtime/report/template_store.h"

namespace carrel::report {

struct CreateReport {
  std::string template_id;
  std::string name;  // empty: the template's, with the time
  std::string description;
  std::string renderer;  // empty: the template's default
  Json parameters;       // [{id, value}], or an object id -> value
  Json limits;           // {"wall_s": 60}; null: none
  Reference schedule;    // empty unless a schedule made it
};

struct ReportPage {
  std::vector<Report> reports;
  int64_t total = 0;
};

struct Download {
  Report report;
  OpenArtifact artifact;
  std::string file_name;  // fit for a Content-Disposition header and a directory
};

// Thread-safe. An account sees its own reports, an admin all of them; anything else is kNotFound,
// as if it did not exist.
class ReportService {
 public:
  // `on_created` is told of every new report, so that a dispatcher can look at once.
  ReportService(ReportStore& reports, TemplateStore& templates, const ArtifactStore& artifacts,
                const Clock& clock, std::function<void()> on_created = {});

  // kInvalid for parameters (every fault, each with its id), an unknown renderer or limit;
  // kConflict when the template is not enabled. Nothing is stored then.
  Result<Report> Create(const Account& account, std::string_view origin,
                        const CreateReport& request);
  Result<Report> Get(const Account& account, std::string_view id);
  // What its last run printed, the last 64 KiB of it.
  Result<std::string> Log(const Account& account, std::string_view id);
  Result<ReportPage> List(const Account& account, ReportFilter filter);
  // Only a pending report can be cancelled, by an admin.
  Status Cancel(const Account& account, std::string_view origin, std::string_view id,
                std::string_view notes);
  // Only a ready report can be fetched or deleted: kConflict otherwise.
  Result<Download> Open(const Account& account, std::string_view id);
  Status Delete(const Account& account, std::string_view origin, std::string_view id);

 private:
  Result<Template> VisibleTemplate(const Account& account, std::string_view id);

  ReportStore& reports_;
  TemplateStore& templates_;
  const ArtifactStore& artifacts_;
  const Clock& clock_;
  const std::function<void()> on_created_;
};

// Whether an account may see and run a template: its own, or one whose audience holds its role.
bool IsVisible(const Template& row, const Account& account);

}  // namespace carrel::report
