// Starts the test web server of servers.py, so that the HTTP client is tested against real sockets.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "runtime/base/unique_fd.h"

namespace carrel::testing {

// A running server on the loopback address; stopped and reaped by the destructor. Aborts the test
// program when it cannot be started.
class TestServer {
 public:
  // `flags` for servers.py: "--tls", "--ipv6".
  explicit TestServer(std::vector<std::string> flags = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  const std::string& certificate() const { return certificate_; }
  // "http://127.0.0.1:PORT" + path
  std::string Url(const std::string& path = "") const;

 private:
  pid_t pid_ = -1;
  UniqueFd stdin_;  // the server ends when this closes
  int port_ = 0;
  std::string certificate_;
};

// The server all plain HTTP tests of a program share; ended with the program.
TestServer& SharedServer();

}  // namespace carrel::testing
