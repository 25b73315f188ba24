// Landlock: the layer that still holds when a mount or a namespace turns out to be wrong.
#pragma once

namespace carrel::sandbox {

// The kernel's Landlock ABI, 0 when it has none.
int LandlockAbi();

// Confines the calling thread, and what it starts, for good: reads below "/", writes below `tmp`
// and to /dev/null, no TCP, no abstract unix sockets and no signals to the outside, as far as this
// kernel's ABI goes. 0 or errno; does nothing where there is no Landlock.
int RestrictByLandlock(const char* tmp);

}  // namespace carrel::sandbox
