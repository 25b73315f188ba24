#include "runtime/report/pip_output.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "runtime/base/text.h"

namespace carrel::report {
namespace {

constexpr size_t kMaxText = 1000;

struct Reading {
  std::string package;  // "foo==1.0"
  std::string trouble;  // with the network
  std::vector<std::string> errors;
  std::string last_line;
};

// What stands between `before` and `after` in the line; empty when it does not.
std::string Between(std::string_view line, std::string_view before, std::string_view after) {
  const size_t start = line.find(before);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = line.substr(start + before.size());
  return std::string(rest.substr(0, rest.find(after)));
}

// Lines that say how the network failed; the last one of them counts.
bool IsNetworkTrouble(std::string_view line) {
  constexpr std::array<std::string_view, 4> kSigns = {
      "after connection broken by", "Could not fetch URL", "Max retries exceeded", "HTTP error "};
  for (const std::string_view sign : kSigns) {
    if (line.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

Reading Read(std::string_view output) {
  constexpr std::string_view kError = "ERROR: ";
  Reading reading;
  for (const std::string& raw : Split(output, '\n')) {
    const std::string line = EscapeControls(ToUtf8(raw));
    if (IsNetworkTrouble(line)) {
      const std::string cause = Between(line, "broken by '", ": /");
      reading.trouble = cause.empty() ? line : cause;
    }
    for (const char* before :
         {"satisfies the requirement ", "No matching distribution found for "}) {
      if (std::string name = Between(line, before, " (from"); !name.empty()) {
        reading.package = std::move(name);
      }
    }
    if (line.starts_with(kError)) reading.errors.push_back(line.substr(kError.size()));
    if (!line.empty()) reading.last_line = line;
  }
  return reading;
}

}  // namespace

Error ExplainPip(std::string_view output, std::string_view index) {
  const Reading reading = Read(output);
  const std::string package =
      reading.package.empty() ? "" : fmt::format("package {}: ", Truncate(reading.package, 200));
  if (output.find("No module named pip") != std::string_view::npos) {
    return {Code::kSandbox, "pip is missing on this machine: install python3-pip"};
  }
  for (const char* sign : {"[Errno 27]", "[Errno 28]", "MemoryError"}) {
    if (output.find(sign) == std::string_view::npos) continue;
    return {Code::kLimit, fmt::format("{}a package is too large: {}", package,
                                      reading.errors.empty() ? sign : reading.errors.back())};
  }
  if (!reading.trouble.empty()) {
    return {Code::kUnreachable, fmt::format("{}the index {} did not answer: {}", package, index,
                                            Truncate(reading.trouble, kMaxText))};
  }
  if (!reading.package.empty()) {
    return {Code::kNotFound,
            fmt::format("{}the index {} has no wheel of it for this Python", package, index)};
  }
  // An exception of pip's own ends with what it is.
  const bool says_why = !reading.errors.empty() && reading.errors.back() != "Exception:";
  const std::string errors = says_why ? Join(reading.errors, "; ") : reading.last_line;
  return {Code::kInvalid, fmt::format("the index {}: {}", index, Truncate(errors, kMaxText))};
}

}  // namespace carrel::report
