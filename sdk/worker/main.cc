// carrel-worker: the program inside the sandbox. Started by the host only.
#include <cstdio>
#include <cstring>
#include <string_view>

#include "sandbox/zygote_server.h"
#include "sdk/worker/languages.h"
#include "sdk/worker/report_program.h"

#if defined(__SANITIZE_ADDRESS__)
// A crash of report code is a signal for the host to see, and an interpreter that ends by _exit
// has nothing freed. The sanitizer's environment variable does not reach a worker.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:"
         "handle_abort=0";
}
#endif

namespace {

// Descriptors given by sandbox/zygote_linux.cc.
constexpr int kControl = 3;
constexpr int kLifeline = 4;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::strcmp(argv[1], "--language") != 0) {
    std::fputs("carrel-worker is started by carrel; it has no use of its own\n", stderr);
    return 2;
  }
  for (const carrel::sdk::LanguageRow& row : carrel::sdk::Languages()) {
    if (row.name != std::string_view(argv[2])) continue;
    carrel::sdk::ReportProgram program(row.make());
    return carrel::sandbox::RunZygote(program, kControl, kLifeline);
  }
  std::fprintf(stderr, "carrel-worker: unknown language '%s'\n", argv[2]);
  return 2;
}
