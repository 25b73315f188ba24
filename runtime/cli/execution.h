// One report to its end in this process, as its operator sees it, and its file at the place where
// the operator wants it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/cli/app.h"
#include "runtime/cli/console.h"
#include "runtime/cli/exit_code.h"
#include "runtime/cli/progress.h"
#include "runtime/report/package.h"

namespace carrel::cli {

// Shows what reports of this process do. Thread-safe.
class RunView final : public report::DispatchObserver {
 public:
  explicit RunView(Console& console)
      : console_(console), progress_(console), log_(console, "report| ") {}

  void OnProgress(std::string_view report_id, const report::Progress& progress) override;
  void OnLog(std::string_view report_id, std::string_view text) override;
  void OnProblem(const Error& error) override;
  // The bar and half a line of log are done with.
  void Finish();

 private:
  Console& console_;
  ProgressView progress_;
  LogView log_;
};

// What a stop does to a report that has not begun to run; one that runs here is cancelled.
enum class OnStop : uint8_t { kLeaveIt, kCancelIt };

struct StopRequest {
  std::stop_token token;
  OnStop on_stop = OnStop::kLeaveIt;
};

// Runs a pending report here, or follows it where another process runs it, until it is ready or
// failed. A report whose process died is taken over. kCancelled when it was stopped and the report
// lives on.
Result<report::Report> Follow(App& app, const report::Account& account, std::string_view id,
                              RunView& view, const StopRequest& stop);

struct OutputRequest {
  // Empty: `stem` and the extension, in the current directory. "-": standard output.
  std::string path;
  std::string stem;
  report::Packaging packaging = report::Packaging::kBare;
};

// Writes the file of a ready report, whole or not at all; where it is now.
Result<std::filesystem::path> WriteOutput(App& app, const report::Account& account,
                                          const report::Report& report,
                                          const OutputRequest& request);

// What happened, for people, on standard error when the file went to standard output; the exit
// code. `file` is empty when none was written.
ExitCode ShowEnd(const report::Report& report, const std::filesystem::path& file, Console& console);

}  // namespace carrel::cli
