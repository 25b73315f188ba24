#include "runtime/report/environment_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "runtime/report/installer.h"
#include "runtime/template/checkout.h"
#include "runtime/template/requirements.h"

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxRecord = size_t{16} << 20;
constexpr std::string_view kDistInfo = ".dist-info";

std::string Shown(const fs::path& path, const fs::path& site) {
  return Truncate(EscapeControls(ToUtf8(path.lexically_relative(site).string())), 200);
}

Status Remove(const fs::path& path) {
  if (const Status removed = RemoveTree(path); !removed)
    return Wrap(removed.error(), "environment");
  return {};
}

// What an interpreter with `site` would run at its start, and programs, which a report cannot run.
bool RunsByItself(const fs::path& entry) {
  constexpr std::array<std::string_view, 2> kHooks = {"sitecustomize", "usercustomize"};
  const std::string name = entry.filename().string();
  if (name == "bin" || name.ends_with(".pth")) return true;
  return std::ranges::any_of(kHooks, [&](std::string_view hook) {
    return name == hook || name.starts_with(fmt::format("{}.", hook));
  });
}

Result<std::vector<fs::path>> Entries(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(it->path());
  }
  if (error) return FailErrno(directory.string(), error.value());
  std::ranges::sort(entries);
  return entries;
}

// "Jinja2-3.1.2.dist-info" -> "jinja2".
std::optional<std::string> DistributionOf(const fs::path& entry) {
  const std::string name = entry.filename().string();
  if (!name.ends_with(kDistInfo)) return std::nullopt;
  return manifest::NormalizedPackage(name.substr(0, name.find('-')));
}

// The first field of a line of RECORD, which is CSV.
std::string RecordPath(std::string_view line) {
  if (!line.starts_with('"')) return std::string(line.substr(0, line.find(',')));
  std::string path;
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '"') {
      path += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      path += line[i++];
    } else {
      break;
    }
  }
  return path;
}

// Directories that became empty go with the file.
void RemoveFile(const fs::path& site, const std::string& relative) {
  fs::path path = site / relative;
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error)) || !fs::remove(path, error)) return;
  for (path = path.parent_path(); path != site; path = path.parent_path()) {
    if (!fs::remove(path, error)) return;
  }
}

Status RemoveDistribution(const fs::path& site, const fs::path& dist_info) {
  // Only files below the site are named by a path that passes; no link is among them.
  const auto record = ReadFile(dist_info / "RECORD", kMaxRecord);
  for (const std::string& line : record ? Split(*record, '\n') : std::vector<std::string>()) {
    const std::string path = RecordPath(line);
    if (path.find("..") == std::string::npos && !manifest::PathProblem(path)) {
      RemoveFile(site, path);
    }
  }
  return Remove(dist_info);
}

// Byte code that came with a package; what runs is what its source says.
Status RemoveByteCode(const fs::path& site) {
  std::vector<fs::path> caches;
  std::error_code error;
  for (fs::recursive_directory_iterator it(site, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename() == "__pycache__") caches.push_back(it->path());
  }
  if (error) return FailErrno(site.string(), error.value());
  for (const fs::path& cache : caches) CARREL_TRY(Remove(cache));
  return {};
}

Status CheckKinds(const fs::path& site) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(site, error), end; !error && it != end;
       it.increment(error)) {
    if (it.depth() >= kMaxPackageDepth) {
      return Fail(Code::kLimit, fmt::format("a package has more than {} directories in each other",
                                            kMaxPackageDepth));
    }
    struct stat info{};
    if (::lstat(it->path().c_str(), &info) != 0) return FailErrno(Shown(it->path(), site));
    const bool is_plain = S_ISDIR(info.st_mode) || (S_ISREG(info.st_mode) && info.st_nlink == 1);
    if (!is_plain) {
      return Fail(Code::kInvalid,
                  fmt::format("a package holds '{}', which is neither a file nor a directory",
                              Shown(it->path(), site)));
    }
  }
  return error ? FailErrno(site.string(), error.value()) : Status();
}

Status MakeReadOnly(const fs::path& path, mode_t mode) {
  if (::lchown(path.c_str(), ::geteuid(), ::getegid()) != 0 || ::chmod(path.c_str(), mode) != 0) {
    return FailErrno(path.string());
  }
  return {};
}

Status MakeAllReadOnly(const fs::path& site) {
  constexpr mode_t kDirectory = 0555;
  constexpr mode_t kOpenDirectory = 0755;
  constexpr mode_t kFile = 0444;
  std::vector<fs::path> directories;
  std::error_code error;
  for (fs::recursive_directory_iterator it(site, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_directory(error)) {
      directories.push_back(it->path());
    } else {
      CARREL_TRY(MakeReadOnly(it->path(), kFile));
    }
  }
  if (error) return FailErrno(site.string(), error.value());
  for (const fs::path& directory : directories) CARREL_TRY(MakeReadOnly(directory, kDirectory));
  return MakeReadOnly(site, kOpenDirectory);
}

}  // namespace

Result<std::vector<std::string>> MakeEnvironment(const fs::path& site) {
  CARREL_TRY(CheckKinds(site));
  CARREL_TRY(RemoveByteCode(site));
  CARREL_ASSIGN_OR_RETURN(const auto entries, Entries(site));
  std::vector<std::string> distributions;
  for (const fs::path& entry : entries) {
    const auto distribution = DistributionOf(entry);
    if (RunsByItself(entry)) {
      CARREL_TRY(Remove(entry));
    } else if (distribution && manifest::IsProvided(*distribution)) {
      CARREL_TRY(RemoveDistribution(site, entry));
    } else if (distribution) {
      std::string name = entry.filename().string();
      name.resize(name.size() - kDistInfo.size());
      distributions.push_back(ToUtf8(name));
    }
  }
  CARREL_TRY(MakeAllReadOnly(site));
  return distributions;
}

}  // namespace carrel::report
