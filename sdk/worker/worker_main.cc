#include "sdk/worker/worker_main.h"

#include <cstdio>
#include <cstring>
#include <string_view>

#include "sdk/worker/languages.h"
#include "sdk/worker/report_program.h"

namespace carrel::sdk {
namespace {

// Descriptors given by sandbox/zygote_linux.cc.
constexpr int kControl = 3;
constexpr int kLifeline = 4;

}  // namespace

int WorkerMain(int argc, char** argv, const sandbox::ServerOptions& options) {
  const bool has_environment = argc == 5 && std::strcmp(argv[3], "--environment") == 0;
  if ((argc != 3 && !has_environment) || std::strcmp(argv[1], "--language") != 0) {
    std::fputs("carrel-worker is started by carrel; it has no use of its own\n", stderr);
    return 2;
  }
  for (const LanguageRow& row : Languages()) {
    if (row.name != std::string_view(argv[2])) continue;
    ReportProgram program(row.make(), has_environment ? argv[4] : "");
    return sandbox::RunZygote(program, kControl, kLifeline, options);
  }
  std::fprintf(stderr, "carrel-worker: unknown language '%s'\n", argv[2]);
  return 2;
}

}  // namespace carrel::sdk
