#include "runtime/store/secret_box.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "runtime/base/files.h"

namespace carrel::store {
namespace {

class SecretBoxTest : public testing::Test {
 protected:
  std::filesystem::path Key() const { return dir_.path() / "secret.key"; }
  TempDir dir_ = TempDir::Create("/tmp", "carrel-secret-").value();
};

TEST_F(SecretBoxTest, ASecretComesBackUnderItsContextAfterAReopen) {
  for (const std::string& secret :
       {std::string(), std::string("p\0ss \xC3\xA9", 7), std::string(100'000, 'k')}) {
    const std::string sealed = SecretBox::Open(Key())->Seal(secret, "repository RR-1").value();
    EXPECT_EQ(SecretBox::Open(Key())->Unseal(sealed, "repository RR-1").value(), secret);
  }
}

TEST_F(SecretBoxTest, TheSealedTextShowsNothingAndIsNeverTheSameTwice) {
  const SecretBox box = SecretBox::Open(Key()).value();
  const std::string one = box.Seal("hunter2-hunter2", "c").value();
  EXPECT_THAT(one, testing::Not(testing::HasSubstr("hunter")));
  EXPECT_NE(one, box.Seal("hunter2-hunter2", "c").value());
}

TEST_F(SecretBoxTest, AnotherContextKeyOrTextIsDenied) {
  const SecretBox box = SecretBox::Open(Key()).value();
  const SecretBox other = SecretBox::Open(dir_.path() / "other.key").value();
  const std::string sealed = box.Seal("secret", "repository RR-1").value();
  EXPECT_EQ(box.Unseal(sealed, "repository RR-2").error().code, Code::kDenied);
  EXPECT_EQ(other.Unseal(sealed, "repository RR-1").error().code, Code::kDenied);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(box.Unseal(changed, "repository RR-1")) << i;
    EXPECT_FALSE(box.Unseal(sealed.substr(0, i), "repository RR-1")) << i;
  }
}

TEST_F(SecretBoxTest, TheKeyFileIsPrivateAndAnOpenOneIsRefused) {
  ASSERT_TRUE(SecretBox::Open(Key()));
  struct stat info{};
  ASSERT_EQ(stat(Key().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  chmod(Key().c_str(), 0644);
  const auto opened = SecretBox::Open(Key());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kDenied);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("0644"));
}

TEST_F(SecretBoxTest, AKeyFileOfTheWrongSizeIsRefused) {
  ASSERT_TRUE(WriteFileAtomic(Key(), "short"));
  chmod(Key().c_str(), 0600);
  EXPECT_EQ(SecretBox::Open(Key()).error().code, Code::kInvalid);
}

TEST_F(SecretBoxTest, ProcessesThatCreateTheKeyAtOnceShareIt) {
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const auto box = SecretBox::Open(Key());
      const auto sealed = box ? box->Seal("s", "c") : Result<std::string>();
      const bool wrote =
          sealed && WriteFileAtomic(dir_.path() / ("out" + std::to_string(i)), *sealed);
      _exit(wrote ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const SecretBox box = SecretBox::Open(Key()).value();
  for (int i = 0; i < 6; ++i) {
    const auto sealed = ReadFile(dir_.path() / ("out" + std::to_string(i)));
    EXPECT_EQ(box.Unseal(*sealed, "c").value(), "s");
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    files += entry.path().filename().string().starts_with("secret.key") ? 1 : 0;
  }
  EXPECT_EQ(files, 1) << "temporary key files are left";
}

}  // namespace
}  // namespace carrel::store
