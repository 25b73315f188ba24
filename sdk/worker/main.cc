// carrel-worker and carrel-worker-python: the programs inside the sandbox. Started by the host.
#include "sdk/worker/worker_main.h"

#if defined(__SANITIZE_ADDRESS__)
// A crash of report code is a signal for the host to see, and an interpreter that ends by _exit
// has nothing freed. The sanitizer's environment variable does not reach a worker.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:"
         "handle_abort=0";
}
#endif

int main(int argc, char** argv) {
  return carrel::sdk::WorkerMain(argc, argv, carrel::sdk::Languages());
}
