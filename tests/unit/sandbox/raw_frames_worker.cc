// A worker that writes bytes instead of frames.
//   raw_frames_worker [--early=HEX]  says these bytes before it is confined, ahead of Ready
//                     [--deaf]       never reads its job
// Job {"pieces": ["HEX", ...], "repeat": n, "pause_ms": n, "fill": n, "then": "wait"|"leave"}:
// writes the pieces one by one, `repeat` times, then `fill` zero bytes; reads nothing after its
// job.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "runtime/base/files.h"
#include "sandbox/worker_entry.h"
#include "sandbox/zygote_server.h"

#if defined(__SANITIZE_ADDRESS__)
// An _exit frees nothing.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }
#endif

namespace {

constexpr int kDescriptors = 256;

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

class RawProgram final : public carrel::sandbox::WorkerProgram {
 public:
  RawProgram(std::string early, bool deaf) : early_(std::move(early)), deaf_(deaf) {}

  carrel::Status Warm() override { return {}; }
  void BeforeFork() override {}
  void AfterForkInParent() override {}
  // The channel to the host is the one stream socket of the process, not yet in its place.
  void AfterForkInChild() override {
    for (int fd = 0; !early_.empty() && fd < kDescriptors; ++fd) {
      int type = 0;
      socklen_t size = sizeof type;
      if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) continue;
      (void)carrel::WriteAll(fd, early_);
      return;
    }
  }

  int Run(int socket, int) override {
    if (deaf_) return Wait();
    const auto frame = carrel::sandbox::ReceiveFrame(socket);
    const auto job = carrel::ParseJson(frame->payload);
    if (!job) return 1;
    for (int64_t i = 0; i < job->value("repeat", int64_t{1}); ++i) {
      for (const auto& piece : (*job)["pieces"]) {
        if (!carrel::WriteAll(socket, FromHex(piece.get<std::string>()))) return 1;
        std::this_thread::sleep_for(std::chrono::milliseconds(job->value("pause_ms", 0)));
      }
    }
    const std::string zeros(size_t{1} << 20, '\0');
    for (int64_t left = job->value("fill", int64_t{0}); left > 0;) {
      const auto size = static_cast<size_t>(std::min<int64_t>(left, 1 << 20));
      if (!carrel::WriteAll(socket, std::string_view(zeros).substr(0, size))) return 1;
      left -= static_cast<int64_t>(size);
    }
    return job->value("then", "wait") == "leave" ? 0 : Wait();
  }

 private:
  static int Wait() {
    while (true) ::poll(nullptr, 0, -1);
  }

  std::string early_;
  bool deaf_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string early;
  bool deaf = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    constexpr std::string_view kEarly = "--early=";
    if (word.starts_with(kEarly)) early = FromHex(word.substr(kEarly.size()));
    if (word == "--deaf") deaf = true;
  }
  RawProgram program(std::move(early), deaf);
  return carrel::sandbox::RunZygote(program, 3, 4);
}
