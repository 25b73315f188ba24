#include <fmt/format.h>
#include <git2.h>

#include <algorithm>
#include <string>

#include "runtime/base/text.h"
#include "runtime/git/handles.h"
#include "runtime/git/operations.h"
#include "runtime/git/tree_policy.h"

namespace carrel::git {
namespace {

constexpr size_t kIdLength = 40;
constexpr size_t kTagsInMessage = 8;
// A reference is a file of its name: one of more bytes, or with a longer part, cannot exist.
constexpr size_t kLongestName = 1024;
constexpr size_t kLongestPart = 255;
constexpr std::string_view kTagPrefix = "refs/tags/";
constexpr std::string_view kBranchPrefix = "refs/heads/";

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool IsTooLong(std::string_view name) {
  if (name.size() > kLongestName) return true;
  return std::ranges::any_of(Split(name, '/'),
                             [](const std::string& part) { return part.size() > kLongestPart; });
}

Commit Describe(git_commit* commit, std::string name, RefKind kind) {
  return {IdText(*git_commit_id(commit)), std::move(name), kind,
          std::chrono::sys_seconds(std::chrono::seconds(git_commit_time(commit))),
          IdText(*git_commit_tree_id(commit))};
}

// The commit that a reference points at, through annotated tags.
Result<Commit> PeelReference(git_reference* reference, std::string name, RefKind kind,
                             const std::string& url) {
  GitPtr<git_object> object;
  const int result = git_reference_peel(Out(object), reference, GIT_OBJECT_COMMIT);
  if (result == GIT_EPEEL || result == GIT_EINVALIDSPEC) {
    return Fail(Code::kInvalid,
                fmt::format("{}: {} \"{}\" names no commit", url,
                            kind == RefKind::kTag ? "tag" : "branch", ShowPath(name)));
  }
  if (result < 0) return GitFail(result, fmt::format("{}: \"{}\"", url, ShowPath(name)));
  return Describe(reinterpret_cast<git_commit*>(object.get()), std::move(name), kind);
}

// nullptr when there is no such reference.
Result<GitPtr<git_reference>> Lookup(git_repository* repository, const std::string& full_name,
                                     const std::string& url) {
  int valid = 0;
  if (git_reference_name_is_valid(&valid, full_name.c_str()) < 0 || valid == 0) {
    return GitPtr<git_reference>();
  }
  GitPtr<git_reference> reference;
  const int result = git_reference_lookup(Out(reference), repository, full_name.c_str());
  if (result < 0 && result != GIT_ENOTFOUND) return GitFail(result, url);
  return reference;
}

Result<Commit> ResolveId(git_repository* repository, const std::string& id,
                         const std::string& url) {
  git_oid oid{};
  git_oid_fromstr(&oid, id.c_str());
  GitPtr<git_object> object;
  int result = git_object_lookup(Out(object), repository, &oid, GIT_OBJECT_ANY);
  if (result == GIT_ENOTFOUND) {
    return Fail(Code::kNotFound, fmt::format("{}: no branch or tag holds the commit {}", url, id));
  }
  if (result < 0) return GitFail(result, url);
  if (git_object_type(object.get()) != GIT_OBJECT_COMMIT) {
    return Fail(Code::kInvalid, fmt::format("{}: {} is a {}, not a commit", url, id,
                                            git_object_type2string(git_object_type(object.get()))));
  }
  auto* commit = reinterpret_cast<git_commit*>(object.get());
  return Describe(commit, IdText(*git_commit_id(commit)), RefKind::kCommit);
}

Result<std::vector<std::string>> NamesBelow(git_repository* repository, std::string_view prefix,
                                            const std::string& url) {
  GitPtr<git_reference_iterator> iterator;
  const std::string glob = std::string(prefix) + "*";
  int result = git_reference_iterator_glob_new(Out(iterator), repository, glob.c_str());
  std::vector<std::string> names;
  const char* name = nullptr;
  while (result == 0 && (result = git_reference_next_name(&name, iterator.get())) == 0) {
    // a name that is no text cannot be asked for
    if (IsUtf8(name)) names.emplace_back(std::string_view(name).substr(prefix.size()));
  }
  if (result != GIT_ITEROVER) return GitFail(result, url);
  return names;
}

// Says what there is instead.
Result<Commit> Unknown(git_repository* repository, const std::string& name,
                       const std::string& url) {
  CARREL_ASSIGN_OR_RETURN(std::vector<std::string> tags, NamesBelow(repository, kTagPrefix, url));
  CARREL_ASSIGN_OR_RETURN(std::vector<std::string> all, NamesBelow(repository, kBranchPrefix, url));
  const size_t branches = all.size();
  all.insert(all.end(), tags.begin(), tags.end());
  std::string message = fmt::format("{}: no tag, branch or commit \"{}\"", url, ShowPath(name));
  if (const std::string near = NearMiss(name, all); !near.empty()) {
    message += fmt::format("; did you mean \"{}\"?", ShowPath(near));
  }
  if (name.size() >= 7 && name.size() < kIdLength && IsHex(name)) {
    message += "; a commit id has 40 digits";
  }
  if (tags.empty()) {
    message += fmt::format("; it has no tags and {} branches", branches);
  } else {
    std::ranges::reverse(tags);
    const size_t shown = std::min(tags.size(), kTagsInMessage);
    message += fmt::format(
        "; tags: {}{}", fmt::join(tags.begin(), tags.begin() + static_cast<ptrdiff_t>(shown), ", "),
        tags.size() > shown ? ", ..." : "");
  }
  return Fail(Code::kNotFound, message);
}

Result<Commit> ResolveDefault(git_repository* repository, const std::string& url) {
  CARREL_ASSIGN_OR_RETURN(const auto head, Lookup(repository, "HEAD", url));
  const char* target = head ? git_reference_symbolic_target(head.get()) : nullptr;
  const std::string name = target == nullptr ? "" : target;
  CARREL_ASSIGN_OR_RETURN(const auto branch, Lookup(repository, name, url));
  if (!branch) {
    return Fail(Code::kNotFound,
                fmt::format("{}: it has no default branch; name a tag or a branch", url));
  }
  return PeelReference(branch.get(), std::string(name.substr(kBranchPrefix.size())),
                       RefKind::kBranch, url);
}

}  // namespace

Result<std::vector<Commit>> ListTags(const Request& request) {
  const std::string& url = request.url.text;
  CARREL_ASSIGN_OR_RETURN(const auto repository, OpenMirror(request.mirror, url));
  CARREL_ASSIGN_OR_RETURN(const auto names, NamesBelow(repository.get(), kTagPrefix, url));
  std::vector<Commit> tags;
  for (const std::string& name : names) {
    CARREL_ASSIGN_OR_RETURN(const auto reference,
                            Lookup(repository.get(), std::string(kTagPrefix) + name, url));
    if (!reference) continue;  // a sync removed it just now
    Result<Commit> tag = PeelReference(reference.get(), name, RefKind::kTag, url);
    if (!tag && tag.error().code == Code::kInvalid) continue;  // a tag of a file or tree
    if (!tag) return std::unexpected(tag.error());
    tags.push_back(*std::move(tag));
  }
  std::ranges::sort(tags, [](const Commit& a, const Commit& b) {
    return a.time != b.time ? a.time > b.time : a.name > b.name;
  });
  return tags;
}

Result<Commit> Resolve(const Request& request) {
  const std::string& url = request.url.text;
  const std::string& name = request.name;
  CARREL_ASSIGN_OR_RETURN(const auto repository, OpenMirror(request.mirror, url));
  if (name.empty()) return ResolveDefault(repository.get(), url);
  if (IsTooLong(name)) return Unknown(repository.get(), name, url);
  // before the names: a tag that looks like an id must not stand for another commit
  if (name.size() == kIdLength && IsHex(name)) return ResolveId(repository.get(), name, url);
  struct Form {
    std::string_view prefix;
    RefKind kind;
  };
  for (const Form& form :
       {Form{kTagPrefix, RefKind::kTag}, Form{kBranchPrefix, RefKind::kBranch}}) {
    const std::string plain =
        name.starts_with(form.prefix) ? name.substr(form.prefix.size()) : name;
    CARREL_ASSIGN_OR_RETURN(const auto reference,
                            Lookup(repository.get(), std::string(form.prefix) + plain, url));
    if (reference) return PeelReference(reference.get(), plain, form.kind, url);
  }
  return Unknown(repository.get(), name, url);
}

}  // namespace carrel::git
