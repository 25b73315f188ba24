// Every fallible function of the project returns Result<T>. This file settles how errors are
// made, carried and passed on, so that no other file has to.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace carrel {

// Each code is one that some caller branches on; everything else goes into the message.
enum class Code {
  kInvalid,      // input is not what the format or the rules ask for
  kUsage,        // a command was called wrongly
  kNotFound,     // the named thing does not exist, or may not be seen
  kDenied,       // credentials or permission refused
  kConflict,     // the object's state does not allow the action, or a race was lost
  kUnreachable,  // a remote side did not answer
  kLimit,        // a configured limit was hit
  kTimeout,      // a deadline passed
  kProtocol,     // the other side of a protocol said something it may not say
  kSandbox,      // a mandatory sandbox layer is missing or could not be set up
  kCancelled,    // the caller asked to stop
  kIo,           // the operating system refused a file or process operation
  kInternal,     // our bug
};

// "invalid", "not found", ...: stable, lower case, for machine output.
std::string_view CodeName(Code code);

// Messages are lower case, context first: what was found, what was expected.
struct Error {
  Code code = Code::kInternal;
  std::string message;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> Fail(Code code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// Keeps the cause: "outer: inner", the inner code.
std::unexpected<Error> Wrap(const Error& error, std::string_view outer);

// kIo (or kNotFound for ENOENT, kDenied for EACCES/EPERM) with "context: strerror".
std::unexpected<Error> FailErrno(std::string_view context, int error_number);
std::unexpected<Error> FailErrno(std::string_view context);  // uses errno

}  // namespace carrel

#define CARREL_CONCAT_INNER(a, b) a##b
#define CARREL_CONCAT(a, b) CARREL_CONCAT_INNER(a, b)

// Returns the error of a Status or Result from the enclosing function.
#define CARREL_TRY(expr)                                        \
  do {                                                          \
    if (auto carrel_status = (expr); !carrel_status) {          \
      return std::unexpected(std::move(carrel_status).error()); \
    }                                                           \
  } while (false)

// CARREL_ASSIGN_OR_RETURN(auto x, Compute());
#define CARREL_ASSIGN_OR_RETURN(lhs, expr) \
  CARREL_ASSIGN_OR_RETURN_INNER(CARREL_CONCAT(carrel_result_, __LINE__), lhs, expr)
#define CARREL_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr)       \
  auto tmp = (expr);                                        \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  lhs = std::move(*tmp)
