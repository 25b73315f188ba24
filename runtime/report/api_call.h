// What passes between a report and the broker. Everything in an ApiCall was written by code nobody
// trusts; an ApiReply holds only what that code may see.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/net/http_client.h"

namespace carrel::report {

// What a report asks for. Either a connection ("" for the default one) and a path below its url, or
// no connection and an absolute url as `path`: how libraries inside a report (requests, urllib)
// arrive. A query may also be written into the path, after '?', when `query` is empty.
struct ApiCall {
  uint64_t id = 0;  // of the caller's choosing; the broker only keeps it
  std::string connection;
  std::string method = "GET";
  std::string path;
  std::string query;  // goes on the wire byte for byte
  std::vector<net::Header> headers;
  std::string body;
};

struct ApiReply {
  int status = 0;
  std::vector<net::Header> headers;  // lower-case names, only those on the broker's list
  std::string body;
};

}  // namespace carrel::report
