#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "sandbox/confinement.h"
#include "sandbox/fd_socket.h"
#include "sandbox/wire.h"
#include "sandbox/worker_entry.h"

namespace carrel::sandbox {
namespace {

constexpr int kSocket = 3;
constexpr int kOutput = 4;
constexpr int kCloser = 5;  // gone before a job is read

// 0 = /dev/null, 1 and 2 = the log, 3 = the socket, 5 = the closer; nothing else stays open.
bool ArrangeDescriptors(const WorkerDescriptors& given) {
  // Copies above the range that is about to be used, so that no dup2 overwrites a source.
  constexpr int kAbove = 16;
  const int socket = ::fcntl(given.socket, F_DUPFD, kAbove);
  const int log = ::fcntl(given.log, F_DUPFD, kAbove);
  const int closer = ::fcntl(given.closer, F_DUPFD, kAbove);
  const int null = ::open("/dev/null", O_RDONLY);
  if (socket < 0 || log < 0 || closer < 0 || null < 0) return false;
  if (::dup2(null, 0) < 0 || ::dup2(log, 1) < 0 || ::dup2(log, 2) < 0 ||
      ::dup2(socket, kSocket) < 0 || ::dup2(closer, kCloser) < 0) {
    return false;
  }
  ::close(kOutput);
  return ::syscall(SYS_close_range, kCloser + 1, ~0U, 0) == 0;
}

// A worker that is taken sooner than this was not forked ahead of need, or the machine is busy:
// then its processor time is worth more elsewhere than in a rehearsal.
constexpr int kRehearseAfterMs = 20;

bool HasInputWithin(int fd, int milliseconds) {
  pollfd fds[] = {{fd, POLLIN, 0}};
  return ::poll(fds, 1, milliseconds) > 0;
}

void ResetSignals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // A full output file is an error of a write (EFBIG), not a signal.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

int Refuse(const StepFailure& failure) {
  (void)SendFrame(kSocket, FrameType::kRefused,
                  DumpJson({{"step", failure.step},
                            {"errno", failure.error_number},
                            {"message", std::strerror(failure.error_number)}}));
  return 1;
}

struct Preparation {
  Confinement confinement;
  int output_fd = -1;
};

Result<Confinement> ParsePreparation(std::string_view text) {
  CARREL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  Confinement confinement;
  confinement.subtree = JsonString(json, "subtree");
  confinement.worker_id = json.value("worker_id", 0U);
  confinement.tasks = json.value("tasks", int64_t{0});
  confinement.limits = LimitsFromJson(json.value("limits", Json()), Limits());
  return confinement;
}

// The first frame of the host, with the output descriptor.
Result<Preparation> ReceivePreparation() {
  std::string bytes;
  Preparation preparation;
  size_t wanted = kFrameHeaderBytes;
  while (bytes.size() < wanted) {
    CARREL_ASSIGN_OR_RETURN(Message message, ReceiveMessage(kSocket, wanted - bytes.size()));
    if (message.bytes.empty()) return Fail(Code::kUnreachable, "the host is gone");
    for (UniqueFd& fd : message.descriptors) {
      if (preparation.output_fd < 0 && ::dup2(fd.get(), kOutput) == kOutput) {
        if (fd.get() == kOutput) fd.Release();
        preparation.output_fd = kOutput;
      }
    }
    bytes += message.bytes;
    if (bytes.size() == kFrameHeaderBytes) {
      uint32_t length = 0;
      std::memcpy(&length, bytes.data(), sizeof length);
      wanted += length;
    }
  }
  if (static_cast<FrameType>(bytes[4]) != FrameType::kPrepare) {
    return Fail(Code::kProtocol, "expected Prepare");
  }
  CARREL_ASSIGN_OR_RETURN(preparation.confinement,
                          ParsePreparation(std::string_view(bytes).substr(kFrameHeaderBytes)));
  return preparation;
}

// Maps the pages of code that are in memory anyway: a fork leaves them out, and each costs a fault.
void TouchCode() {
  (void)::dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void*) {
        constexpr uintptr_t kPage = 4096;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& header = info->dlpi_phdr[i];
          if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
          const uintptr_t begin = (info->dlpi_addr + header.p_vaddr) & ~(kPage - 1);
          const uintptr_t end = info->dlpi_addr + header.p_vaddr + header.p_memsz;
          (void)::syscall(SYS_madvise, begin, end - begin, MADV_POPULATE_READ);
        }
        return 0;
      },
      nullptr);
}

// Without a root of its own the worker knows the parts by the names that the host has for them.
void Locate(WorkerProgram& program, const Places& known, Preparation& preparation) {
  Places places = known;
  const std::string& subtree = preparation.confinement.subtree;
  const std::string store = places.Take(kStoreMount);
  if (!subtree.empty()) places.Set(kCheckoutMount, store + "/" + subtree);
  program.Locate(places);
  preparation.confinement.places = std::move(places);
}

}  // namespace

int WorkerEntry(WorkerProgram& program, const ServerOptions& options,
                const WorkerSurroundings& surroundings, const WorkerDescriptors& descriptors) {
  ResetSignals();
  // A group of its own, so that the host can set the priority of all its threads at once.
  (void)::setpgid(0, 0);
  if (!ArrangeDescriptors(descriptors)) return 1;
  Confinement parked;
  parked.tier = options.tier;
  parked.zygote = surroundings.zygote;
  parked.closer_fd = kCloser;
  if (const StepFailure failure = TakeSteps(ParkingSteps(options.tier), parked, options.fault);
      failure.step != nullptr) {
    return Refuse(failure);
  }
  ::close(kCloser);
  // With a job at the door there is nothing to be done ahead of it.
  if (options.tier != Tier::kDegraded && !HasInputWithin(kSocket, kRehearseAfterMs)) {
    (void)ParsePreparation(DumpJson({{"subtree", "x"}, {"limits", ToJson(Limits())}}));
    program.Park();
    TouchCode();
  }
  auto preparation = ReceivePreparation();
  if (!preparation) return 1;
  preparation->confinement.tier = options.tier;
  if (options.tier == Tier::kDegraded) Locate(program, surroundings.places, *preparation);
  if (const StepFailure failure =
          TakeSteps(ConfiningSteps(options.tier), preparation->confinement, options.fault);
      failure.step != nullptr) {
    return Refuse(failure);
  }
  if (!SendFrame(kSocket, FrameType::kReady, {})) return 1;
  return program.Run(kSocket, preparation->output_fd);
}

Status SendFrame(int socket, FrameType type, std::string_view payload) {
  return WriteAll(socket, EncodeFrame(type, payload));
}

Result<Frame> ReceiveFrame(int socket) {
  const auto read_exactly = [socket](char* data, size_t size) -> Status {
    while (size > 0) {
      const ssize_t n = ::read(socket, data, size);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return FailErrno("read from the host");
      if (n == 0) return Fail(Code::kUnreachable, "the host is gone");
      data += n;
      size -= static_cast<size_t>(n);
    }
    return {};
  };
  char header[kFrameHeaderBytes];
  CARREL_TRY(read_exactly(header, sizeof header));
  uint32_t length = 0;
  std::memcpy(&length, header, sizeof length);
  if (length > kMaxFrameBytes) return Fail(Code::kProtocol, "frame from the host is too large");
  Frame frame{static_cast<FrameType>(header[4]), std::string(length, '\0')};
  CARREL_TRY(read_exactly(frame.payload.data(), length));
  return frame;
}

}  // namespace carrel::sandbox
