// Ownership of libgit2 objects, and its errors as ours, for the few files that wrap libgit2.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/result.h"

struct git_blob;
struct git_commit;
struct git_object;
struct git_oid;
struct git_odb;
struct git_odb_object;
struct git_reference;
struct git_reference_iterator;
struct git_remote;
struct git_repository;
struct git_tree;

namespace carrel::git {

struct GitFree {
  void operator()(git_blob* object) const;
  void operator()(git_commit* object) const;
  void operator()(git_object* object) const;
  void operator()(git_odb* object) const;
  void operator()(git_odb_object* object) const;
  void operator()(git_reference* object) const;
  void operator()(git_reference_iterator* object) const;
  void operator()(git_remote* object) const;
  void operator()(git_repository* object) const;
  void operator()(git_tree* object) const;
};

template <typename T>
using GitPtr = std::unique_ptr<T, GitFree>;

// Receives the out parameter of a libgit2 call: `git_x_new(Out(pointer), ...)`.
template <typename T>
class Out {
 public:
  explicit Out(GitPtr<T>& target) : target_(target) {}
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;
  ~Out() { target_.reset(raw_); }
  operator T**() { return &raw_; }  // NOLINT: the point of this class

 private:
  GitPtr<T>& target_;
  T* raw_ = nullptr;
};

// The last libgit2 error of this thread: "context: message" with the code that fits `result`.
std::unexpected<Error> GitFail(int result, std::string_view context);
// The bare text of the last libgit2 error, escaped and bounded.
std::string GitErrorText();

// The 40 hexadecimal digits of an object's id.
std::string IdText(const git_oid& id);

// The bare repository at `mirror`, kNotFound while it has not been synced. `url` is for messages.
Result<GitPtr<git_repository>> OpenMirror(const std::filesystem::path& mirror,
                                          std::string_view url);

// Starts libgit2 for this process with settings that leave nothing to the machine's or a user's
// git configuration: none is read, writes are synced, packs over `max_objects` are refused
// and so are objects over `max_object_bytes` that a delta builds up in memory. `home` is the one
// directory it takes for the user's home. Lives as long as libgit2 is used.
class GitLibrary {
 public:
  static Result<GitLibrary> Start(std::string_view home, size_t max_object_bytes,
                                  size_t max_objects);
  GitLibrary(GitLibrary&& other) noexcept : live_(std::exchange(other.live_, false)) {}
  GitLibrary& operator=(GitLibrary&&) = delete;
  ~GitLibrary();

 private:
  GitLibrary() = default;
  bool live_ = true;
};

}  // namespace carrel::git
