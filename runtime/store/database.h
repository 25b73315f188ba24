// The one door to SQL. Rooms above write portable SQL against these three nouns; the engine behind
// them (SQLite now) is known only to the file that implements it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "runtime/base/result.h"

namespace carrel::store {

// One prepared statement with `?` placeholders. Belongs to its transaction and to one thread.
class Statement {
 public:
  virtual ~Statement() = default;

  // Placeholders count from 1. A wrong index surfaces as kInternal at the next Step.
  virtual void BindInteger(int index, int64_t value) = 0;
  virtual void BindReal(int index, double value) = 0;
  virtual void BindText(int index, std::string_view value) = 0;
  virtual void BindNull(int index) = 0;

  // True: a row stands ready. False: done. kConflict for a violated unique or foreign key, kIo
  // with the database's path when the disk is full or broken.
  virtual Result<bool> Step() = 0;

  // Ready to be bound and stepped again; what is not bound anew keeps its value.
  virtual void Reset() = 0;

  // Columns of the current row, counted from 0. Views live until the next Step.
  virtual bool IsNull(int column) const = 0;
  virtual int64_t Integer(int column) const = 0;
  virtual double Real(int column) const = 0;
  virtual std::string_view Text(int column) const = 0;

  // Rows that the finished INSERT, UPDATE or DELETE touched.
  virtual int64_t changed() const = 0;
};

enum class Access : uint8_t {
  kRead,   // a consistent view; never waits for a writer
  kWrite,  // the only writer from its start on, so that a read in it cannot be overtaken
  // The same, but its commit does not wait for the disk: it survives every end of this process, and
  // a power loss may undo it, never one that was committed later without undoing it as well. For
  // steps that are done again when they are lost.
  kWriteSoon,
};

// One transaction; rolled back when it is destroyed without Commit. Belongs to one thread.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Result<std::unique_ptr<Statement>> Prepare(std::string_view sql) = 0;
  virtual Status Commit() = 0;
};

// A database with the current schema. Thread-safe; outlives its transactions. Not to be used in a
// forked child: the child opens its own.
class Database {
 public:
  virtual ~Database() = default;

  // Waits for other writers, of this process or another, and tries again; kTimeout at last.
  virtual Result<std::unique_ptr<Transaction>> Begin(Access access) = 0;

  // Runs work(Transaction&), which returns a Status or a Result, in one write transaction: it is
  // committed when work succeeds and leaves no trace when work or the commit fails.
  template <typename Work>
  auto Write(Work&& work, Access access = Access::kWrite)
      -> std::invoke_result_t<Work, Transaction&> {
    CARREL_ASSIGN_OR_RETURN(auto transaction, Begin(access));
    auto result = std::forward<Work>(work)(*transaction);
    if (result) CARREL_TRY(transaction->Commit());
    return result;
  }

  // The same for work that only reads.
  template <typename Work>
  auto Read(Work&& work) -> std::invoke_result_t<Work, Transaction&> {
    CARREL_ASSIGN_OR_RETURN(auto transaction, Begin(Access::kRead));
    return std::forward<Work>(work)(*transaction);
  }
};

// Opens, creates (mode 0600) and migrates DIR/carrel.db. kInvalid when a newer carrel has written
// the schema.
Result<std::unique_ptr<Database>> OpenSqliteDatabase(const std::filesystem::path& path);

// Text that becomes NULL when it is empty.
struct TextOrNull {
  std::string_view text;
};

template <typename Value>
void BindOne(Statement& statement, int index, const Value& value) {
  if constexpr (std::is_same_v<Value, std::nullptr_t>) {
    statement.BindNull(index);
  } else if constexpr (std::is_same_v<Value, TextOrNull>) {
    value.text.empty() ? statement.BindNull(index) : statement.BindText(index, value.text);
  } else if constexpr (std::is_floating_point_v<Value>) {
    statement.BindReal(index, value);
  } else if constexpr (std::is_integral_v<Value>) {
    statement.BindInteger(index, static_cast<int64_t>(value));
  } else {
    statement.BindText(index, value);
  }
}

// Binds the values to the placeholders in order.
template <typename... Values>
void BindAll(Statement& statement, const Values&... values) {
  int index = 0;
  (BindOne(statement, ++index, values), ...);
}

// The statement with `values` bound to its placeholders, first Step still to come.
template <typename... Values>
Result<std::unique_ptr<Statement>> Query(Transaction& transaction, std::string_view sql,
                                         const Values&... values) {
  CARREL_ASSIGN_OR_RETURN(auto statement, transaction.Prepare(sql));
  BindAll(*statement, values...);
  return statement;
}

// Runs a statement that gives no rows; the number of rows it touched.
template <typename... Values>
Result<int64_t> Execute(Transaction& transaction, std::string_view sql, const Values&... values) {
  CARREL_ASSIGN_OR_RETURN(auto statement, Query(transaction, sql, values...));
  CARREL_TRY(statement->Step());
  return statement->changed();
}

// The statement's text column as an owned string; empty for NULL.
std::string TextColumn(const Statement& statement, int column);

}  // namespace carrel::store
