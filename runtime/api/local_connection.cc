#include "runtime/api/local_connection.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "runtime/api/responses.h"

namespace carrel::api {
namespace {

// A name that no server can have.
constexpr std::string_view kBase = "http://local.invalid";

Result<std::string> ReadAll(int fd, uint64_t most) {
  std::string out;
  std::array<char, size_t{1} << 16> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailErrno("reading the file");
    out.append(buffer.data(), static_cast<size_t>(count));
    // One byte more than may be taken tells the caller that there is too much.
    if (count == 0 || out.size() > most) return out;
  }
}

}  // namespace

net::HttpResponse LocalConnection::Answer(const net::HttpRequest& request,
                                          const catalog::Account& account) {
  Response response = api_.Answer({.method = request.method,
                                   .path = request.url.path,
                                   .query = request.url.query,
                                   .body = request.body,
                                   .parts = {},
                                   .account = account,
                                   .origin = std::string(kLocalConnection)});
  net::HttpResponse out;
  if (response.file) {
    auto body = ReadAll(response.file.get(), request.max_response_bytes);
    if (body) {
      response.body = std::move(*body);
    } else {
      response = FailureResponse(body.error()).response;
    }
  }
  out.status = response.status;
  out.body = std::move(response.body);
  for (auto& [name, value] : response.headers) out.headers.push_back({name, std::move(value)});
  return out;
}

report::Connection LocalConnection::Describe(report::Access access) {
  report::Connection out;
  out.name = kLocalConnection;
  out.base_url = kBase;
  out.access = access;
  out.local = this;
  return out;
}

}  // namespace carrel::api
