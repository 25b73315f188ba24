// The calls below /usage/chunks and /usage/reconciliations.
#include <array>

#include "runtime/api/api.h"
#include "runtime/api/list_handler.h"
#include "runtime/base/json.h"
#include "runtime/usage/reconciliations.h"
#include "runtime/usage/usage_lists.h"

namespace carrel::api {
namespace {

template <usage::ChunkAction kAction>
Result<Response> StepChunk(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const Json body, BodyOf(call));
  CARREL_TRY(services.closing.StepChunk(call.request.account, call.request.origin, call.id, kAction,
                                        JsonString(body, "note")));
  return GetOne<usage::GetChunk>(services, call);
}

Result<Response> GetErrors(const Services& services, Call& call) {
  CARREL_ASSIGN_OR_RETURN(const auto page, usage::ListReconciliationErrors(
                                               services.database, call.request.account, call.id,
                                               net::PercentDecode(call.request.query)));
  return ListResponse(page);
}

constexpr std::array kRoutes = {
    Route{"GET", "/usage/chunks", GetList<usage::ListChunks>},
    Route{"GET", "/usage/chunks/{id}", GetOne<usage::GetChunk>},
    Route{"POST", "/usage/chunks/{id}/fail", StepChunk<usage::ChunkAction::kFail>},
    Route{"POST", "/usage/chunks/{id}/retry", StepChunk<usage::ChunkAction::kRetry>},
    Route{"GET", "/usage/reconciliations", GetList<usage::ListReconciliations>},
    Route{"GET", "/usage/reconciliations/{id}", GetOne<usage::GetReconciliation>},
    Route{"GET", "/usage/reconciliations/{id}/errors", GetErrors},
};

}  // namespace

std::span<const Route> BillingRoutes() { return kRoutes; }

}  // namespace carrel::api
