#include "runtime/git/helper_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/git/repository_cache.h"
#include "tests/support/eventually.h"

namespace carrel::git {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

// A helper that runs `script` instead of what it is asked for.
HelperCall Script(const std::string& script, milliseconds deadline = kLongEnough) {
  HelperCall call;
  call.command = {CARREL_TEST_PYTHON, "-c", "import os, sys, signal, time\n" + script};
  call.deadline = deadline;
  return call;
}

bool NoChildIsLeft() { return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

TEST(HelperProcess, AResultComesBackWithProgressBeforeIt) {
  HelperCall call = Script(
      "print('{\"progress\": {\"stage\": \"receiving\", \"received_objects\": 3}}', flush=True)\n"
      "print('{\"result\": {\"echo\": ' + sys.stdin.read() + '}}')");
  std::vector<SyncProgress> seen;
  call.progress = [&](const SyncProgress& progress) { seen.push_back(progress); };
  Request request;
  request.name = "main";
  const auto reply = CallHelper(call, request);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ((*reply)["echo"]["name"], "main");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].stage, "receiving");
  EXPECT_EQ(seen[0].received_objects, 3u);
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(HelperProcess, AnErrorKeepsItsCode) {
  const auto reply = CallHelper(
      Script("print('{\"error\": {\"code\": \"denied\", \"message\": \"no\"}}')"), Request{});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kDenied);
  EXPECT_EQ(reply.error().message, "no");
}

TEST(HelperProcess, TheDeadlineKillsAHelperThatIgnoresEverySignal) {
  const auto start = steady_clock::now();
  const auto reply = CallHelper(Script("for s in range(1, 65):\n"
                                       "  try: signal.signal(s, signal.SIG_IGN)\n"
                                       "  except (OSError, ValueError): pass\n"
                                       "time.sleep(600)",
                                       milliseconds(400)),
                                Request{});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kTimeout);
  EXPECT_THAT(reply.error().message, HasSubstr("400 ms"));
  EXPECT_LT(steady_clock::now() - start, kAtOnce);
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(HelperProcess, TheDeadlineHoldsAgainstAnEndlessReply) {
  const auto reply =
      CallHelper(Script("while True: print('{\"progress\": {\"stage\": \"x\"}}', flush=True)",
                        milliseconds(400)),
                 Request{});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kTimeout);
}

TEST(HelperProcess, AStopRequestEndsItAtOnce) {
  std::stop_source stop;
  HelperCall call = Script("time.sleep(600)");
  call.stop = stop.get_token();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(milliseconds(200));
    stop.request_stop();
  });
  const auto start = steady_clock::now();
  const auto reply = CallHelper(call, Request{});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, Code::kCancelled);
  EXPECT_LT(steady_clock::now() - start, kAtOnce);
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(HelperProcess, ACrashIsAnErrorWithTheSignal) {
  const auto crashed =
      CallHelper(Script("os.kill(os.getpid(), signal.SIGSEGV)\ntime.sleep(600)"), Request{});
  ASSERT_FALSE(crashed);
  EXPECT_EQ(crashed.error().code, Code::kProtocol);
  EXPECT_THAT(crashed.error().message, HasSubstr("signal 11"));
  const auto killed =
      CallHelper(Script("os.kill(os.getpid(), signal.SIGKILL)\ntime.sleep(600)"), Request{});
  EXPECT_EQ(killed.error().code, Code::kLimit);
}

TEST(HelperProcess, SilenceGarbageAndAMissingProgramAreErrors) {
  EXPECT_EQ(CallHelper(Script("sys.exit(3)"), Request{}).error().code, Code::kInternal);
  EXPECT_EQ(CallHelper(Script("print('garbage')"), Request{}).error().code, Code::kInvalid);
  EXPECT_EQ(CallHelper(Script("os.write(1, b'x' * (80 << 20))"), Request{}).error().code,
            Code::kLimit);
  HelperCall missing;
  missing.command = {"/nonexistent/helper"};
  EXPECT_EQ(CallHelper(missing, Request{}).error().code, Code::kNotFound);
  EXPECT_EQ(CallHelper(HelperCall{}, Request{}).error().code, Code::kInternal);
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(HelperProcess, TheHelperSeesNoSecretOfTheHostAndNoDescriptorButItsOwn) {
  ::setenv("CARREL_CANARY", "secret", 1);
  const int open_fd = ::dup(2);
  const auto reply =
      CallHelper(Script("import json\n"
                        "print(json.dumps({'result': [dict(os.environ), sorted(map(int, "
                        "os.listdir('/proc/self/fd')))]}))"),
                 Request{});
  ::close(open_fd);
  ::unsetenv("CARREL_CANARY");
  ASSERT_TRUE(reply);
  EXPECT_FALSE((*reply)[0].contains("CARREL_CANARY"));
  EXPECT_EQ((*reply)[1], Json::parse("[0, 1, 2, 3]"));  // 3 is the listing itself
}

TEST(HelperProcess, TheRealHelperRefusesToWorkForAStranger) {
  HelperCall call;
  call.command = {CARREL_GIT_TOOL, "helper"};
  Request request;
  request.parent_pid = 1;
  EXPECT_EQ(CallHelper(call, request).error().code, Code::kCancelled);
}

// Accepts a connection and never answers.
class SilentServer {
 public:
  SilentServer() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_.get(), 8), 0);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/a.git"; }

 private:
  UniqueFd fd_;
  int port_ = 0;
};

TEST(RepositoryCache, ASyncWithASilentServerEndsAtItsDeadlineAndAtAStopRequest) {
  const auto directory = TempDir::Create("/tmp", "cache-");
  ASSERT_TRUE(directory);
  CacheOptions options;
  options.mirrors = directory->path() / "mirrors";
  options.checkouts = directory->path() / "checkouts";
  options.helper = {CARREL_GIT_TOOL, "helper"};
  const RepositoryCache cache(options);
  const SilentServer server;
  Source source;
  source.url = server.Url();
  SyncOptions sync;
  sync.limits.deadline = milliseconds(500);
  const auto start = steady_clock::now();
  const auto timed_out = cache.Sync(source, sync);
  ASSERT_FALSE(timed_out);
  EXPECT_EQ(timed_out.error().code, Code::kTimeout);
  EXPECT_THAT(timed_out.error().message, HasSubstr(server.Url()));
  EXPECT_LT(steady_clock::now() - start, kAtOnce);

  std::stop_source stop;
  sync.limits.deadline = kLongEnough;
  sync.stop = stop.get_token();
  sync.progress = [&](const SyncProgress& progress) {
    if (progress.stage == "connecting") stop.request_stop();
  };
  EXPECT_EQ(cache.Sync(source, sync).error().code, Code::kCancelled);
  EXPECT_TRUE(cache.Sweep());
  EXPECT_TRUE(NoChildIsLeft());
}

}  // namespace
}  // namespace carrel::git
