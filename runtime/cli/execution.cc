#include "runtime/cli/execution.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "runtime/cli/output.h"
#include "runtime/report/report_json.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kPollEvery{300};
constexpr int kRecoverEveryPolls = 10;

bool IsDone(report::ReportState status) {
  return status == report::ReportState::kReady || status == report::ReportState::kFailed;
}

double Seconds(const report::Timing& timing) {
  report::Duration all{0};
  for (const auto& part : {timing.deploy, timing.run}) all += part.value_or(report::Duration{0});
  return std::chrono::duration<double>(all).count();
}

}  // namespace

void RunView::OnProgress(std::string_view, const report::Progress& progress) {
  progress_.Show(progress.stage.empty() ? "running" : progress.stage, progress.value, progress.max);
}

void RunView::OnLog(std::string_view, std::string_view text) { log_.Add(text); }

void RunView::OnProblem(const Error& error) {
  console_.Note("carrel: warning: " + error.message, Style::kYellow);
}

void RunView::Finish() {
  log_.Flush();
  progress_.Clear();
}

Result<report::Report> Follow(App& app, const report::Account& account, std::string_view id,
                              RunView& view, const StopRequest& stop) {
  for (int poll = 1;; ++poll) {
    CARREL_ASSIGN_OR_RETURN(report::Report report, app.reports().Get(account, id));
    if (IsDone(report.status)) {
      view.Finish();
      return report;
    }
    if (report.status == report::ReportState::kPending) {
      const auto ran = app.dispatcher().RunOne(id, stop.token);
      // Taken by another process in between, or its repository is being configured.
      if (!ran && ran.error().code != Code::kConflict) return std::unexpected(ran.error());
      if (ran) continue;
    } else {
      view.OnProgress(id, report.progress);
    }
    if (stop.token.stop_requested()) {
      if (stop.on_stop == OnStop::kCancelIt &&
          app.reports().Cancel(account, kOrigin, id, "cancelled")) {
        continue;
      }
      return Fail(Code::kCancelled,
                  fmt::format("stopped; report {} is {}", id, report::Name(report.status)));
    }
    if (poll % kRecoverEveryPolls == 0) CARREL_TRY(app.dispatcher().Recover());
    std::this_thread::sleep_for(kPollEvery);
  }
}

// A zip needs a file to go back in; anything else is written from one that is whole.
Status WriteZip(const report::PackageRequest& request, const Output& output) {
  if (output.is_fresh()) return report::WritePackage(request);
  const fs::path directory = fs::temp_directory_path();
  CARREL_ASSIGN_OR_RETURN(const UniqueFd file, OpenUnnamed(directory));
  report::PackageRequest whole = request;
  whole.output_fd = file.get();
  CARREL_TRY(report::WritePackage(whole));
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return FailErrno(directory.string());
  return CopyAll(file.get(), request.output_fd);
}

Result<fs::path> WriteOutput(App& app, const report::Account& account, const report::Report& report,
                             const OutputRequest& request) {
  CARREL_ASSIGN_OR_RETURN(const report::Download download, app.reports().Open(account, report.id));
  const std::string extension =
      download.file_name.substr(std::min(download.file_name.find('.'), download.file_name.size()));
  const bool is_zip = request.packaging == report::Packaging::kZip;
  fs::path path = request.path;
  if (path.empty()) path = request.stem + (is_zip ? ".zip" : extension);
  CARREL_ASSIGN_OR_RETURN(Output output, Output::Open(path));
  if (is_zip) {
    const std::string inner = request.stem + extension;
    CARREL_TRY(WriteZip({.report = download.report,
                         .artifact_fd = download.artifact.fd.get(),
                         .file_name = inner,
                         .environment = app.environment(),
                         .output_fd = output.fd()},
                        output));
  } else if (const Status copied = CopyAll(download.artifact.fd.get(), output.fd()); !copied) {
    return Wrap(copied.error(), path.string());
  }
  CARREL_TRY(output.Keep());
  return path;
}

ExitCode ShowEnd(const report::Report& report, const fs::path& file, Console& console) {
  const bool is_ready = report.status == report::ReportState::kReady;
  if (console.is_json()) {
    OrderedJson json = OrderedJson(ToJson(report));
    json["output_file"] = file.empty() ? OrderedJson() : OrderedJson(file.string());
    console.PrintJson(json);
  }
  if (is_ready) {
    const std::string summary = fmt::format("{}{}{}: {} rows, {}, {:.2f} s", report.id,
                                            file.empty() ? "" : " -> ", file.string(), report.rows,
                                            HumanBytes(report.report_size), Seconds(report.timing));
    IsStandardOutput(file) ? console.Note(summary) : console.Print(summary);
    return ExitCode::kDone;
  }
  console.Note(fmt::format("carrel: error: report {} ({}) failed: {}", report.id,
                           report.source.definition.local_id, report.notes),
               Style::kRed);
  if (!report.failure_output.empty()) console.Note(report.failure_output, Style::kDim);
  return ExitCode::kFailed;
}

}  // namespace carrel::cli
