#include "runtime/base/result.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace carrel {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kUsage:
      return "usage";
    case Code::kNotFound:
      return "not_found";
    case Code::kDenied:
      return "denied";
    case Code::kConflict:
      return "conflict";
    case Code::kUnreachable:
      return "unreachable";
    case Code::kLimit:
      return "limit";
    case Code::kTimeout:
      return "timeout";
    case Code::kProtocol:
      return "protocol";
    case Code::kSandbox:
      return "sandbox";
    case Code::kCancelled:
      return "cancelled";
    case Code::kIo:
      return "io";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::unexpected<Error> Wrap(const Error& error, std::string_view outer) {
  return Fail(error.code, fmt::format("{}: {}", outer, error.message));
}

std::unexpected<Error> FailErrno(std::string_view context, int error_number) {
  Code code = Code::kIo;
  if (error_number == ENOENT) code = Code::kNotFound;
  if (error_number == EACCES || error_number == EPERM) code = Code::kDenied;
  return Fail(code, fmt::format("{}: {}", context, std::strerror(error_number)));
}

std::unexpected<Error> FailErrno(std::string_view context) { return FailErrno(context, errno); }

}  // namespace carrel
