// The calls of the API, by method and path. Each answers a Request with a Response; the HTTP server
// and the local connection put a transport around it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/request.h"
#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/store/database.h"
#include "runtime/usage/closing.h"
#include "runtime/usage/generated_files.h"
#include "runtime/usage/usage_service.h"

namespace carrel::api {

// What the handlers work with; all of it is thread-safe and outlives the Api.
struct Services {
  store::Database& database;
  usage::UsageService& usage;
  usage::Closing& closing;
  const usage::GeneratedFiles& files;
  // Sees that UsageService::Process is run for the file, now or soon.
  std::function<void(const std::string& file_id)> process;
  // Of what is our fault: `id` is what the caller was told.
  std::function<void(const std::string& id, const Error& error)> log;
};

// The part of a path that stands for a name in the route: {id}.
struct Call {
  Request& request;
  std::string id;
};

// Of a call that takes an object; an empty body is one without members. kInvalid for another.
Result<Json> BodyOf(const Call& call);

using Handler = Result<Response> (*)(const Services& services, Call& call);

struct Route {
  std::string_view method;
  std::string_view path;  // "/usage/files/{id}/submit"
  Handler handler;
};

// Thread-safe.
class Api {
 public:
  explicit Api(Services services) : services_(std::move(services)) {}

  // 404 for an unknown path, 405 for another method of a known one.
  Response Answer(Request request) const;

 private:
  Response Run(const Route& route, Call call) const;

  const Services services_;
};

// To add a call: 1. its handler in *_handlers.cc; 2. its row in the table there; 3. a test.
std::span<const Route> SubscriptionRoutes();
std::span<const Route> UsageRoutes();
std::span<const Route> BillingRoutes();

}  // namespace carrel::api
