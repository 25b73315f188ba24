// The other side of helper_process.h: what runs inside the helper process.
#pragma once

namespace carrel::git {

// The whole main() of the helper: reads one request from standard input, answers on standard
// output, returns the exit status. Confines itself first: no new privileges, no core dump, bounded
// memory and file size, dead with the parent. The calling process must be single-threaded and do
// nothing else.
int HelperMain();

}  // namespace carrel::git
