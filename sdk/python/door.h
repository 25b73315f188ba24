// The way from report code to the worker's port. Report code may have threads that outlive its
// run, or a port: this is what they meet then.
#pragma once

#include <condition_variable>
#include <mutex>

#include "sdk/worker/language_host.h"

namespace carrel::python {

// Thread-safe. Shared by the run and by the functions given to report code, which may keep them.
class Door {
 public:
  explicit Door(sdk::ReportPort& port) : port_(port) {}

  // Blocks without the interpreter lock. kCancelled when the door is closed.
  Result<sdk::ApiReply> Call(const sdk::ApiCall& call);
  void Progress(double value, double max);

  // Lets nobody in any more and waits for those who are in. The port is not used afterwards.
  void Close();

 private:
  bool Enter();
  void Leave();

  sdk::ReportPort& port_;
  std::mutex mutex_;
  std::condition_variable left_;
  // Guarded by mutex_.
  bool closed_ = false;
  int inside_ = 0;
};

}  // namespace carrel::python
