// The git operations themselves, as the helper process runs them. libgit2 is started already.
#pragma once

#include <functional>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/git/types.h"
#include "runtime/git/wire.h"

namespace carrel::git {

using ProgressSink = std::function<void(const SyncProgress&)>;

// fetch.cc. Takes the mirror's lock, makes the mirror if missing, brings it to the remote's state.
// kUnreachable, kDenied (credentials, certificate, host key), kNotFound, kLimit, kProtocol.
Result<SyncReport> Sync(const Request& request, const ProgressSink& progress);

// resolve.cc. Newest first.
Result<std::vector<Commit>> ListTags(const Request& request);
Result<Commit> Resolve(const Request& request);

// export.cc.
Result<Checkout> Export(const Request& request);

}  // namespace carrel::git
