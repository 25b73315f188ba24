// A call of the API without its transport: the HTTP server and the local connection both make
// these, and handlers know nothing else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"
#include "runtime/catalog/account.h"

namespace carrel::api {

// One file of a multipart body. `fd` is read from its position on.
struct Part {
  std::string name;       // of the form's field
  std::string file_name;  // on the sender's side
  UniqueFd fd;
};

struct Request {
  std::string method;
  std::string path;   // below the base of the API: "/usage/files"
  std::string query;  // as on the wire, percent-encoded
  std::string body;
  std::vector<Part> parts = {};
  catalog::Account account;
  std::string origin;  // where it came from: an address, "local"
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names
  std::string body;
  UniqueFd file;  // the body instead of `body`, from its position on
};

}  // namespace carrel::api
