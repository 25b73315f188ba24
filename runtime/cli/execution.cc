#include "runtime/cli/execution.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "runtime/base/files.h"
#include "runtime/base/ids.h"
#include "runtime/base/text.h"
#include "runtime/report/report_json.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kPollEvery{300};
constexpr int kRecoverEveryPolls = 10;

bool IsDone(report::ReportState status) {
  return status == report::ReportState::kReady || status == report::ReportState::kFailed;
}

bool IsStandardOutput(const fs::path& path) {
  constexpr std::array kNames = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
  return std::ranges::find(kNames, path) != kNames.end();
}

// A terminal, a pipe, whatever is open already: nothing to be atomic about, and never replaced.
bool IsWrittenInPlace(const fs::path& path) {
  std::error_code error;
  const std::string text = path.lexically_normal().string();
  return text.starts_with("/dev/") || text.starts_with("/proc/") ||
         (fs::exists(path, error) && !fs::is_regular_file(path, error));
}

// The file a result is written to until it is whole.
class Output {
 public:
  static Result<Output> Open(const fs::path& path) {
    Output output;
    output.path_ = path;
    if (IsStandardOutput(path)) {
      output.fd_ = UniqueFd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0));
    } else if (IsWrittenInPlace(path)) {
      output.fd_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    } else {
      output.temporary_ =
          path.parent_path() / fmt::format(".{}.{}.tmp", path.filename().string(), RandomHex(4));
      output.fd_ =
          UniqueFd(::open(output.temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    }
    if (!output.fd_) return FailErrno(path.string());
    return output;
  }
  Output(Output&& other) noexcept = default;
  Output& operator=(Output&&) = delete;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (fd_ && !temporary_.empty()) ::unlink(temporary_.c_str());
  }

  int fd() const { return fd_.get(); }
  // A fresh file of its own, which can be written anywhere.
  bool is_fresh() const { return !temporary_.empty(); }

  Status Keep() {
    if (!temporary_.empty()) {
      if (::fsync(fd_.get()) != 0) return FailErrno(path_.string());
      if (::rename(temporary_.c_str(), path_.c_str()) != 0) return FailErrno(path_.string());
    }
    fd_.Reset();
    return {};
  }

 private:
  Output() = default;
  fs::path path_;
  fs::path temporary_;
  UniqueFd fd_;
};

Status Copy(int from, int to) {
  std::vector<char> buffer(size_t{1} << 18);
  while (true) {
    const ssize_t count = ::read(from, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("reading the result");
    if (count == 0) return {};
    CARREL_TRY(WriteAll(to, {buffer.data(), static_cast<size_t>(count)}));
  }
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

Status CheckOutput(const OutputRequest& request, const Console& console) {
  const fs::path path = request.path;
  if (IsStandardOutput(path)) {
    if (!console.is_json()) return {};
    return Fail(Code::kUsage, fmt::format("--output {}: standard output holds what --json prints",
                                          path.string()));
  }
  const auto refuse = [&](std::string_view what) {
    return Fail(Code::kUsage, fmt::format("--output {}: {}", path.string(), what));
  };
  std::error_code error;
  if (fs::is_directory(path, error)) return refuse("a directory, expected a file");
  const fs::path parent = path.parent_path();
  if (parent.empty() || fs::is_directory(parent, error)) return {};
  return refuse(fmt::format("{} is no directory", parent.string()));
}

// A zip needs a file to go back in; anything else is written from one that is whole.
Status WriteZip(const report::PackageRequest& request, const Output& output) {
  if (output.is_fresh()) return report::WritePackage(request);
  CARREL_ASSIGN_OR_RETURN(const TempDir directory,
                          TempDir::Create(fs::temp_directory_path(), "carrel-zip-"));
  const fs::path path = directory.path() / "zip";
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return FailErrno(path.string());
  report::PackageRequest whole = request;
  whole.output_fd = file.get();
  CARREL_TRY(report::WritePackage(whole));
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return FailErrno(path.string());
  return Copy(file.get(), request.output_fd);
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
  } else if (const Status copied = Copy(download.artifact.fd.get(), output.fd()); !copied) {
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
