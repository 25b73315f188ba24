// The connection `local`: reports reach the runtime's own data by the same handlers as everybody,
// as the owner of the report, without leaving the process.
#pragma once

#include "runtime/api/api.h"
#include "runtime/report/connection.h"
#include "runtime/report/local_api.h"

namespace carrel::api {

inline constexpr std::string_view kLocalConnection = "local";

// Thread-safe; the Api outlives it.
class LocalConnection final : public report::LocalApi {
 public:
  explicit LocalConnection(const Api& api) : api_(api) {}

  net::HttpResponse Answer(const net::HttpRequest& request,
                           const catalog::Account& account) override;

  // To be added to a ConnectionSet.
  report::Connection Describe(report::Access access);

 private:
  const Api& api_;
};

}  // namespace carrel::api
