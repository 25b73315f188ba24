#include "runtime/api/api.h"

#include <optional>
#include <utility>

#include "runtime/api/responses.h"
#include "runtime/base/exceptions.h"
#include "runtime/base/text.h"
#include "runtime/net/url.h"

namespace carrel::api {
namespace {

// The value of {id}, "" for a route without one; nullopt when the path is another.
std::optional<std::string> Match(std::string_view pattern, std::string_view path) {
  const std::vector<std::string> expected = Split(pattern, '/');
  const std::vector<std::string> given = Split(path, '/');
  if (expected.size() != given.size()) return std::nullopt;
  std::string id;
  for (size_t i = 0; i < given.size(); ++i) {
    if (expected[i] == "{id}") {
      id = net::PercentDecode(given[i]);
      if (id.empty()) return std::nullopt;
    } else if (expected[i] != given[i]) {
      return std::nullopt;
    }
  }
  return id;
}

}  // namespace

Result<Json> BodyOf(const Call& call) {
  if (call.request.body.empty()) return Json(Json::object());
  CARREL_ASSIGN_OR_RETURN(Json body, ParseJson(call.request.body));
  if (!body.is_object()) return Fail(Code::kInvalid, "body: expected an object");
  return body;
}

Response Api::Answer(Request request) const {
  while (request.path.size() > 1 && request.path.ends_with('/')) request.path.pop_back();
  bool is_known = false;
  for (const std::span<const Route> table :
       {SubscriptionRoutes(), UsageRoutes(), BillingRoutes()}) {
    for (const Route& route : table) {
      const auto id = Match(route.path, request.path);
      if (!id) continue;
      is_known = true;
      const bool is_head = request.method == "HEAD" && route.method == "GET";
      if (route.method == request.method || is_head) return Run(route, {request, *id});
    }
  }
  if (!is_known) return FailureResponse({Code::kNotFound, "there is no such path"}).response;
  return JsonResponse(
      {{"error_code", "VAL_001"}, {"errors", {request.method + " is not for this path"}}}, 405);
}

Response Api::Run(const Route& route, Call call) const {
  auto response = Guarded([&] { return route.handler(services_, call); });
  if (!response) {
    Failure failure = FailureResponse(response.error());
    if (!failure.log_id.empty()) services_.log(failure.log_id, response.error());
    response = std::move(failure.response);
  }
  if (call.request.method == "HEAD") response->body.clear();
  return std::move(*response);
}

}  // namespace carrel::api
