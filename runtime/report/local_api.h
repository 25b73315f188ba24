// The door to the runtime's own data: what answers a connection in this process instead of a
// server. The broker knows only this; who stands behind it is settled where the process is put
// together.
#pragma once

#include "runtime/catalog/account.h"
#include "runtime/net/http_client.h"

namespace carrel::report {

// Thread-safe.
class LocalApi {
 public:
  virtual ~LocalApi() = default;
  // As a server would: every failure is a status. `account` is the report's owner; it sees what it
  // may see and nothing else. The path is below the connection's.
  virtual net::HttpResponse Answer(const net::HttpRequest& request,
                                   const catalog::Account& account) = 0;
};

}  // namespace carrel::report
