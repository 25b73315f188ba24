#include "runtime/report/artifact_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/sha256.h"

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kStoring = "storing the result failed";
constexpr std::string_view kTemporary = "tmp";

std::unexpected<Error> StoringFailed(const fs::path& path, int error_number) {
  return Wrap(FailErrno(path.string(), error_number).error(), kStoring);
}

Status CheckPart(std::string_view text) {
  const bool good =
      !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '.' || c == '_';
      });
  if (good) return {};
  return Fail(Code::kInvalid, fmt::format("'{}' is not the name of an artifact", text));
}

// "RP-123-456-789.2.csv" or "RP-123-456-789.2.part"
struct ArtifactName {
  std::string report_id;
  int attempt = 0;
};

std::optional<ArtifactName> ParseName(std::string_view name) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  ArtifactName out{std::string(name.substr(0, dot)), 0};
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + dot + 1, end, out.attempt);
  if (error != std::errc() || out.attempt < 1) return std::nullopt;
  return out;
}

std::string Shelf(std::string_view report_id) {
  return std::string(report_id.size() < 2 ? "00" : report_id.substr(report_id.size() - 2));
}

Status CheckContent(int fd, uint64_t size, std::string_view sha256) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return FailErrno("fstat");
  if (static_cast<uint64_t>(info.st_size) != size) {
    return Fail(Code::kProtocol,
                fmt::format("the worker wrote {} bytes and reported {}", info.st_size, size));
  }
  CARREL_ASSIGN_OR_RETURN(const std::string found, Sha256OfFd(fd));
  if (found != sha256) {
    return Fail(Code::kProtocol,
                fmt::format("the file's sha256 is {}, the worker reported {}", found, sha256));
  }
  return {};
}

struct Found {
  fs::path path;
  std::string name;
};

void ListFiles(const fs::path& directory, std::vector<Found>& out) {
  std::error_code error;
  for (auto it = fs::directory_iterator(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    if (it->is_regular_file(error)) out.push_back({it->path(), it->path().filename().string()});
  }
}

// Whether the file belongs to a ready report, or to an attempt that may still finish. The row is
// read after the file was seen: a file appears only while its attempt is the running one, so any
// other state means that its attempt is over.
Result<bool> IsWanted(ReportStore& reports, const Found& file) {
  const auto name = ParseName(file.name);
  if (!name) return true;  // not one of ours
  const auto report = reports.Get(name->report_id);
  if (!report) {
    if (report.error().code == Code::kNotFound) return false;
    return std::unexpected(report.error());
  }
  if (report->status == ReportState::kDeploying) return report->attempts == name->attempt;
  return report->status == ReportState::kReady && report->artifact == file.name;
}

}  // namespace

Result<ArtifactStore> ArtifactStore::Create(const fs::path& directory) {
  CARREL_TRY(MakeDirectories(directory / kTemporary));
  for (const fs::path& made : {directory, directory / kTemporary}) {
    if (::chmod(made.c_str(), 0700) != 0) return FailErrno(made.string());
  }
  return ArtifactStore(directory);
}

Result<PendingArtifact> ArtifactStore::Begin(std::string_view report_id, int attempt) const {
  CARREL_TRY(CheckPart(report_id));
  PendingArtifact pending;
  pending.report_id = report_id;
  pending.attempt = attempt;
  pending.path = directory_ / kTemporary / fmt::format("{}.{}.part", report_id, attempt);
  pending.fd = UniqueFd(::open(pending.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!pending.fd) return StoringFailed(pending.path, errno);
  return pending;
}

Result<std::string> ArtifactStore::Publish(PendingArtifact pending, std::string_view extension,
                                           uint64_t size, std::string_view sha256) const {
  std::string name = fmt::format("{}.{}{}", pending.report_id, pending.attempt, extension);
  const auto publish = [&]() -> Status {
    CARREL_TRY(CheckPart(name));
    CARREL_TRY(CheckContent(pending.fd.get(), size, sha256));
    CARREL_ASSIGN_OR_RETURN(const fs::path path, PathOf(name));
    CARREL_TRY(MakeDirectories(path.parent_path()));
    if (::fchmod(pending.fd.get(), 0600) != 0 || ::fsync(pending.fd.get()) != 0 ||
        ::rename(pending.path.c_str(), path.c_str()) != 0) {
      return FailErrno(path.string());
    }
    CARREL_TRY(SyncDirectory(path.parent_path()));
    return SyncDirectory(directory_);
  };
  if (const Status published = publish(); !published) {
    Discard(std::move(pending));
    (void)Delete(name);
    if (published.error().code == Code::kProtocol) return std::unexpected(published.error());
    return Wrap(published.error(), kStoring);
  }
  return name;
}

void ArtifactStore::Discard(PendingArtifact pending) const {
  if (!pending.path.empty()) ::unlink(pending.path.c_str());
}

Result<fs::path> ArtifactStore::PathOf(std::string_view artifact) const {
  CARREL_TRY(CheckPart(artifact));
  return directory_ / Shelf(artifact.substr(0, artifact.find('.'))) / artifact;
}

Result<OpenArtifact> ArtifactStore::Open(std::string_view artifact) const {
  CARREL_ASSIGN_OR_RETURN(const fs::path path, PathOf(artifact));
  OpenArtifact out;
  out.fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info{};
  if (!out.fd || ::fstat(out.fd.get(), &info) != 0) return FailErrno(path.string());
  out.size = static_cast<uint64_t>(info.st_size);
  return out;
}

Status ArtifactStore::Delete(std::string_view artifact) const {
  CARREL_ASSIGN_OR_RETURN(const fs::path path, PathOf(artifact));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return FailErrno(path.string());
  return {};
}

Result<int> ArtifactStore::Sweep(ReportStore& reports) const {
  std::vector<Found> files;
  ListFiles(directory_ / kTemporary, files);
  std::error_code error;
  for (auto it = fs::directory_iterator(directory_, error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->is_directory(error) && it->path().filename() != kTemporary) {
      ListFiles(it->path(), files);
    }
  }
  if (error) return FailErrno(directory_.string(), error.value());
  int removed = 0;
  for (const Found& file : files) {
    CARREL_ASSIGN_OR_RETURN(const bool wanted, IsWanted(reports, file));
    if (wanted) continue;
    if (::unlink(file.path.c_str()) == 0) ++removed;
  }
  return removed;
}

}  // namespace carrel::report
