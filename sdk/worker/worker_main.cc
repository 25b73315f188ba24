#include "sdk/worker/worker_main.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

#include "runtime/base/json.h"
#include "sandbox/fd_socket.h"
#include "sdk/worker/report_program.h"

namespace carrel::sdk {
namespace {

// Descriptors given by sandbox/zygote_linux.cc.
constexpr int kControl = 3;
constexpr int kLifeline = 4;

// Goes on as the worker program of `language`; returns when that cannot be started.
int BecomeProgramOf(std::string_view language, char** argv) {
  std::error_code error;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  const std::string program = fmt::format("{}-{}", self, language);
  ::execv(program.c_str(), argv);
  const std::string reason = fmt::format("{}: {}", program, std::strerror(errno));
  // The host's first message is taken: left unread it would turn the reason into a reset.
  (void)sandbox::ReceiveMessage(kControl);
  (void)sandbox::SendMessage(kControl, DumpJson({{"error", reason}}));
  return 1;
}

}  // namespace

int WorkerMain(int argc, char** argv, std::span<const LanguageRow> languages,
               const sandbox::ServerOptions& options) {
  const bool has_environment = argc == 5 && std::strcmp(argv[3], "--environment") == 0;
  if ((argc != 3 && !has_environment) || std::strcmp(argv[1], "--language") != 0) {
    std::fputs("carrel-worker is started by carrel; it has no use of its own\n", stderr);
    return 2;
  }
  for (const LanguageRow& row : languages) {
    if (row.name != std::string_view(argv[2])) continue;
    if (row.make == nullptr) return BecomeProgramOf(row.name, argv);
    ReportProgram program(row.make(), has_environment ? argv[4] : "");
    return sandbox::RunZygote(program, kControl, kLifeline, options);
  }
  std::fprintf(stderr, "carrel-worker: unknown language '%s'\n", argv[2]);
  return 2;
}

}  // namespace carrel::sdk
