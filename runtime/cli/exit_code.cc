#include "runtime/cli/exit_code.h"

#include <array>

namespace carrel::cli {
namespace {

struct Row {
  Code code;
  ExitCode exit;
};

constexpr std::array kRows = {
    Row{Code::kInvalid, ExitCode::kInvalid},     Row{Code::kUsage, ExitCode::kUsage},
    Row{Code::kNotFound, ExitCode::kNotFound},   Row{Code::kDenied, ExitCode::kNotFound},
    Row{Code::kConflict, ExitCode::kConflict},   Row{Code::kUnreachable, ExitCode::kUnreachable},
    Row{Code::kLimit, ExitCode::kInvalid},  // a repository or file larger than this host takes
    Row{Code::kTimeout, ExitCode::kUnreachable}, Row{Code::kProtocol, ExitCode::kUnreachable},
    Row{Code::kSandbox, ExitCode::kSandbox},     Row{Code::kCancelled, ExitCode::kFailed},
    Row{Code::kIo, ExitCode::kFailed},           Row{Code::kInternal, ExitCode::kBug},
};

}  // namespace

ExitCode ExitCodeOf(Code code) {
  for (const Row& row : kRows) {
    if (row.code == code) return row.exit;
  }
  return ExitCode::kBug;
}

}  // namespace carrel::cli
