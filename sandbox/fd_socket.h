// Messages with descriptors over a unix socket, as host and zygote use them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::sandbox {

struct SocketPair {
  UniqueFd first, second;
};

// `type` is SOCK_STREAM or SOCK_SEQPACKET; both ends close on exec.
Result<SocketPair> MakeSocketPair(int type);
struct Pipe {
  UniqueFd read, write;
};
Result<Pipe> MakePipe();

// As much as the socket takes; all descriptors travel with the first byte. How many bytes were
// taken; kUnreachable when the peer is gone.
Result<size_t> SendSome(int socket, std::string_view bytes, std::span<const int> descriptors = {});
// The same for one message as a whole.
Status SendMessage(int socket, std::string_view bytes, std::span<const int> descriptors = {});

struct Message {
  std::string bytes;  // empty: the peer closed
  std::vector<UniqueFd> descriptors;
};
// Waits for one message of at most `max_bytes`.
Result<Message> ReceiveMessage(int socket, size_t max_bytes = 65536);

}  // namespace carrel::sandbox
