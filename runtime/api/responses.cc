#include "runtime/api/responses.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "runtime/base/ids.h"
#include "runtime/base/text.h"

namespace carrel::api {
namespace {

struct Row {
  Code code;
  int status;
  std::string_view error_code;
};

// All other codes are our fault: 500, SYS_001.
constexpr std::array kRows = {
    Row{Code::kInvalid, 400, "VAL_001"}, Row{Code::kUsage, 400, "VAL_001"},
    Row{Code::kLimit, 413, "VAL_001"},   Row{Code::kNotFound, 404, "GEN_404"},
    Row{Code::kDenied, 403, "AUTH_001"}, Row{Code::kConflict, 409, "STATE_001"},
};

}  // namespace

Response JsonResponse(const Json& body, int status) {
  Response out;
  out.status = status;
  out.headers = {{"content-type", "application/json"}};
  out.body = DumpJson(body);
  return out;
}

Response EmptyResponse(int status) {
  Response out;
  out.status = status;
  return out;
}

Response ListResponse(const usage::JsonPage& page) {
  Response out = JsonResponse(page.objects);
  const auto count = static_cast<int64_t>(page.objects.size());
  out.headers.emplace_back(
      "content-range",
      count == 0 ? fmt::format("items 0-0/{}", page.total)
                 : fmt::format("items {}-{}/{}", page.offset, page.offset + count - 1, page.total));
  return out;
}

Failure FailureResponse(const Error& error) {
  for (const Row& row : kRows) {
    if (row.code != error.code) continue;
    const Json body = {{"error_code", row.error_code}, {"errors", Split(error.message, '\n')}};
    return {JsonResponse(body, row.status), ""};
  }
  std::string id = RandomHex(8);
  const Json body = {{"error_code", "SYS_001"}, {"errors", {"internal error " + id}}};
  return {JsonResponse(body, 500), std::move(id)};
}

}  // namespace carrel::api
