#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <zlib.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/zip_writer.h"
#include "sdk/render/zip_reader.h"

namespace carrel::render {
namespace {

using testing::HasSubstr;

class ZipTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = TempDir::Create(std::filesystem::temp_directory_path(), "zip");
    ASSERT_TRUE(dir);
    dir_.emplace(std::move(*dir));
    path_ = dir_->path() / "a.zip";
    fd_.Reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  }

  std::string Archive() {
    ZipWriter zip(fd_.get());
    EXPECT_TRUE(zip.Add("a.txt", std::string(100'000, 'a'), {}));
    EXPECT_TRUE(zip.Add("stored", "123456", {.method = ZipWriter::Method::kStored}));
    EXPECT_TRUE(zip.Add("grow", "xyz", {.growth = ZipWriter::Growth::kAny}));
    EXPECT_TRUE(zip.Finish());
    return *ReadFile(path_);
  }

  std::string OpenError(std::string_view bytes, const ZipLimits& limits = {}) {
    const auto path = dir_->path() / "b.zip";
    EXPECT_TRUE(WriteFileAtomic(path, bytes));
    const auto reader = ZipReader::Open(path, limits);
    return reader ? "" : reader.error().message;
  }

  std::optional<TempDir> dir_;
  std::filesystem::path path_;
  UniqueFd fd_;
};

TEST_F(ZipTest, EntriesReadBackAsWritten) {
  Archive();
  auto reader = ZipReader::Open(path_);
  ASSERT_TRUE(reader);
  ASSERT_EQ((*reader)->entries().size(), 3u);
  EXPECT_EQ(*(*reader)->Read(*(*reader)->Find("a.txt"), 1 << 20), std::string(100'000, 'a'));
  EXPECT_EQ(*(*reader)->Read(*(*reader)->Find("STORED"), 10), "123456");
  EXPECT_EQ(*(*reader)->Read(*(*reader)->Find("grow"), 10), "xyz");
  EXPECT_EQ((*reader)->Find("none"), nullptr);
}

TEST_F(ZipTest, TheSameCallsGiveTheSameBytes) {
  const std::string first = Archive();
  fd_.Reset(::open(path_.c_str(), O_RDWR | O_TRUNC | O_CLOEXEC));
  EXPECT_EQ(Archive(), first);
}

TEST_F(ZipTest, RawCopiesKeepTheirBytes) {
  Archive();
  auto reader = ZipReader::Open(path_);
  UniqueFd out(::open((dir_->path() / "c.zip").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ZipWriter zip(out.get());
  const ZipEntry& entry = *(*reader)->Find("a.txt");
  ASSERT_TRUE(zip.BeginRaw(
      {entry.name, entry.method, entry.flags, entry.crc, entry.compressed_size, entry.size}));
  ASSERT_TRUE((*reader)->CopyRaw(entry, [&](std::string_view bytes) { return zip.Write(bytes); }));
  ASSERT_TRUE(zip.End());
  ASSERT_TRUE(zip.Finish());
  auto copy = ZipReader::Open(dir_->path() / "c.zip");
  ASSERT_TRUE(copy);
  EXPECT_EQ(*(*copy)->Read((*copy)->entries()[0], 1 << 20), std::string(100'000, 'a'));
}

TEST_F(ZipTest, MoreThan65535EntriesNeedZip64AndReadBack) {
  ZipWriter zip(fd_.get());
  for (int i = 0; i < 65'600; ++i) {
    ASSERT_TRUE(zip.Add(std::to_string(i), "", {.method = ZipWriter::Method::kStored}));
  }
  ASSERT_TRUE(zip.Finish());
  auto reader = ZipReader::Open(path_, {.max_entries = 100'000});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->entries().size(), 65'600u);
  EXPECT_THAT(ZipReader::Open(path_).error().message, HasSubstr("at most 10000"));
}

TEST_F(ZipTest, DamageIsRefusedAndNeverCrashes) {
  const std::string good = Archive();
  EXPECT_EQ(OpenError(good), "");
  EXPECT_THAT(OpenError("hello"), HasSubstr("not a zip archive"));
  EXPECT_THAT(OpenError(""), HasSubstr("not a zip archive"));
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char flip : {'\x01', '\xFF'}) {
      std::string bad = good;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      const auto path = dir_->path() / "d.zip";
      ASSERT_TRUE(WriteFileAtomic(path, bad));
      auto reader = ZipReader::Open(path);
      if (!reader) continue;
      for (const ZipEntry& entry : (*reader)->entries()) {
        (void)(*reader)->Read(entry, 1 << 20);
      }
    }
  }
}

TEST_F(ZipTest, ChangedDataIsFoundByItsChecksum) {
  std::string bytes = Archive();
  bytes[bytes.find("123456")] = 'X';
  EXPECT_EQ(OpenError(bytes), "");
  auto reader = ZipReader::Open(dir_->path() / "b.zip");
  const auto text = (*reader)->Read(*(*reader)->Find("stored"), 100);
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().message, HasSubstr("checksum"));
}

TEST_F(ZipTest, EncryptedEntriesAreNamed) {
  std::string bytes = Archive();
  const size_t central = bytes.find("PK\x01\x02");
  bytes[central + 8] = 1;
  EXPECT_THAT(OpenError(bytes), HasSubstr("a.txt is encrypted"));
}

TEST_F(ZipTest, TheInflatedBudgetHoldsOverAllEntries) {
  Archive();
  auto reader = ZipReader::Open(path_, {.max_inflated = 50'000});
  const auto text = (*reader)->Read(*(*reader)->Find("a.txt"), 1 << 20);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::kLimit);
}

// Archives made byte by byte, to lie in each field.
struct RawEntry {
  std::string name;
  std::string data;
  uint16_t method = 0, flags = 0;
  uint32_t crc = 0, compressed = 0, size = 0;
  std::string local_name;          // when it differs
  std::string local_extra, extra;  // of the local header, of the directory
  std::optional<uint32_t> offset;  // of the local header, when it is a lie
  std::string descriptor;          // behind the data
};

std::string Le(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

RawEntry Stored(std::string name, std::string data) {
  RawEntry entry;
  entry.name = std::move(name);
  entry.crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
  entry.size = entry.compressed = static_cast<uint32_t>(data.size());
  entry.data = std::move(data);
  return entry;
}

std::string LocalHeader(const RawEntry& e) {
  const std::string& name = e.local_name.empty() ? e.name : e.local_name;
  return "PK\x03\x04" + Le(20, 2) + Le(e.flags, 2) + Le(e.method, 2) + Le(0, 4) + Le(e.crc, 4) +
         Le(e.compressed, 4) + Le(e.size, 4) + Le(name.size(), 2) + Le(e.local_extra.size(), 2) +
         name + e.local_extra;
}

std::string DirectoryEntry(const RawEntry& e, size_t offset) {
  return "PK\x01\x02" + Le(20, 2) + Le(20, 2) + Le(e.flags, 2) + Le(e.method, 2) + Le(0, 4) +
         Le(e.crc, 4) + Le(e.compressed, 4) + Le(e.size, 4) + Le(e.name.size(), 2) +
         Le(e.extra.size(), 2) + Le(0, 2) + Le(0, 2) + Le(0, 2) + Le(0, 4) + Le(offset, 4) +
         e.name + e.extra;
}

std::string EndRecord(uint64_t entries, uint64_t size, uint64_t offset) {
  return "PK\x05\x06" + Le(0, 4) + Le(entries, 2) + Le(entries, 2) + Le(size, 4) + Le(offset, 4) +
         Le(0, 2);
}

std::string RawZip(const std::vector<RawEntry>& entries, std::optional<uint64_t> announced = {}) {
  std::string bytes, directory;
  for (const RawEntry& e : entries) {
    directory += DirectoryEntry(e, e.offset.value_or(static_cast<uint32_t>(bytes.size())));
    bytes += LocalHeader(e) + e.data + e.descriptor;
  }
  return bytes + directory +
         EndRecord(announced.value_or(entries.size()), directory.size(), bytes.size());
}

std::string Deflated(std::string_view text) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

class ZipLiesTest : public ZipTest {
 protected:
  // Of opening the archive and reading all of it.
  std::string Refusal(const std::string& bytes, const ZipLimits& limits = {}) {
    const auto path = dir_->path() / "lie.zip";
    EXPECT_TRUE(WriteFileAtomic(path, bytes));
    auto reader = ZipReader::Open(path, limits);
    if (!reader) return reader.error().message;
    for (const ZipEntry& entry : (*reader)->entries()) {
      if (auto status = (*reader)->Verify(entry); !status) return status.error().message;
    }
    return "";
  }
};

TEST_F(ZipLiesTest, AnHonestArchiveIsRead) {
  EXPECT_EQ(Refusal(RawZip({Stored("a", "1"), Stored("b/c", ""), Stored("b/d", "222")})), "");
  EXPECT_EQ(Refusal("#!/bin/sh\n" + RawZip({Stored("a", "1")})), "");
}

TEST_F(ZipLiesTest, DataDescriptorsAreNotNeededSinceTheDirectoryHasTheSizes) {
  RawEntry entry = Stored("a", "12345");
  entry.flags = 8;
  entry.descriptor = "PK\x07\x08" + Le(entry.crc, 4) + Le(5, 4) + Le(5, 4);
  EXPECT_EQ(Refusal(RawZip({entry, Stored("b", "x")})), "");
  // A local header without sizes and a descriptor that lies change nothing.
  entry.descriptor = "PK\x07\x08" + Le(0, 4) + Le(1U << 31, 4) + Le(1U << 31, 4);
  EXPECT_EQ(Refusal(RawZip({entry, Stored("b", "x")})), "");
}

TEST_F(ZipLiesTest, OverlappingEntriesAreRefused) {
  // Two names for one file.
  RawEntry again = Stored("b", "12345");
  again.local_name = "a";
  again.offset = 0;
  EXPECT_THAT(Refusal(RawZip({Stored("a", "12345"), again})), HasSubstr("local header says"));
  // Each file quotes the local header of the next, as Fifield's bombs do; padding hides it from a
  // sum of sizes.
  const RawEntry inner = Stored("b", std::string(1000, 'x'));
  RawEntry outer = Stored("a", LocalHeader(inner) + inner.data);
  const std::string head = LocalHeader(outer);
  const std::string body = head + outer.data + std::string(5000, 'p');
  const std::string directory = DirectoryEntry(outer, 0) + DirectoryEntry(inner, head.size());
  EXPECT_EQ(Refusal(body + directory + EndRecord(2, directory.size(), body.size())),
            "damaged zip archive: entries overlap: b");
}

TEST_F(ZipLiesTest, AnEntryInsideOfTheDirectoryIsRefused) {
  RawEntry entry = Stored("a", "");
  entry.method = 8;
  const std::string head = LocalHeader(entry);
  entry.compressed = 60;
  const std::string directory = DirectoryEntry(entry, 0);
  EXPECT_EQ(Refusal(head + directory + EndRecord(1, directory.size(), head.size())),
            "damaged zip archive: an entry overlaps the directory");
}

TEST_F(ZipLiesTest, SizesThatLieAreFoundWhenTheDataIsRead) {
  const std::string zeros(1 << 20, '\0');
  RawEntry honest = Stored("a", zeros);
  honest.data = Deflated(zeros);
  honest.method = 8;
  honest.compressed = static_cast<uint32_t>(honest.data.size());
  EXPECT_EQ(Refusal(RawZip({honest})), "");
  RawEntry entry = honest;
  entry.size = 10;
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("a: larger than its directory entry says"));
  entry.size = 0xFFFFFFFE;
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("a: smaller than its directory entry says"));
  entry = honest;
  entry.data += "hidden";
  entry.compressed += 6;
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("a: bytes behind its compressed data"));
  entry = honest;
  entry.compressed -= 6;
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("a: compressed data ends early"));
  entry = Stored("a", "12345");
  entry.size = 500'000'000;
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("a: stored with two different sizes"));
  entry.compressed = 500'000'000;
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("a: data lies outside the file"));
}

TEST_F(ZipLiesTest, ABombIsReadNoFurtherThanTheBudget) {
  const std::string zeros(64 << 20, '\0');
  RawEntry entry = Stored("0", zeros);
  entry.data = Deflated(zeros);
  entry.method = 8;
  entry.compressed = static_cast<uint32_t>(entry.data.size());
  std::vector<RawEntry> entries(10, entry);
  for (size_t i = 0; i < entries.size(); ++i) entries[i].name = std::to_string(i);
  EXPECT_EQ(Refusal(RawZip(entries)), "zip archive inflates to more than 512.0 MiB");
}

// Archives inside of archives are files like others.
TEST_F(ZipLiesTest, NestedArchivesAreNotOpened) {
  std::string bytes = RawZip({Stored("0", std::string(1000, 'x'))});
  for (int level = 0; level < 6; ++level) {
    std::vector<RawEntry> copies;
    for (int i = 0; i < 4; ++i)
      copies.push_back(Stored("lib " + std::to_string(i) + ".zip", bytes));
    bytes = RawZip(copies);
  }
  EXPECT_EQ(Refusal(bytes), "");
}

TEST_F(ZipLiesTest, CountsThatLieAreRefused) {
  const std::vector<RawEntry> two = {Stored("a", "1"), Stored("b", "2")};
  EXPECT_THAT(Refusal(RawZip(two, 1)), HasSubstr("more entries than announced"));
  EXPECT_THAT(Refusal(RawZip(two, 3)), HasSubstr("fewer entries than announced"));
  EXPECT_THAT(Refusal(RawZip(two, 0)), HasSubstr("more entries than announced"));
  EXPECT_THAT(Refusal(RawZip(two, 60'000)), HasSubstr("60000 entries: at most 10000"));
}

TEST_F(ZipLiesTest, AMillionEntriesAreRefusedBeforeTheyAreRead) {
  std::string directory;
  for (int i = 0; i < 1'000'000; ++i) directory += DirectoryEntry(Stored("a", ""), 0);
  const std::string end64 = "PK\x06\x06" + Le(44, 8) + Le(45, 2) + Le(45, 2) + Le(0, 8) +
                            Le(1'000'000, 8) + Le(1'000'000, 8) + Le(directory.size(), 8) +
                            Le(0, 8);
  const std::string locator = "PK\x06\x07" + Le(0, 4) + Le(directory.size(), 8) + Le(1, 4);
  EXPECT_EQ(Refusal(directory + end64 + locator + EndRecord(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)),
            "zip archive of 1000000 entries: at most 10000 are read");
  // Without zip64 the count is cut to 16 bits.
  EXPECT_THAT(Refusal(directory + EndRecord(1'000'000 & 0xFFFF, directory.size(), 0)),
              HasSubstr("entries: at most 10000 are read"));
  EXPECT_THAT(Refusal(directory + EndRecord(100, directory.size(), 0)), HasSubstr("zip directory"));
}

TEST_F(ZipLiesTest, Zip64RecordsThatLieAreRefused) {
  const auto zip64 = [](uint64_t entries, uint64_t size, uint64_t offset, uint64_t at) {
    const std::string body = RawZip({Stored("a", "1")}).substr(0, 32);
    return body + DirectoryEntry(Stored("a", "1"), 0) + "PK\x06\x06" + Le(44, 8) + Le(45, 2) +
           Le(45, 2) + Le(0, 8) + Le(entries, 8) + Le(entries, 8) + Le(size, 8) + Le(offset, 8) +
           "PK\x06\x07" + Le(0, 4) + Le(at, 8) + Le(1, 4) +
           EndRecord(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF);
  };
  EXPECT_EQ(Refusal(zip64(1, 47, 32, 79)), "");
  constexpr uint64_t kHuge = ~uint64_t{0};
  EXPECT_THAT(Refusal(zip64(kHuge, 47, 32, 79)), HasSubstr("at most 10000 are read"));
  EXPECT_THAT(Refusal(zip64(1, kHuge, 32, 79)), HasSubstr("outside the file"));
  EXPECT_THAT(Refusal(zip64(1, 47, kHuge, 79)), HasSubstr("outside the file"));
  EXPECT_THAT(Refusal(zip64(1, 47, kHuge - 46, 79)), HasSubstr("outside the file"));
  EXPECT_THAT(Refusal(zip64(1, 47, 32, kHuge)), HasSubstr("ends early"));
  EXPECT_THAT(Refusal(zip64(1, 47, 32, 78)), HasSubstr("zip64 end record missing"));
  RawEntry entry = Stored("a", "1");
  entry.size = entry.compressed = 0xFFFFFFFF;
  entry.extra = Le(1, 2) + Le(16, 2) + Le(kHuge, 8) + Le(kHuge, 8);
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("outside the file"));
  entry.extra = Le(1, 2) + Le(16, 2) + Le(1, 8) + Le(1, 8);
  EXPECT_EQ(Refusal(RawZip({entry})), "");
  entry.extra = Le(1, 2) + Le(8, 2) + Le(1, 8);
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("zip64 record too short"));
  entry.extra = "";
  EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("outside the file"));
}

TEST_F(ZipLiesTest, NamesThatLeadOutOfAFolderAreRefused) {
  for (const std::string name : {"../a", "a/../../b", "/a", "a\\b", "C:/a", "..", "a/.."}) {
    EXPECT_THAT(Refusal(RawZip({Stored(name, "")})), HasSubstr("points outside the file")) << name;
  }
  EXPECT_THAT(Refusal(RawZip({Stored(std::string("a\0b", 3), "")})), HasSubstr("no proper name"));
  EXPECT_THAT(Refusal(RawZip({Stored("", "")})), HasSubstr("no proper name"));
  EXPECT_THAT(Refusal(RawZip({Stored(std::string(2000, 'n'), "")})), HasSubstr("2000 bytes"));
  EXPECT_THAT(Refusal(RawZip({Stored("a", ""), Stored("a", "")})), HasSubstr("two entries a"));
}

TEST_F(ZipLiesTest, EncryptionAndOtherMethodsAreRefusedByEntry) {
  RawEntry entry = Stored("a", "1");
  for (const uint16_t flag : std::initializer_list<uint16_t>{0x1, 0x40, 0x2000}) {
    entry.flags = flag;
    EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("a is encrypted")) << flag;
  }
  entry.flags = 0;
  for (const uint16_t method : std::initializer_list<uint16_t>{1, 9, 12, 14, 93, 95, 99}) {
    entry.method = method;
    EXPECT_THAT(Refusal(RawZip({entry})), HasSubstr("unsupported zip compression")) << method;
  }
}

TEST_F(ZipTest, AFileSizeLimitIsReportedAsALimit) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  ZipWriter zip(fd_.get());
  const auto status =
      zip.Add("a", std::string(1 << 20, 'x'), {.method = ZipWriter::Method::kStored});
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kLimit);
}

}  // namespace
}  // namespace carrel::render
