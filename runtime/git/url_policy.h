// Which repository addresses may be fetched at all. An address comes from a user and goes to a
// network library, so it is taken apart and judged here, once, before anything else sees it.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::git {

enum class Scheme { kHttps, kHttp, kSsh, kLocal };
enum class Permission { kRefused, kAllowed };

// https is always allowed; the others as said here.
struct UrlPolicy {
  Permission http = Permission::kAllowed;
  Permission ssh = Permission::kAllowed;
  Permission local = Permission::kRefused;  // a path, or file://
};

struct RepositoryUrl {
  Scheme scheme = Scheme::kHttps;
  // One spelling for each address: lower-case scheme and host, no default port, no trailing slash;
  // a local path absolute. Holds no secret; this is what messages show and what is fetched.
  std::string text;
  std::string user;  // ssh only
  std::string host;  // without brackets; empty for a local path
  int port = 0;      // always set but for a local path
};

// Accepts `https://host/path`, `http://…`, `ssh://[user@]host/path`, `[user@]host:path`, and where
// the policy says so a path or `file:///path`. Everything else, and any of these with control
// characters, a leading '-', a password, a query or an empty host, is kInvalid; a form that the
// policy switches off is kDenied. The message names what was found and which forms are allowed.
Result<RepositoryUrl> ParseUrl(std::string_view text, const UrlPolicy& policy);

// `text` fit for a message: user and password replaced, controls escaped, length bounded.
std::string RedactUrl(std::string_view text);

}  // namespace carrel::git
