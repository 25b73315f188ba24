// The zip in which a report is delivered: its file and summary.json.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/report/report_store.h"

namespace carrel::report {

enum class Packaging { kBare, kZip };
// A workbook is delivered as it is, everything else in a zip.
Packaging PackagingOf(std::string_view extension);

// {title, data: {report_start_time, report_finish_time, account_id, account_name, report_id,
// report_name, runtime_environment, report_execution_parameters}}
Json Summary(const Report& report, std::string_view environment);

struct PackageRequest {
  const Report& report;
  int artifact_fd;               // read from its start; its position does not move
  std::string_view file_name;    // of the report inside the zip
  std::string_view environment;  // "runtime environment"
  int output_fd;                 // open for writing, seekable, empty
};

// The same report gives the same bytes. summary.json is indented by 4, keys sorted, ASCII only.
Status WritePackage(const PackageRequest& request);

}  // namespace carrel::report
