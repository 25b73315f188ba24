// Which names a file or directory of a repository may have. Names come from whoever can push to
// the repository; they end up as paths on this host and in messages.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::git {

// `name` is one path component, `path` the whole path for the message. kInvalid for an empty name,
// '.', '..', '/', '\', control characters, text that is not UTF-8, more than 255 bytes, and `.git`
// with everything that a file system may take for it: other case, `git~1`, trailing dots and
// spaces, a stream (`.git::$DATA`), code points that HFS+ ignores.
Status CheckEntryName(std::string_view name, std::string_view path);

// Two names with the same fold are one file on a case-insensitive file system. Folds every
// character that the C library's C.UTF-8 locale has a simple case mapping for, ASCII where that
// locale is missing. Does not normalise: composed and decomposed accents stay different.
std::string FoldName(std::string_view name);

// `path` fit for a message.
std::string ShowPath(std::string_view path);

}  // namespace carrel::git
