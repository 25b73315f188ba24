// Records on their way from the reader of a spreadsheet into the store: in batches, each of them a
// transaction of its own, written by a thread of its own while the reader goes on.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/exceptions.h"
#include "runtime/base/result.h"
#include "runtime/query/value.h"
#include "runtime/store/database.h"
#include "runtime/usage/record_state.h"

namespace carrel::usage {

// One record as its row has it. Of each text the length; the texts stand in RecordBatch::texts.
struct RecordRow {
  int64_t key = 0;
  uint32_t sheet_row = 0;
  RecordState state = RecordState::kValidated;
  std::optional<int64_t> item_key, asset_key;
  std::optional<uint32_t> category;
  std::optional<int> tier;
  std::optional<query::Number> quantity, amount;
  std::optional<int64_t> start_us, end_us;
  size_t record_id = 0, note = 0, params = 0, errors = 0;
};

struct RecordBatch {
  std::vector<RecordRow> rows;
  std::string texts;  // record id, note, params, errors of each row, one after the other
};

// Used by one thread. What is written is seen by nobody before a file names its load.
class RecordWriter {
 public:
  RecordWriter(store::Database& database, int64_t load);
  // Batches that still wait are dropped.
  ~RecordWriter();
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  // Leaves an empty batch in `batch`. Waits while too many others do. The first failure of the
  // store, or what was thrown meanwhile, is told to every call from then on.
  Status Write(RecordBatch& batch);
  // Waits until all are written.
  Status Finish();

 private:
  static constexpr size_t kWaiting = 3;

  void Run();
  Status StoreAll();
  Status Store(const RecordBatch& batch);

  store::Database& database_;
  const int64_t load_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<RecordBatch> waiting_;
  std::vector<RecordBatch> spare_;
  bool is_storing_ = false;
  bool stop_ = false;
  ThreadStatus status_;
  std::thread thread_;
};

}  // namespace carrel::usage
