#include "runtime/git/handles.h"

#include <fmt/format.h>
#include <git2.h>

#include <cstdlib>

#include "runtime/base/text.h"

namespace carrel::git {
namespace {

constexpr size_t kWindowBytes = size_t{32} << 20;
constexpr size_t kMappedBytes = size_t{256} << 20;
constexpr ssize_t kCacheBytes = ssize_t{64} << 20;

Code CodeOf(int result, int error_class) {
  if (result == GIT_ENOTFOUND) return Code::kNotFound;
  if (result == GIT_EAUTH || result == GIT_ECERTIFICATE) return Code::kDenied;
  if (error_class == GIT_ERROR_NOMEMORY) return Code::kLimit;
  if (error_class == GIT_ERROR_OS || error_class == GIT_ERROR_FILESYSTEM) return Code::kIo;
  return Code::kInvalid;
}

}  // namespace

void GitFree::operator()(git_blob* object) const { git_blob_free(object); }
void GitFree::operator()(git_commit* object) const { git_commit_free(object); }
void GitFree::operator()(git_object* object) const { git_object_free(object); }
void GitFree::operator()(git_odb* object) const { git_odb_free(object); }
void GitFree::operator()(git_odb_object* object) const { git_odb_object_free(object); }
void GitFree::operator()(git_reference* object) const { git_reference_free(object); }
void GitFree::operator()(git_reference_iterator* object) const {
  git_reference_iterator_free(object);
}
void GitFree::operator()(git_remote* object) const { git_remote_free(object); }
void GitFree::operator()(git_repository* object) const { git_repository_free(object); }
void GitFree::operator()(git_tree* object) const { git_tree_free(object); }

std::string GitErrorText() {
  const git_error* error = git_error_last();
  if (error == nullptr || error->message == nullptr) return "no reason given";
  return Truncate(EscapeControls(ToUtf8(error->message)), 500);
}

std::unexpected<Error> GitFail(int result, std::string_view context) {
  const git_error* error = git_error_last();
  return Fail(CodeOf(result, error == nullptr ? GIT_ERROR_NONE : error->klass),
              fmt::format("{}: {}", context, GitErrorText()));
}

std::string IdText(const git_oid& id) {
  std::string text(GIT_OID_HEXSZ, '\0');
  git_oid_fmt(text.data(), &id);
  return text;
}

Result<GitPtr<git_repository>> OpenMirror(const std::filesystem::path& mirror,
                                          std::string_view url) {
  std::error_code error;
  if (!std::filesystem::exists(mirror, error)) {
    return Fail(Code::kNotFound, fmt::format("{}: not synced yet", url));
  }
  GitPtr<git_repository> repository;
  const int result = git_repository_open_bare(Out(repository), mirror.c_str());
  if (result < 0) return GitFail(result, url);
  return repository;
}

Result<GitLibrary> GitLibrary::Start(std::string_view home, size_t max_object_bytes,
                                     size_t max_objects) {
  // libgit2 keeps the home for .gitconfig and the one for .ssh/known_hosts apart
  if (::setenv("HOME", std::string(home).c_str(), 1) != 0) return FailErrno("setenv");
  if (git_libgit2_init() < 0) return GitFail(-1, "libgit2");
  GitLibrary library;
  int result = 0;
  for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                          GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
    const std::string path(level == GIT_CONFIG_LEVEL_GLOBAL ? home : "");
    result |= git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path.c_str());
  }
  result |= git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
  result |= git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
  result |= git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, kWindowBytes);
  result |= git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, kMappedBytes);
  result |= git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, kCacheBytes);
  result |= git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECT_SIZE, max_object_bytes);
  result |= git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, max_objects);
  // who owns a local repository matters to programs that run its hooks; nothing is run here
  result |= git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  if (result < 0) return GitFail(-1, "libgit2 options");
  return library;
}

GitLibrary::~GitLibrary() {
  if (live_) git_libgit2_shutdown();
}

}  // namespace carrel::git
