#include <fmt/format.h>
#include <git2.h>

#include <filesystem>
#include <string>

#include "runtime/git/checkout_writer.h"
#include "runtime/git/handles.h"
#include "runtime/git/operations.h"
#include "runtime/git/tree_policy.h"

namespace carrel::git {
namespace {

constexpr size_t kMaxTreeObject = size_t{16} << 20;
constexpr unsigned kModeDirectory = 0040000;
constexpr unsigned kModeFile = 0100644;
constexpr unsigned kModeGroupFile = 0100664;  // written by early versions of git
constexpr unsigned kModeProgram = 0100755;
constexpr unsigned kModeLink = 0120000;
constexpr unsigned kModeSubmodule = 0160000;

// Walks a tree and hands every file to the writer. Nothing but trees and blobs is read: no
// attributes, no filters, no hooks, no submodules.
class TreeExport {
 public:
  TreeExport(git_repository* repository, git_odb* odb, CheckoutWriter& writer)
      : repository_(repository), odb_(odb), writer_(writer) {}

  Status Walk(const git_oid* id, const std::string& path);

 private:
  Status Entry(const git_tree_entry* entry);
  Status File(const git_oid* id, std::string_view name);
  Result<size_t> SizeOf(const git_oid* id, git_object_t type, std::string_view path);

  git_repository* repository_;
  git_odb* odb_;
  CheckoutWriter& writer_;
};

// From the object's header: nothing is inflated yet.
Result<size_t> TreeExport::SizeOf(const git_oid* id, git_object_t type, std::string_view path) {
  size_t size = 0;
  git_object_t found = GIT_OBJECT_INVALID;
  const int result = git_odb_read_header(&size, &found, odb_, id);
  if (result < 0) return GitFail(result, fmt::format("\"{}\"", ShowPath(path)));
  if (found != type) {
    return Fail(Code::kInvalid,
                fmt::format("\"{}\": the tree says {}, the object is a {}", ShowPath(path),
                            git_object_type2string(type), git_object_type2string(found)));
  }
  return size;
}

Status TreeExport::Walk(const git_oid* id, const std::string& path) {
  CARREL_ASSIGN_OR_RETURN(const size_t size, SizeOf(id, GIT_OBJECT_TREE, path));
  if (size > kMaxTreeObject) {
    return Fail(Code::kLimit, fmt::format("\"{}\": a directory object of {} bytes, more than {}",
                                          ShowPath(path), size, kMaxTreeObject));
  }
  GitPtr<git_tree> tree;
  const int result = git_tree_lookup(Out(tree), repository_, id);
  if (result < 0) return GitFail(result, fmt::format("\"{}\"", ShowPath(path)));
  const size_t count = git_tree_entrycount(tree.get());
  for (size_t i = 0; i < count; ++i) CARREL_TRY(Entry(git_tree_entry_byindex(tree.get(), i)));
  return {};
}

Status TreeExport::Entry(const git_tree_entry* entry) {
  const std::string name = git_tree_entry_name(entry);
  const std::string path = writer_.PathOf(name);
  const auto mode = static_cast<unsigned>(git_tree_entry_filemode_raw(entry));
  switch (mode) {
    case kModeDirectory:
      CARREL_TRY(writer_.EnterDirectory(name));
      CARREL_TRY(Walk(git_tree_entry_id(entry), path));
      return writer_.LeaveDirectory();
    case kModeFile:
    case kModeGroupFile:
    case kModeProgram:
      return File(git_tree_entry_id(entry), name);
    case kModeLink:
      return Fail(Code::kInvalid,
                  fmt::format("\"{}\": a symbolic link is not allowed", ShowPath(path)));
    case kModeSubmodule:
      return Fail(Code::kInvalid,
                  fmt::format("\"{}\": a submodule is not allowed; add its files to the repository",
                              ShowPath(path)));
    default:
      return Fail(Code::kInvalid, fmt::format("\"{}\": an entry of mode {:06o} is not allowed",
                                              ShowPath(path), mode));
  }
}

Status TreeExport::File(const git_oid* id, std::string_view name) {
  const std::string path = writer_.PathOf(name);
  CARREL_ASSIGN_OR_RETURN(const size_t size, SizeOf(id, GIT_OBJECT_BLOB, path));
  CARREL_TRY(writer_.BeginFile(name, size));
  GitPtr<git_odb_object> object;
  const int result = git_odb_read(Out(object), odb_, id);
  if (result < 0) return GitFail(result, fmt::format("\"{}\"", ShowPath(path)));
  CARREL_TRY(writer_.Append({static_cast<const char*>(git_odb_object_data(object.get())),
                             git_odb_object_size(object.get())}));
  return writer_.EndFile();
}

Result<Checkout> ExportCommit(const Request& request, git_repository* repository) {
  git_oid id{};
  if (request.name.size() != 40 || git_oid_fromstr(&id, request.name.c_str()) < 0) {
    return Fail(Code::kInvalid,
                fmt::format("\"{}\" is no commit id of 40 digits", ShowPath(request.name)));
  }
  GitPtr<git_commit> commit;
  if (const int result = git_commit_lookup(Out(commit), repository, &id); result < 0) {
    return GitFail(result, "commit " + request.name);
  }
  const git_oid* tree = git_commit_tree_id(commit.get());
  Result<Checkout> present = FindCheckout(request.checkouts, IdText(*tree), request.export_limits);
  if (present || present.error().code != Code::kNotFound) return present;

  GitPtr<git_odb> odb;
  if (const int result = git_repository_odb(Out(odb), repository); result < 0) {
    return GitFail(result, "object database");
  }
  CARREL_ASSIGN_OR_RETURN(CheckoutWriter writer,
                          CheckoutWriter::Begin(request.checkouts, request.export_limits));
  CARREL_TRY(TreeExport(repository, odb.get(), writer).Walk(tree, ""));
  return std::move(writer).Publish(IdText(*tree));
}

}  // namespace

Result<Checkout> Export(const Request& request) {
  CARREL_ASSIGN_OR_RETURN(const auto repository, OpenMirror(request.mirror, request.url.text));
  Result<Checkout> checkout = ExportCommit(request, repository.get());
  if (!checkout) return Wrap(checkout.error(), request.url.text);
  return checkout;
}

}  // namespace carrel::git
