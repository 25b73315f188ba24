// What the worker programs do, for their main and for the variants that tests build.
#pragma once

#include <span>

#include "sandbox/zygote_server.h"
#include "sdk/worker/languages.h"

namespace carrel::sdk {

// Arguments: --language NAME [--environment DIR], the packages of one set of reports, as the
// sandbox sees them. A language of `languages` without a host has a program of its own, which this
// one becomes. `options.tier` is settled by the host at boot. Returns the process's exit status.
int WorkerMain(int argc, char** argv, std::span<const LanguageRow> languages,
               const sandbox::ServerOptions& options = {});

}  // namespace carrel::sdk
