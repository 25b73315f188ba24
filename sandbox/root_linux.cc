#include <fcntl.h>
#include <fmt/format.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "runtime/base/files.h"
#include "sandbox/confinement.h"
#include "sandbox/mounts.h"
#include "sandbox/root.h"

namespace carrel::sandbox {
namespace fs = std::filesystem;
namespace {

// Any directory that exists; the new root is mounted over it in this namespace only.
constexpr const char* kAssembly = "/tmp";

constexpr const char* kDevices[] = {"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"};

// Names that libraries look up and that hold nothing of the host.
struct SyntheticFile {
  const char* path;
  const char* content;
};
constexpr SyntheticFile kSynthetic[] = {
    {"/etc/passwd", "nobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin\n"},
    {"/etc/group", "nogroup:x:65534:\n"},
};

struct Link {
  const char* target;
  const char* path;
};
constexpr Link kLinks[] = {{"usr/lib", "/lib"}, {"usr/lib64", "/lib64"}};

Result<PreparedPart> Prepare(const std::string& source, const std::string& target) {
  std::error_code error;
  const fs::path real = fs::canonical(source, error);
  if (error) return FailErrno(source, error.value());
  PreparedPart part{target, CloneTree(real.string())};
  if (!part.tree) return FailErrno(fmt::format("clone of {}", source));
  struct stat info{};
  if (::fstat(part.tree.get(), &info) != 0) return FailErrno(source);
  if (S_ISCHR(info.st_mode)) {
    part.kind = PreparedPart::Kind::kDevice;
  } else if (!S_ISDIR(info.st_mode)) {
    part.kind = PreparedPart::Kind::kFile;
  }
  // A device keeps working only without nodev; what is read-only is its node: its times and mode.
  const uint64_t attributes =
      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
      (part.kind == PreparedPart::Kind::kDevice ? MOUNT_ATTR_NOEXEC : MOUNT_ATTR_NODEV);
  if (const int e = RestrictTree(part.tree.get(), attributes)) {
    return FailErrno(fmt::format("restriction of {}", source), e);
  }
  return part;
}

Status MakeMountPoint(const fs::path& path, PreparedPart::Kind kind) {
  if (kind == PreparedPart::Kind::kDirectory) return MakeDirectories(path);
  CARREL_TRY(MakeDirectories(path.parent_path()));
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
  if (!fd) return FailErrno(path.string());
  return {};
}

Status WriteSynthetic(const std::string& assembly) {
  for (const SyntheticFile& file : kSynthetic) {
    const fs::path path = assembly + file.path;
    CARREL_TRY(MakeDirectories(path.parent_path()));
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
    if (!fd) return FailErrno(path.string());
    CARREL_TRY(WriteAll(fd.get(), file.content));
  }
  for (const Link& link : kLinks) {
    if (::symlink(link.target, (assembly + link.path).c_str()) != 0) return FailErrno(link.path);
  }
  return {};
}

}  // namespace

Json ToJson(const RootSpec& spec) {
  Json parts = Json::array();
  for (const RootPart& part : spec.parts) {
    parts.push_back({{"source", part.source}, {"target", part.target}});
  }
  return {{"store", spec.store}, {"parts", parts}};
}

Result<PreparedRoot> PrepareRoot(const Json& boot) {
  PreparedRoot root;
  for (const Json& part : boot.value("parts", Json::array())) {
    CARREL_ASSIGN_OR_RETURN(PreparedPart prepared,
                            Prepare(JsonString(part, "source"), JsonString(part, "target")));
    root.push_back(std::move(prepared));
  }
  for (const char* device : kDevices) {
    CARREL_ASSIGN_OR_RETURN(PreparedPart prepared, Prepare(device, device));
    root.push_back(std::move(prepared));
  }
  CARREL_ASSIGN_OR_RETURN(PreparedPart store, Prepare(JsonString(boot, "store"), kStoreMount));
  root.push_back(std::move(store));
  return root;
}

Result<Places> FindParts(const Json& boot) {
  Places places;
  const auto find = [&places](const std::string& source, const std::string& target) -> Status {
    std::error_code error;
    const fs::path real = fs::canonical(source, error);
    if (error) return FailErrno(source, error.value());
    places.Set(target, real.string());
    return {};
  };
  for (const Json& part : boot.value("parts", Json::array())) {
    CARREL_TRY(find(JsonString(part, "source"), JsonString(part, "target")));
  }
  for (const char* device : kDevices) CARREL_TRY(find(device, device));
  CARREL_TRY(find(JsonString(boot, "store"), kStoreMount));
  return places;
}

Status EnterRoot(PreparedRoot root) {
  const std::string assembly = kAssembly;
  if (const int e = MountTmpfs(assembly, MS_NOSUID | MS_NODEV, "size=1m,nr_inodes=512,mode=755")) {
    return FailErrno("root tmpfs", e);
  }
  for (const PreparedPart& part : root) {
    const std::string target = assembly + part.target;
    CARREL_TRY(MakeMountPoint(target, part.kind));
    if (const int e = AttachTree(part.tree.get(), target)) {
      return FailErrno(fmt::format("mount of {}", part.target), e);
    }
  }
  for (const char* mount_point : {kCheckoutMount, kTmpMount}) {
    CARREL_TRY(MakeDirectories(assembly + mount_point));
  }
  CARREL_TRY(WriteSynthetic(assembly));
  root.clear();
  if (const int e = PivotInto(assembly)) return FailErrno("pivot into the new root", e);
  if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV,
              nullptr) != 0) {
    return FailErrno("read-only root");
  }
  return {};
}

}  // namespace carrel::sandbox
