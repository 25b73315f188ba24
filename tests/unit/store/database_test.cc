#include "runtime/store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/store/migrations.h"

namespace carrel::store {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  std::filesystem::path Path() const { return dir_.path() / "carrel.db"; }
  std::unique_ptr<Database> Open() const {
    auto database = OpenSqliteDatabase(Path());
    EXPECT_TRUE(database) << database.error().message;
    return std::move(*database);
  }
  TempDir dir_ = TempDir::Create("/tmp", "carrel-store-").value();
};

Status Audit(Transaction& transaction, int64_t at, std::string_view id) {
  CARREL_TRY(
      Execute(transaction, "INSERT INTO audit VALUES (?, ?, '', '', '', '', '', '', '')", at, id));
  return {};
}

int64_t Count(Database& database, std::string_view sql) {
  return database
      .Read([&](Transaction& transaction) -> Result<int64_t> {
        CARREL_ASSIGN_OR_RETURN(auto rows, Query(transaction, sql));
        CARREL_TRY(rows->Step());
        return rows->Integer(0);
      })
      .value();
}

int ExitOf(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(DatabaseTest, MigrationsAreNumberedWithoutGaps) {
  int expected = 1;
  for (const Migration& migration : Migrations()) EXPECT_EQ(migration.version, expected++);
}

TEST_F(DatabaseTest, TheFileAndItsJournalAreReadableByTheirOwnerOnly) {
  const auto database = Open();
  ASSERT_TRUE(database->Write([](Transaction& t) { return Audit(t, 1, "x"); }));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat info{};
    ASSERT_EQ(stat((Path().string() + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(DatabaseTest, ConnectionsWaitForTheDiskAndHoldForeignKeys) {
  const auto database = Open();
  EXPECT_EQ(Count(*database, "PRAGMA synchronous"), 2);  // FULL
  EXPECT_EQ(Count(*database, "PRAGMA foreign_keys"), 1);
  const Status orphan = database->Write([](Transaction& t) -> Status {
    CARREL_TRY(Execute(t,
                       "INSERT INTO templates VALUES ('RT-1', 'RR-none', 'l', 'n', '', 'custom', "
                       "'2', 'enabled', '', '{}', '{}', 1)"));
    return {};
  });
  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().code, Code::kConflict);
}

TEST_F(DatabaseTest, OnlyACommitThatMayBeLostDoesNotWaitForTheDisk) {
  const auto database = Open();
  const auto synchronous = [](Transaction& t) -> Result<int64_t> {
    CARREL_ASSIGN_OR_RETURN(auto rows, Query(t, "PRAGMA synchronous"));
    CARREL_TRY(rows->Step());
    return rows->Integer(0);
  };
  for (int round = 0; round < 2; ++round) {  // on one and the same connection
    EXPECT_EQ(*database->Write(synchronous, Access::kWriteSoon), 1);  // NORMAL
    EXPECT_EQ(*database->Write(synchronous), 2);                      // FULL
  }
}

TEST_F(DatabaseTest, ProcessesThatOpenANewDatabaseAtOnceAllSucceed) {
  for (int round = 0; round < 5; ++round) {
    const std::filesystem::path path = dir_.path() / ("db" + std::to_string(round));
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        const auto database = OpenSqliteDatabase(path);
        _exit(database && (*database)->Write([](Transaction& t) { return Audit(t, 1, "x"); }) ? 0
                                                                                              : 1);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) EXPECT_EQ(ExitOf(child), 0);
    const auto database = OpenSqliteDatabase(path).value();
    EXPECT_EQ(Count(*database, "SELECT count(*) FROM audit"), 4);
    EXPECT_EQ(Count(*database, "SELECT count(*) FROM schema_version"),
              static_cast<int64_t>(Migrations().size()));
  }
}

TEST_F(DatabaseTest, ASchemaFromTheFutureIsRefused) {
  ASSERT_TRUE(Open()->Write([](Transaction& t) {
    return Execute(t, "INSERT INTO schema_version VALUES (999, 'later')");
  }));
  const auto database = OpenSqliteDatabase(Path());
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, Code::kInvalid);
  EXPECT_THAT(database.error().message, testing::HasSubstr("newer carrel"));
  EXPECT_THAT(database.error().message, testing::HasSubstr("version 999"));
}

TEST_F(DatabaseTest, WorkThatFailsLeavesNoTrace) {
  const auto database = Open();
  const Status done = database->Write([](Transaction& t) -> Status {
    CARREL_TRY(Audit(t, 1, "x"));
    return Fail(Code::kInvalid, "no");
  });
  EXPECT_EQ(done.error().code, Code::kInvalid);
  EXPECT_EQ(Count(*database, "SELECT count(*) FROM audit"), 0);
}

TEST_F(DatabaseTest, ATransactionThatIsDroppedIsRolledBack) {
  const auto database = Open();
  {
    const auto transaction = database->Begin(Access::kWrite).value();
    ASSERT_TRUE(Audit(*transaction, 1, "x"));
  }
  EXPECT_EQ(Count(*database, "SELECT count(*) FROM audit"), 0);
}

TEST_F(DatabaseTest, ADuplicateKeyIsAConflict) {
  const auto database = Open();
  const auto insert = [](Transaction& t) {
    return Execute(t, "INSERT INTO schema_version VALUES (1, 'again')");
  };
  const auto twice = database->Write(insert);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, Code::kConflict);
}

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  const auto database = Open();
  const std::string odd("a\0'b\xF0\x9F\x8D\x80", 8);
  const Status read = database->Read([&](Transaction& t) -> Status {
    CARREL_ASSIGN_OR_RETURN(auto rows, Query(t, "SELECT ?, ?, ?, ?, ?", int64_t{-1} << 62, 0.1, odd,
                                             nullptr, std::string_view()));
    EXPECT_TRUE(*rows->Step());
    EXPECT_EQ(rows->Integer(0), int64_t{-1} << 62);
    EXPECT_EQ(rows->Real(1), 0.1);
    EXPECT_EQ(rows->Text(2), odd);
    EXPECT_TRUE(rows->IsNull(3));
    EXPECT_FALSE(rows->IsNull(4));
    EXPECT_FALSE(*rows->Step());
    return {};
  });
  EXPECT_TRUE(read);
}

TEST_F(DatabaseTest, AMissingPlaceholderIsOurBug) {
  const auto database = Open();
  const auto done = database->Read([](Transaction& t) { return Execute(t, "SELECT ?", 1, 2); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kInternal);
}

TEST_F(DatabaseTest, ThreadsThatCountTogetherLoseNothing) {
  const auto database = Open();
  ASSERT_TRUE(database->Write([](Transaction& t) { return Audit(t, 0, "counter"); }));
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n) {
          const auto added = database->Write([](Transaction& t) -> Status {
            CARREL_ASSIGN_OR_RETURN(auto rows, Query(t, "SELECT at FROM audit"));
            CARREL_TRY(rows->Step());
            const int64_t at = rows->Integer(0);
            rows.reset();
            CARREL_TRY(Execute(t, "UPDATE audit SET at = ?", at + 1));
            return {};
          });
          if (!added) ++failures;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Count(*database, "SELECT at FROM audit"), 200);
}

TEST_F(DatabaseTest, AKilledWriterLeavesTheLastCommit) {
  const auto database = Open();
  const pid_t child = fork();
  if (child == 0) {
    const auto own = OpenSqliteDatabase(Path());
    if (!own || !(*own)->Write([](Transaction& t) { return Audit(t, 1, "kept"); })) _exit(1);
    const auto open = (*own)->Begin(Access::kWrite);
    if (!open || !Audit(**open, 2, "lost")) _exit(1);
    kill(getpid(), SIGKILL);
  }
  EXPECT_EQ(ExitOf(child), -1);
  EXPECT_EQ(Count(*database, "SELECT count(*) FROM audit WHERE object_id = 'kept'"), 1);
  EXPECT_EQ(Count(*database, "SELECT count(*) FROM audit WHERE object_id = 'lost'"), 0);
  EXPECT_TRUE(database->Write([](Transaction& t) { return Audit(t, 3, "next"); }));
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsNamed) {
  ASSERT_TRUE(WriteFileAtomic(Path(), std::string(8192, 'x')));
  const auto database = OpenSqliteDatabase(Path());
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code, Code::kIo);
  EXPECT_THAT(database.error().message, testing::HasSubstr(Path().string()));
}

TEST_F(DatabaseTest, AFullDiskIsNamedWithThePathAndPasses) {
  const std::filesystem::path small = dir_.path() / "small";
  std::filesystem::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs the right to mount a tmpfs";
  }
  {
    const auto database = OpenSqliteDatabase(small / "carrel.db").value();
    const std::string big(size_t{1} << 21, 'x');
    const Status full = database->Write([&](Transaction& t) { return Audit(t, 1, big); });
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, Code::kIo);
    EXPECT_THAT(full.error().message, testing::HasSubstr((small / "carrel.db").string()));
    EXPECT_TRUE(database->Write([&](Transaction& t) { return Audit(t, 1, "small"); }));
  }
  EXPECT_EQ(umount(small.c_str()), 0);
}

}  // namespace
}  // namespace carrel::store
