#include "runtime/report/broker.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "runtime/report/call_headers.h"

namespace carrel::report {

Broker::Broker(const ConnectionSet& connections, net::HttpClient& http, BrokerOptions options)
    : policy_(connections, std::move(options.permitted), options.placeholder),
      account_(options.limits),
      sender_(http, policy_, account_, std::move(options.owner)) {
  for (const auto& entry : connections.entries()) {
    const std::string_view credential = entry->connection.credential.Reveal();
    credentials_.Add(credential);
    all_.Add(credential);
  }
  all_.Add(options.placeholder);
  all_.Add(policy_.placeholder_token());
}

Result<ApiReply> Broker::Call(const ApiCall& call, const std::stop_token& stop) {
  Result<ApiReply> reply = Run(call, stop);
  if (!reply) reply.error().message = Scrub(reply.error().message);
  return reply;
}

Result<ApiReply> Broker::Run(const ApiCall& call, const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + account_.limits().per_call_timeout;
  CARREL_TRY(account_.Admit());
  Result<VettedCall> vetted = policy_.Vet(call);
  if (!vetted) {
    account_.Refuse();
    return std::unexpected(std::move(vetted).error());
  }
  CARREL_ASSIGN_OR_RETURN(const CallAccount::Slot slot, account_.Enter(deadline, stop));
  Result<net::HttpResponse> response = sender_.Send(*vetted, deadline, stop);
  if (!response) return Explain(response.error(), vetted->entry->connection);
  return ToReply(std::move(*response));
}

std::unexpected<Error> Broker::Explain(const Error& error, const Connection& connection) const {
  const std::string text = fmt::format("connection \"{}\": {}", connection.name, error.message);
  if (error.code == Code::kNotFound) {  // of a host name; to a report it is one more outage
    return Fail(Code::kUnreachable, text);
  }
  return Fail(error.code, text);
}

ApiReply Broker::ToReply(net::HttpResponse response) const {
  ApiReply reply{.status = response.status,
                 .headers = PassedHeaders(std::move(response.headers)),
                 .body = credentials_.Scrub(std::move(response.body))};
  for (net::Header& header : reply.headers) {
    header.value = credentials_.Scrub(std::move(header.value));
  }
  return reply;
}

std::string Broker::Scrub(std::string_view text) const { return all_.Scrub(std::string(text)); }

}  // namespace carrel::report
