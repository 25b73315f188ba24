#include "tests/unit/net/servers.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

namespace carrel::testing {
namespace {

[[noreturn]] void Die(const char* what) {
  perror(what);
  abort();
}

std::string ReadLine(int fd) {
  std::string line;
  char c = 0;
  while (read(fd, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

}  // namespace

TestServer::TestServer(std::vector<std::string> flags) {
  int input[2];
  int output[2];
  if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) Die("pipe2");
  const UniqueFd child_input(input[0]);
  UniqueFd child_output(output[1]);
  const UniqueFd answer(output[0]);
  stdin_.Reset(input[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child_input.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, child_output.get(), STDOUT_FILENO);
  std::vector<std::string> words{CARREL_TEST_PYTHON, "-I", CARREL_SERVERS_PY};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const int error = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) Die("posix_spawn");
  child_output.Reset();  // so that the end of a server that failed is seen
  std::istringstream line(ReadLine(answer.get()));
  line >> port_ >> certificate_;
  if (port_ == 0) Die("servers.py said no port");
}

TestServer::~TestServer() {
  stdin_.Reset();
  waitpid(pid_, nullptr, 0);
}

std::string TestServer::Url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

TestServer& SharedServer() {
  static TestServer server;
  return server;
}

}  // namespace carrel::testing
