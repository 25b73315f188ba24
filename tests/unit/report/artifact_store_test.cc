#include "runtime/report/artifact_store.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/sha256.h"
#include "tests/unit/report/report_fixture.h"

namespace carrel::report {
namespace {

class ArtifactStoreTest : public ReportFixture {
 protected:
  ArtifactStoreTest() { AddRepository(); }
  Result<std::string> Store(std::string_view id, int attempt, std::string_view bytes) {
    CARREL_ASSIGN_OR_RETURN(PendingArtifact pending, stores_.artifacts.Begin(id, attempt));
    CARREL_TRY(WriteAll(pending.fd.get(), bytes));
    return stores_.artifacts.Publish(std::move(pending), ".csv", bytes.size(), Sha256Hex(bytes));
  }
};

TEST_F(ArtifactStoreTest, APublishedFileIsWholePrivateAndAlone) {
  const std::string name = Store("RP-123-456-789", 1, "hello").value();
  EXPECT_EQ(name, "RP-123-456-789.1.csv");
  const std::filesystem::path path = dir_.path() / "artifacts" / "89" / name;
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(ReadFile(path).value(), "hello");
  EXPECT_EQ(stores_.artifacts.Open(name)->size, 5U);
  EXPECT_EQ(Files(), 1);
  EXPECT_TRUE(stores_.artifacts.Delete(name));
  EXPECT_TRUE(stores_.artifacts.Delete(name)) << "absent is fine";
  EXPECT_EQ(stores_.artifacts.Open(name).error().code, Code::kNotFound);
}

TEST_F(ArtifactStoreTest, AFileThatIsNotWhatTheWorkerSaidIsRefusedAndGone) {
  const std::string hash = Sha256Hex("hello");
  PendingArtifact shorter = stores_.artifacts.Begin("RP-1", 1).value();
  ASSERT_TRUE(WriteAll(shorter.fd.get(), "hell"));
  const auto size = stores_.artifacts.Publish(std::move(shorter), ".csv", 5, hash);
  EXPECT_EQ(size.error().code, Code::kProtocol);
  EXPECT_EQ(size.error().message, "the worker wrote 4 bytes and reported 5");
  PendingArtifact other = stores_.artifacts.Begin("RP-1", 1).value();
  ASSERT_TRUE(WriteAll(other.fd.get(), "hellO"));
  const auto content = stores_.artifacts.Publish(std::move(other), ".csv", 5, hash);
  EXPECT_EQ(content.error().code, Code::kProtocol);
  EXPECT_THAT(content.error().message, testing::HasSubstr("sha256"));
  EXPECT_EQ(Files(), 0);
}

TEST_F(ArtifactStoreTest, NamesCannotLeadOutOfTheDirectory) {
  for (const char* name : {"../carrel.db", "..", "", "a/b", "a\nb"}) {
    EXPECT_FALSE(stores_.artifacts.Open(name)) << name;
    EXPECT_FALSE(stores_.artifacts.Delete(name)) << name;
    EXPECT_FALSE(stores_.artifacts.Begin(name, 1)) << name;
  }
  PendingArtifact pending = stores_.artifacts.Begin("RP-1", 1).value();
  EXPECT_FALSE(stores_.artifacts.Publish(std::move(pending), "/../../x", 0, Sha256Hex("")));
  EXPECT_EQ(Files(), 0);
}

TEST_F(ArtifactStoreTest, OneAttemptHasOneFile) {
  const PendingArtifact pending = stores_.artifacts.Begin("RP-1", 1).value();
  const auto again = stores_.artifacts.Begin("RP-1", 1);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, testing::HasSubstr("storing the result failed"));
  EXPECT_TRUE(stores_.artifacts.Begin("RP-1", 2));
}

TEST_F(ArtifactStoreTest, TheSweepTakesStrayFilesAndNeverALiveOnes) {
  NewReport();
  const Report ready = Claim("other:host")->value();
  const std::string name = Store(ready.id, 1, "kept").value();
  ASSERT_TRUE(
      stores_.reports.MarkReady({ready.id, "other:host", 1}, {name, 4, ""}, {}, clock_.Now()));
  ASSERT_TRUE(Store(ready.id, 2, "of a lost attempt"));
  NewReport();
  const Report running = Claim("other:host")->value();
  ASSERT_TRUE(Store(running.id, 1, "published, its row is still to come"));
  const PendingArtifact live = stores_.artifacts.Begin(running.id, 1).value();
  const PendingArtifact dead = stores_.artifacts.Begin(running.id, 7).value();
  ASSERT_TRUE(Store("RP-000-000-001", 1, "of a deleted report"));
  const Report pending = NewReport();
  ASSERT_TRUE(Store(pending.id, 1, "of an attempt that was given back"));
  EXPECT_EQ(stores_.artifacts.Sweep(stores_.reports).value(), 4);
  EXPECT_TRUE(std::filesystem::exists(live.path));
  EXPECT_FALSE(std::filesystem::exists(dead.path));
  EXPECT_EQ(ContentOf(Get(ready.id)), "kept");
  EXPECT_EQ(Files(), 3);
  EXPECT_EQ(stores_.artifacts.Sweep(stores_.reports).value(), 0);
}

TEST_F(ArtifactStoreTest, AFullDiskFailsTheReportAndSaysSo) {
  const std::filesystem::path small = dir_.path() / "small";
  std::filesystem::create_directory(small);
  if (mount("tmpfs", small.c_str(), "tmpfs", 0, "size=256k,nr_inodes=4") != 0) {
    GTEST_SKIP() << "needs the right to mount a tmpfs";
  }
  {
    // tmp/ and the root take two of four inodes: the file the third, its shelf the fourth.
    const ArtifactStore artifacts = ArtifactStore::Create(small).value();
    const PendingArtifact first = artifacts.Begin("RP-1", 1).value();
    const PendingArtifact second = artifacts.Begin("RP-2", 1).value();
    const auto third = artifacts.Begin("RP-3", 1);
    ASSERT_FALSE(third);
    EXPECT_THAT(third.error().message,
                testing::AllOf(testing::HasSubstr("storing the result failed"),
                               testing::HasSubstr("No space left on device")));
    PendingArtifact publish{first.path, "RP-1", 1, UniqueFd(dup(first.fd.get()))};
    const auto published = artifacts.Publish(std::move(publish), ".csv", 0, Sha256Hex(""));
    ASSERT_FALSE(published) << "no inode is left for its shelf";
    EXPECT_THAT(published.error().message, testing::HasSubstr("storing the result failed"));
  }
  EXPECT_EQ(umount(small.c_str()), 0);
}

}  // namespace
}  // namespace carrel::report
