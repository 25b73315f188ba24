// Landlock: the layer that still holds when a mount or a namespace turns out to be wrong.
#pragma once

#include <string>
#include <vector>

namespace carrel::sandbox {

// The kernel's Landlock ABI, 0 when it has none.
int LandlockAbi();

// What Landlock must offer where it stands without namespaces: files, truncation and TCP.
inline constexpr int kDegradedLandlockAbi = 4;

// What a process may still open.
struct LandlockView {
  std::vector<std::string> readable;  // files, and directories with all below them
  std::string writable;               // a directory for regular files; empty: none
};

// Confines the calling thread, and what it starts, for good: the view and writes to /dev/null, no
// TCP, no abstract unix sockets and no signals to the outside, as far as this kernel's ABI goes. 0
// or errno; does nothing where there is no Landlock.
int RestrictByLandlock(const LandlockView& view);

}  // namespace carrel::sandbox
