// The handler of every list: the page of what the account may see that fits the query.
#pragma once

#include "runtime/api/api.h"
#include "runtime/api/responses.h"
#include "runtime/net/url.h"

namespace carrel::api {

// List(database, account, query). The query is percent-decoded once, before RQL is read.
template <auto List>
Result<Response> GetList(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const auto page, List(services.database, call.request.account,
                                                net::PercentDecode(call.request.query)));
  return ListResponse(page);
}

// Get(database, account, id).
template <auto Get>
Result<Response> GetOne(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json object, Get(services.database, call.request.account, call.id));
  return JsonResponse(object);
}

}  // namespace carrel::api
