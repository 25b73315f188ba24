#include "runtime/usage/record_writer.h"

#include <string_view>
#include <utility>

namespace carrel::usage {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO usage_records (key, load, record_id, state, sheet_row, item_key, asset_key, "
    "category, tier, quantity, quantity_fraction, amount, amount_fraction, start_us, end_us, note, "
    "params, errors) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

// Binds one placeholder after the other.
class Binder {
 public:
  explicit Binder(store::Statement& statement) : statement_(statement) {}

  void Integer(int64_t value) { statement_.BindInteger(++index_, value); }
  void Text(std::string_view text) { statement_.BindText(++index_, text); }
  void TextOrNull(std::string_view text) {
    text.empty() ? statement_.BindNull(++index_) : Text(text);
  }
  void Optional(const auto& value) {
    value ? Integer(static_cast<int64_t>(*value)) : statement_.BindNull(++index_);
  }
  void Number(const std::optional<query::Number>& value) {
    value ? Integer(value->whole) : statement_.BindNull(++index_);
    value ? Integer(value->fraction) : statement_.BindNull(++index_);
  }

 private:
  store::Statement& statement_;
  int index_ = 0;
};

// `texts` begins with those of the row.
void Bind(store::Statement& statement, int64_t load, const RecordRow& row, std::string_view texts) {
  const std::string_view rest = texts.substr(row.record_id);
  Binder binder(statement);
  binder.Integer(row.key);
  binder.Integer(load);
  binder.Text(texts.substr(0, row.record_id));
  binder.Integer(static_cast<int64_t>(row.state));
  binder.Integer(row.sheet_row);
  binder.Optional(row.item_key);
  binder.Optional(row.asset_key);
  binder.Optional(row.category);
  binder.Optional(row.tier);
  binder.Number(row.quantity);
  binder.Number(row.amount);
  binder.Optional(row.start_us);
  binder.Optional(row.end_us);
  binder.TextOrNull(rest.substr(0, row.note));
  binder.TextOrNull(rest.substr(row.note, row.params));
  binder.TextOrNull(rest.substr(row.note + row.params, row.errors));
}

}  // namespace

RecordWriter::RecordWriter(store::Database& database, int64_t load)
    : database_(database), load_(load), thread_([this] { Run(); }) {}

RecordWriter::~RecordWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Status RecordWriter::Write(RecordBatch& batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !status_ || waiting_.size() < kWaiting; });
  CARREL_TRY(status_.Get());
  waiting_.push_back(std::move(batch));
  batch = {};
  if (!spare_.empty()) {
    batch = std::move(spare_.back());
    spare_.pop_back();
  }
  lock.unlock();
  changed_.notify_all();
  return {};
}

Status RecordWriter::Finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !status_ || (waiting_.empty() && !is_storing_); });
  return status_.Get();
}

void RecordWriter::Run() {
  ThreadStatus status = ThreadStatus::Of([this] { return StoreAll(); });
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
  changed_.notify_all();
}

// Until it is stopped.
Status RecordWriter::StoreAll() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
    if (stop_) return {};
    RecordBatch batch = std::move(waiting_.front());
    waiting_.pop_front();
    is_storing_ = true;
    lock.unlock();
    changed_.notify_all();
    CARREL_TRY(Store(batch));
    batch.rows.clear();
    batch.texts.clear();
    lock.lock();
    is_storing_ = false;
    spare_.push_back(std::move(batch));
    changed_.notify_all();
  }
}

// Its commit does not wait for the disk: the one that shows the load does, and carries this along.
Status RecordWriter::Store(const RecordBatch& batch) {
  const auto insert_all = [&](store::Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(auto insert, transaction.Prepare(kInsert));
    std::string_view texts = batch.texts;
    for (const RecordRow& row : batch.rows) {
      Bind(*insert, load_, row, texts);
      CARREL_TRY(insert->Step());
      insert->Reset();
      texts.remove_prefix(row.record_id + row.note + row.params + row.errors);
    }
    return {};
  };
  return database_.Write(insert_all, store::Access::kWriteSoon);
}

}  // namespace carrel::usage
