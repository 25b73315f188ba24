#include "runtime/git/known_hosts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "runtime/base/files.h"

namespace carrel::git {
namespace {

const HostKey kKey{"ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIBS4OzOdZVqiHyRcmLkS3c6rFkUz"};
const HostKey kOther{"ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIOtherOtherOtherOtherOther"};

HostKeyVerdict Check(const std::string& pattern, std::string_view host, int port = 22) {
  const std::string text = pattern + " " + kKey.type + " " + kKey.base64 + " a comment\n";
  return KnownHosts::Parse(text).Check(host, port, kKey);
}

TEST(KnownHosts, AHostIsKnownByEachFormOfItsName) {
  EXPECT_EQ(Check("host", "host"), HostKeyVerdict::kMatch);
  EXPECT_EQ(Check("a,host,10.0.0.1", "10.0.0.1"), HostKeyVerdict::kMatch);
  EXPECT_EQ(Check("[host]:2222", "host", 2222), HostKeyVerdict::kMatch);
  EXPECT_EQ(Check("*.example.com", "git.example.com"), HostKeyVerdict::kMatch);
  EXPECT_EQ(Check("h?st", "host"), HostKeyVerdict::kMatch);
  // HMAC-SHA1 of "host" under the salt, as ssh-keygen -H writes it
  constexpr const char* kHashed = "|1|c2FsdHNhbHRzYWx0c2FsdHNhbHQ=|/bStZr1+QnKbi4GFnFYw3qOejQo=";
  EXPECT_EQ(Check(kHashed, "host"), HostKeyVerdict::kMatch);
  EXPECT_EQ(Check(kHashed, "other"), HostKeyVerdict::kUnknownHost);
}

TEST(KnownHosts, AnotherNameOrPortIsUnknown) {
  EXPECT_EQ(Check("host", "other"), HostKeyVerdict::kUnknownHost);
  EXPECT_EQ(Check("host", "host", 2222), HostKeyVerdict::kUnknownHost);
  EXPECT_EQ(Check("[host]:2222", "host", 22), HostKeyVerdict::kUnknownHost);
  EXPECT_EQ(Check("*.example.com,!git.example.com", "git.example.com"),
            HostKeyVerdict::kUnknownHost);
  EXPECT_EQ(Check("# host", "host"), HostKeyVerdict::kUnknownHost);
  EXPECT_EQ(Check("|1|broken", "host"), HostKeyVerdict::kUnknownHost);
  EXPECT_EQ(KnownHosts::Parse("").Check("host", 22, kKey), HostKeyVerdict::kUnknownHost);
  EXPECT_EQ(KnownHosts::Parse("host ssh-ed25519\nhost\n\n").Check("host", 22, kKey),
            HostKeyVerdict::kUnknownHost);
}

TEST(KnownHosts, AnotherKeyOfAKnownHostIsAChange) {
  const auto known = KnownHosts::Parse("host " + kKey.type + " " + kKey.base64 + "\n");
  EXPECT_EQ(known.Check("host", 22, kOther), HostKeyVerdict::kChanged);
}

TEST(KnownHosts, OneOfSeveralKeysIsEnough) {
  const auto known = KnownHosts::Parse("host " + kOther.type + " " + kOther.base64 + "\r\nhost\t" +
                                       kKey.type + "\t" + kKey.base64 + "\r\n");
  EXPECT_EQ(known.Check("host", 22, kKey), HostKeyVerdict::kMatch);
  EXPECT_EQ(known.KeysOf("host", 22).size(), 2u);
}

TEST(KnownHosts, ARevokedKeyIsRefusedWhateverElseTheFileSays) {
  const std::string line = kKey.type + " " + kKey.base64 + "\n";
  for (const std::string& text :
       {"host " + line + "@revoked * " + line, "@revoked * " + line + "host " + line}) {
    EXPECT_EQ(KnownHosts::Parse(text).Check("host", 22, kKey), HostKeyVerdict::kRevoked);
    EXPECT_EQ(KnownHosts::Parse(text).KeysOf("host", 22).size(), 1u);
  }
  EXPECT_EQ(KnownHosts::Parse("@cert-authority * " + line).Check("host", 22, kKey),
            HostKeyVerdict::kUnknownHost);
}

TEST(KnownHosts, ALineIsAppendedAfterAnUnfinishedOneAndFoundAgain) {
  const auto directory = TempDir::Create("/tmp", "known-");
  ASSERT_TRUE(directory);
  const auto path = directory->path() / "ssh" / "known_hosts";
  ASSERT_TRUE(AppendKnownHost(path, "host", 22, kOther));
  ASSERT_TRUE(WriteFileAtomic(path, "# no newline"));
  ASSERT_TRUE(AppendKnownHost(path, "host", 2222, kKey));
  EXPECT_EQ(*ReadFile(path), "# no newline\n[host]:2222 " + kKey.type + " " + kKey.base64 + "\n");
  EXPECT_EQ(KnownHosts::Load(path)->Check("host", 2222, kKey), HostKeyVerdict::kMatch);
  struct stat info{};
  ASSERT_EQ(::stat(path.parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST(KnownHosts, AMissingFileKnowsNobodyAndADirectoryIsAnError) {
  EXPECT_EQ(KnownHosts::Load("/nonexistent/known_hosts")->Check("h", 22, kKey),
            HostKeyVerdict::kUnknownHost);
  EXPECT_FALSE(KnownHosts::Load("/tmp"));
}

TEST(KnownHosts, AKeyBlobBeginsWithItsType) {
  const std::string blob("\0\0\0\x0bssh-ed25519\0\0\0\x02hi", 21);
  const auto key = ParseHostKey(blob);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type, "ssh-ed25519");
  EXPECT_EQ(key->base64, "AAAAC3NzaC1lZDI1NTE5AAAAAmhp");
  EXPECT_EQ(ParseHostKey("").error().code, Code::kProtocol);
  EXPECT_EQ(ParseHostKey(std::string("\xff\xff\xff\xff", 4)).error().code, Code::kProtocol);
}

}  // namespace
}  // namespace carrel::git
