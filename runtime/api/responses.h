// How results become responses: status, the error object, lists with their range.
#pragma once

#include <string>
#include <string_view>

#include "runtime/api/request.h"
#include "runtime/base/json.h"
#include "runtime/usage/usage_lists.h"

namespace carrel::api {

Response JsonResponse(const Json& body, int status = 200);
Response EmptyResponse(int status = 204);

// "content-range: items F-L/T", "items 0-0/0" when there is none.
Response ListResponse(const usage::JsonPage& page);

// {"error_code", "errors"}; a message of several lines is several errors. What is our fault reads
// "internal error ID", and only the log (see Api) knows more.
struct Failure {
  Response response;
  std::string log_id;  // empty: nothing to be logged
};
Failure FailureResponse(const Error& error);

}  // namespace carrel::api
