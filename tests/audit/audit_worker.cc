// A worker program whose system call filter lets every call through and has the kernel log those
// that are not on the list. For tests/audit/audit.py only: it confines nothing by system calls.
#include "sdk/worker/worker_main.h"

int main(int argc, char** argv) {
  carrel::sandbox::ServerOptions options;
  options.seccomp = carrel::sandbox::SeccompMode::kLog;
  return carrel::sdk::WorkerMain(argc, argv, carrel::sdk::Languages(), options);
}
