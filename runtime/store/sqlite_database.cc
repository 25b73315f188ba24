// SQLite behind database.h: a pool of connections to one file in WAL mode.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/unique_fd.h"
#include "runtime/store/database.h"
#include "runtime/store/migrations.h"

namespace carrel::store {
namespace {

using std::chrono::milliseconds;

constexpr int kBusyTimeoutMs = 5000;
constexpr int kBeginAttempts = 6;  // each waits kBusyTimeoutMs

struct CloseConnection {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, CloseConnection>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

std::unexpected<Error> FailSqlite(sqlite3* db, const std::string& path, int rc) {
  const int primary = rc & 0xFF;
  const std::string text = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
  switch (primary) {
    case SQLITE_CONSTRAINT: {
      const bool key = rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       rc == SQLITE_CONSTRAINT_ROWID || rc == SQLITE_CONSTRAINT_FOREIGNKEY;
      return Fail(key ? Code::kConflict : Code::kInternal, text);
    }
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fail(Code::kTimeout,
                  fmt::format("{}: another process keeps the database locked", path));
    case SQLITE_FULL:
      return Fail(Code::kIo, fmt::format("{}: the disk is full", path));
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Fail(Code::kDenied, fmt::format("{}: {}", path, text));
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: {
      const int number = db != nullptr ? sqlite3_system_errno(db) : 0;
      const std::string cause = number != 0 ? fmt::format(" ({})", std::strerror(number)) : "";
      return Fail(Code::kIo, fmt::format("{}: {}{}", path, text, cause));
    }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fail(Code::kIo, fmt::format("{}: not a usable database: {}", path, text));
    default:
      return Fail(Code::kInternal, fmt::format("{}: {}", path, text));
  }
}

// One connection with its prepared statements; used by one thread at a time.
class Connection {
 public:
  Connection(Handle db, std::string path) : db_(std::move(db)), path_(std::move(path)) {}

  sqlite3* db() const { return db_.get(); }
  const std::string& path() const { return path_; }
  std::unexpected<Error> Failure(int rc) const { return FailSqlite(db_.get(), path_, rc); }

  // How long a commit waits: for the disk, or for the kernel alone.
  int Synchronise(Access access) {
    const bool is_full = access != Access::kWriteSoon;
    if (is_full == is_full_) return SQLITE_OK;
    const int rc = Run(is_full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    if (rc == SQLITE_OK) is_full_ = is_full;
    return rc;
  }

  int Run(const char* sql) const { return sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr); }

  // A cached statement, or a new one while the cached one is lent out.
  Result<StatementHandle> Borrow(std::string_view sql) {
    if (const auto it = idle_.find(sql); it != idle_.end()) {
      StatementHandle statement = std::move(it->second);
      idle_.erase(it);
      return statement;
    }
    sqlite3_stmt* raw = nullptr;
    const int rc = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (rc != SQLITE_OK) return Failure(rc);
    return StatementHandle(raw);
  }

  void GiveBack(StatementHandle statement) {
    constexpr size_t kKept = 64;
    sqlite3_reset(statement.get());
    sqlite3_clear_bindings(statement.get());
    if (idle_.size() >= kKept) idle_.clear();
    idle_.insert_or_assign(std::string(sqlite3_sql(statement.get())), std::move(statement));
  }

 private:
  Handle db_;
  std::string path_;
  bool is_full_ = true;  // see Connect
  std::map<std::string, StatementHandle, std::less<>> idle_;
};

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(Connection& connection, StatementHandle statement)
      : connection_(connection), statement_(std::move(statement)) {}
  ~SqliteStatement() override { connection_.GiveBack(std::move(statement_)); }

  void BindInteger(int index, int64_t value) override {
    Note(sqlite3_bind_int64(statement_.get(), index, value));
  }
  void BindReal(int index, double value) override {
    Note(sqlite3_bind_double(statement_.get(), index, value));
  }
  void BindText(int index, std::string_view value) override {
    // A view without storage would bind NULL.
    const char* data = value.data() != nullptr ? value.data() : "";
    Note(sqlite3_bind_text64(statement_.get(), index, data, value.size(), SQLITE_TRANSIENT,
                             SQLITE_UTF8));
  }
  void BindNull(int index) override { Note(sqlite3_bind_null(statement_.get(), index)); }

  Result<bool> Step() override {
    if (bind_error_ != SQLITE_OK) return connection_.Failure(bind_error_);
    const int rc = sqlite3_step(statement_.get());
    if (rc == SQLITE_ROW) return true;
    if (rc != SQLITE_DONE) return connection_.Failure(rc);
    changed_ = sqlite3_changes64(connection_.db());
    return false;
  }

  // What sqlite3_reset returns is the failure of the step before, told by that step.
  void Reset() override { sqlite3_reset(statement_.get()); }

  bool IsNull(int column) const override {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
  }
  int64_t Integer(int column) const override {
    return sqlite3_column_int64(statement_.get(), column);
  }
  double Real(int column) const override { return sqlite3_column_double(statement_.get(), column); }
  std::string_view Text(int column) const override {
    const auto* text = sqlite3_column_text(statement_.get(), column);
    if (text == nullptr) return {};
    return {reinterpret_cast<const char*>(text),
            static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
  }
  int64_t changed() const override { return changed_; }

 private:
  void Note(int rc) {
    if (bind_error_ == SQLITE_OK) bind_error_ = rc;
  }

  Connection& connection_;
  StatementHandle statement_;
  int bind_error_ = SQLITE_OK;
  int64_t changed_ = 0;
};

// Connections that no transaction uses now.
class Pool {
 public:
  std::unique_ptr<Connection> Take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void Put(std::unique_ptr<Connection> connection) {
    constexpr size_t kKept = 16;
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kKept) idle_.push_back(std::move(connection));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
};

// The one writer of this process at a time, in the order in which they came: a thread that writes
// one transaction after the other must not keep the others out.
class WriterTurns {
 public:
  bool Take(milliseconds patience) {
    std::unique_lock lock(mutex_);
    const auto turn = waiting_.insert(waiting_.end(), 0);
    const bool is_mine =
        changed_.wait_for(lock, patience, [&] { return !is_taken_ && waiting_.begin() == turn; });
    waiting_.erase(turn);
    is_taken_ = is_taken_ || is_mine;
    if (!is_mine) changed_.notify_all();
    return is_mine;
  }
  void GiveBack() {
    {
      const std::lock_guard lock(mutex_);
      is_taken_ = false;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::list<int> waiting_;
  bool is_taken_ = false;
};

struct GiveTurnBack {
  void operator()(WriterTurns* turns) const { turns->GiveBack(); }
};
using WriterTurn = std::unique_ptr<WriterTurns, GiveTurnBack>;

class SqliteTransaction final : public Transaction {
 public:
  // Without a turn it reads.
  SqliteTransaction(Pool& pool, std::unique_ptr<Connection> connection, WriterTurn turn)
      : turn_(std::move(turn)), pool_(pool), connection_(std::move(connection)) {}

  ~SqliteTransaction() override {
    if (sqlite3_get_autocommit(connection_->db()) == 0) connection_->Run("ROLLBACK");
    // A connection that cannot leave its transaction is closed rather than used again.
    if (sqlite3_get_autocommit(connection_->db()) != 0) pool_.Put(std::move(connection_));
  }

  Result<std::unique_ptr<Statement>> Prepare(std::string_view sql) override {
    CARREL_ASSIGN_OR_RETURN(auto statement, connection_->Borrow(sql));
    return std::make_unique<SqliteStatement>(*connection_, std::move(statement));
  }

  Status Commit() override {
    const int rc = connection_->Run("COMMIT");
    if (rc != SQLITE_OK) return connection_->Failure(sqlite3_extended_errcode(connection_->db()));
    return {};
  }

 private:
  const WriterTurn turn_;  // first: goes last
  Pool& pool_;
  std::unique_ptr<Connection> connection_;
};

// SQLite lets writers of other processes sleep longer and longer before they look again, and so
// miss the moments between the transactions of one that writes many.
int WaitForLock(void*, int looks) {
  if (looks >= kBusyTimeoutMs) return 0;
  std::this_thread::sleep_for(milliseconds(1));
  return 1;
}

// WAL mode needs a moment alone with the file, and SQLite does not wait for it by itself.
Status RunUntilFree(Connection& connection, const char* sql) {
  int rc = SQLITE_OK;
  for (int attempt = 0; attempt < kBeginAttempts * 20; ++attempt) {
    rc = connection.Run(sql);
    if ((rc & 0xFF) != SQLITE_BUSY && (rc & 0xFF) != SQLITE_LOCKED) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return rc == SQLITE_OK ? Status() : connection.Failure(rc);
}

Result<std::unique_ptr<Connection>> Connect(const std::string& path) {
  sqlite3* raw = nullptr;
  const int rc =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle handle(raw);
  if (rc != SQLITE_OK) return FailSqlite(raw, path, rc);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_handler(raw, WaitForLock, nullptr);
  auto connection = std::make_unique<Connection>(std::move(handle), path);
  CARREL_TRY(RunUntilFree(*connection, "PRAGMA journal_mode = WAL"));
  CARREL_TRY(RunUntilFree(*connection,
                          "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                          "PRAGMA trusted_schema = OFF"));
  return connection;
}

// SQLite counts its memory under a lock that every allocation takes; nobody asks for the count.
// Only before its first use: a program that has used SQLite already keeps the lock.
void Configure() {
  static const int rc = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(rc);
}

// An empty file of mode 0600 under the final name. Linked into place after it is closed: closing a
// descriptor of a database file would drop this process's locks on it.
Status CreatePrivate(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) {
    if (::chmod(path.c_str(), 0600) != 0) return FailErrno(path);
    return {};
  }
  const std::string temporary = path + ".new-" + RandomHex(6);
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return FailErrno(path);
  fd.Reset();
  const int linked = ::link(temporary.c_str(), path.c_str());
  const int error_number = errno;
  ::unlink(temporary.c_str());
  if (linked != 0 && error_number != EEXIST) return FailErrno(path, error_number);
  return {};
}

Result<int64_t> SchemaVersion(Connection& connection) {
  CARREL_ASSIGN_OR_RETURN(
      auto statement, connection.Borrow("SELECT coalesce(max(version), 0) FROM schema_version"));
  SqliteStatement rows(connection, std::move(statement));
  CARREL_TRY(rows.Step());
  return rows.Integer(0);
}

Status ApplyMigrations(Connection& connection) {
  CARREL_TRY(RunUntilFree(connection,
                          "CREATE TABLE IF NOT EXISTS schema_version ("
                          "version BIGINT PRIMARY KEY, name TEXT NOT NULL)"));
  CARREL_ASSIGN_OR_RETURN(const int64_t have, SchemaVersion(connection));
  const int64_t known = Migrations().back().version;
  if (have > known) {
    return Fail(Code::kInvalid,
                fmt::format("{}: written by a newer carrel: its schema is version {}, this carrel "
                            "knows versions up to {}",
                            connection.path(), have, known));
  }
  for (const Migration& migration : Migrations()) {
    if (migration.version <= have) continue;
    const std::string sql(migration.sql);
    if (const int rc = connection.Run(sql.c_str()); rc != SQLITE_OK) {
      return Wrap(connection.Failure(rc).error(), fmt::format("migration {}", migration.version));
    }
    const std::string mark =
        fmt::format("INSERT INTO schema_version (version, name) VALUES ({}, '{}')",
                    migration.version, migration.name);
    if (const int rc = connection.Run(mark.c_str()); rc != SQLITE_OK) {
      return connection.Failure(rc);
    }
  }
  return {};
}

// Under the exclusive lock, so that of two processes one migrates and the other finds it done.
Status Migrate(Connection& connection) {
  CARREL_TRY(RunUntilFree(connection, "BEGIN EXCLUSIVE"));
  Status applied = ApplyMigrations(connection);
  const int rc = connection.Run(applied ? "COMMIT" : "ROLLBACK");
  if (applied && rc != SQLITE_OK) return connection.Failure(rc);
  return applied;
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::string path, std::unique_ptr<Connection> first) : path_(std::move(path)) {
    pool_.Put(std::move(first));
  }

  Result<std::unique_ptr<Transaction>> Begin(Access access) override {
    auto connection = pool_.Take();
    if (connection == nullptr) {
      CARREL_ASSIGN_OR_RETURN(connection, Connect(path_));
    }
    const bool is_writer = access != Access::kRead;
    if (is_writer && !turns_.Take(kBeginAttempts * milliseconds(kBusyTimeoutMs))) {
      pool_.Put(std::move(connection));
      return Fail(Code::kTimeout,
                  fmt::format("{}: another writer of this process does not end", path_));
    }
    WriterTurn turn(is_writer ? &turns_ : nullptr);
    const char* sql = is_writer ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED";
    int rc = is_writer ? connection->Synchronise(access) : SQLITE_OK;
    if (rc != SQLITE_OK) return connection->Failure(rc);
    for (int attempt = 0; attempt < kBeginAttempts; ++attempt) {
      rc = connection->Run(sql);
      if ((rc & 0xFF) != SQLITE_BUSY) break;
    }
    if (rc != SQLITE_OK) return connection->Failure(rc);
    return std::make_unique<SqliteTransaction>(pool_, std::move(connection), std::move(turn));
  }

 private:
  const std::string path_;
  Pool pool_;
  WriterTurns turns_;
};

}  // namespace

Result<std::unique_ptr<Database>> OpenSqliteDatabase(const std::filesystem::path& path) {
  Configure();
  CARREL_TRY(CreatePrivate(path.string()));
  CARREL_ASSIGN_OR_RETURN(auto connection, Connect(path.string()));
  CARREL_TRY(Migrate(*connection));
  return std::make_unique<SqliteDatabase>(path.string(), std::move(connection));
}

}  // namespace carrel::store
