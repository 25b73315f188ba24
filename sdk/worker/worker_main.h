// What carrel-worker does, for its main and for the variants that tests build.
#pragma once

#include "sandbox/zygote_server.h"

namespace carrel::sdk {

// Arguments: --language NAME [--environment DIR], the packages of one set of reports, as the
// sandbox sees them. `options.tier` is settled by the host at boot. Returns the process's exit
// status.
int WorkerMain(int argc, char** argv, const sandbox::ServerOptions& options = {});

}  // namespace carrel::sdk
