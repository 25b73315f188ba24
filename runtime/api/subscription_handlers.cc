// The calls below /subscriptions.
#include <array>

#include "runtime/api/api.h"
#include "runtime/api/list_handler.h"
#include "runtime/catalog/subscriptions.h"

namespace carrel::api {
namespace {

constexpr std::array kRoutes = {
    Route{"GET", "/subscriptions/assets", GetList<catalog::ListSubscriptions>},
    Route{"GET", "/subscriptions/assets/{id}", GetOne<catalog::GetSubscription>},
};

}  // namespace

std::span<const Route> SubscriptionRoutes() { return kRoutes; }

}  // namespace carrel::api
