// Which headers pass between a report and the outside, in each direction. The lists are the whole
// rule: nobody else looks at header names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/net/http_client.h"

namespace carrel::report {

enum class HeaderFate {
  kPass,
  kDrop,           // the host sets it, or it belongs to one hop: common libraries send it always
  kRefuse,         // could replace the method, the path or the address that was checked
  kAuthorization,  // the one place for a credential
};

// Of a request header, whatever its case; '_' counts as '-', as it does for some servers.
HeaderFate FateOf(std::string_view name);

// What a report sees of the headers of a response, names in lower case. Cookies are not among them:
// a session that was opened with the host's credential is a credential.
std::vector<net::Header> PassedHeaders(std::vector<net::Header> received);

// As they stand on the wire.
uint64_t HeaderBytes(const std::vector<net::Header>& headers);

}  // namespace carrel::report
