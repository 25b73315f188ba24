#include "sdk/render/zip_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "runtime/base/deflate.h"
#include "runtime/base/inflate_stream.h"
#include "runtime/base/text.h"

namespace carrel::render {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kEndBytes = 22;
constexpr size_t kLocator64Bytes = 20;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kCentralBytes = 46;
constexpr size_t kLocalBytes = 30;
constexpr uint64_t kMaxDirectoryBytes = uint64_t{16} << 20;
constexpr uint64_t kMax32 = 0xFFFFFFFF;
constexpr uint16_t kEncryptedFlags = 0x2041;
constexpr size_t kPiece = size_t{64} << 10;

template <typename T>
T Get(std::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = sizeof(T); i-- > 0;) {
    value = static_cast<T>((value << 8) | static_cast<unsigned char>(bytes[at + i]));
  }
  return value;
}
uint16_t Get16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<unsigned char>(bytes[at]) |
                               static_cast<unsigned char>(bytes[at + 1]) << 8);
}
uint32_t Get32(std::string_view bytes, size_t at) { return Get<uint32_t>(bytes, at); }
uint64_t Get64(std::string_view bytes, size_t at) { return Get<uint64_t>(bytes, at); }

std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(Code::kInvalid, fmt::format("damaged zip archive: {}", what));
}

std::string Printable(std::string_view name) { return EscapeControls(Truncate(ToUtf8(name), 100)); }

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

// Sizes and offset of an entry that does not fit in 32 bits.
Status ReadZip64Extra(std::string_view extra, ZipEntry& entry) {
  while (extra.size() >= 4) {
    const uint16_t id = Get16(extra, 0);
    const size_t size = Get16(extra, 2);
    if (size > extra.size() - 4) break;
    std::string_view body = extra.substr(4, size);
    extra.remove_prefix(4 + size);
    if (id != 1) continue;
    for (uint64_t* field : {&entry.size, &entry.compressed_size, &entry.header_offset}) {
      if (*field != kMax32) continue;
      if (body.size() < 8) return Damaged("zip64 record too short");
      *field = Get64(body, 0);
      body.remove_prefix(8);
    }
    return {};
  }
  return {};
}

bool LeavesFolder(std::string_view name) {
  if (name.starts_with('/') || name.find('\\') != name.npos || name.find(':') != name.npos) {
    return true;
  }
  const std::string framed = fmt::format("/{}/", name);
  return framed.find("/../") != framed.npos;
}

}  // namespace

struct ZipStream::State {
  ZipReader* reader = nullptr;
  const ZipEntry* entry = nullptr;
  uint64_t next = 0;       // file offset of the compressed bytes still to read
  uint64_t remaining = 0;  // how many
  uint64_t produced = 0;
  uint32_t crc = 0;
  std::string input;  // compressed bytes in memory
  size_t taken = 0;   // of them, by the inflater
  std::optional<InflateStream> inflater;
  bool done = false;

  Status Refill() {
    const auto size = static_cast<size_t>(std::min<uint64_t>(remaining, kPiece));
    input.resize(size);
    taken = size;
    CARREL_TRY(reader->ReadInto(next, input.data(), size));
    taken = 0;
    next += size;
    remaining -= size;
    return {};
  }

  std::unexpected<Error> Bad(std::string_view what) const {
    return Damaged(fmt::format("{}: {}", Printable(entry->name), what));
  }

  Result<size_t> Inflate(char* out, size_t size) {
    size_t produced_now = 0;
    while (!done && produced_now < size) {
      if (taken == input.size() && remaining > 0) CARREL_TRY(Refill());
      const std::string_view ahead = std::string_view(input).substr(taken);
      const auto step = inflater->Inflate(ahead, out + produced_now, size - produced_now);
      if (!step) return Bad(step.error().message);
      taken += step->consumed;
      produced_now += step->produced;
      done = step->done;
      if (done && remaining + step->behind > 0) return Bad("bytes behind its compressed data");
      if (!done && ahead.empty() && step->produced == 0) return Bad("compressed data ends early");
    }
    return produced_now;
  }

  Result<size_t> CopyStored(char* out, size_t size) {
    const auto n = static_cast<size_t>(std::min<uint64_t>({remaining, size, kPiece}));
    CARREL_ASSIGN_OR_RETURN(const std::string bytes, reader->ReadAt(next, n));
    bytes.copy(out, n);
    next += n;
    remaining -= n;
    done = remaining == 0;
    return n;
  }
};

ZipStream::ZipStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZipStream::~ZipStream() = default;
ZipStream::ZipStream(ZipStream&&) noexcept = default;
ZipStream& ZipStream::operator=(ZipStream&&) noexcept = default;

Result<size_t> ZipStream::Read(char* out, size_t size) {
  State& s = *state_;
  size = std::min(size, size_t{1} << 30);
  size_t n = 0;
  if (!s.done && size > 0) {
    CARREL_ASSIGN_OR_RETURN(n, s.inflater ? s.Inflate(out, size) : s.CopyStored(out, size));
    CARREL_TRY(s.reader->Spend(n));
    s.produced += n;
    s.crc = Crc32(s.crc, {out, n});
    if (s.produced > s.entry->size) return s.Bad("larger than its directory entry says");
  }
  if (!s.done) return n;
  if (s.produced != s.entry->size) return s.Bad("smaller than its directory entry says");
  if (s.crc != s.entry->crc) return s.Bad("checksum does not match");
  return n;
}

ZipReader::ZipReader(UniqueFd fd, uint64_t file_size, const ZipLimits& limits)
    : fd_(std::move(fd)), file_size_(file_size), limits_(limits) {}

Result<std::unique_ptr<ZipReader>> ZipReader::Open(const std::filesystem::path& path,
                                                   const ZipLimits& limits) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return FailErrno("open");
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return FailErrno("stat");
  if (!S_ISREG(info.st_mode)) return Fail(Code::kInvalid, "not a regular file");
  const auto size = static_cast<uint64_t>(info.st_size);
  std::unique_ptr<ZipReader> reader(new ZipReader(std::move(fd), size, limits));
  CARREL_TRY(reader->ReadDirectory());
  return reader;
}

Result<std::string> ZipReader::ReadAt(uint64_t offset, size_t size) const {
  if (offset > file_size_ || size > file_size_ - offset) return Damaged("it ends early");
  std::string out(size, '\0');
  CARREL_TRY(ReadInto(offset, out.data(), size));
  return out;
}

Status ZipReader::ReadInto(uint64_t offset, char* out, size_t size) const {
  if (offset > file_size_ || size > file_size_ - offset) return Damaged("it ends early");
  size_t done = 0;
  while (done < size) {
    const ssize_t n =
        ::pread(fd_.get(), out + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailErrno("read zip archive");
    if (n == 0) return Damaged("it ends early");
    done += static_cast<size_t>(n);
  }
  return {};
}

Result<ZipReader::Directory> ZipReader::FindDirectory() const {
  const auto tail_size = static_cast<size_t>(std::min<uint64_t>(file_size_, kEndBytes + 0xFFFF));
  CARREL_ASSIGN_OR_RETURN(const std::string tail, ReadAt(file_size_ - tail_size, tail_size));
  const std::string_view view = tail;
  for (size_t at = tail_size < kEndBytes ? std::string_view::npos : tail_size - kEndBytes;
       at != std::string_view::npos; at = at == 0 ? std::string_view::npos : at - 1) {
    if (Get32(view, at) != kEndSignature) continue;
    if (Get16(view, at + 20) > tail_size - at - kEndBytes) continue;
    Directory found;
    found.entries = Get16(view, at + 10);
    found.size = Get32(view, at + 12);
    found.offset = Get32(view, at + 16);
    const uint64_t end_offset = file_size_ - tail_size + at;
    if (found.entries == 0xFFFF || found.size == kMax32 || found.offset == kMax32) {
      return FindDirectory64(end_offset, found);
    }
    if (found.size > end_offset || found.offset > end_offset - found.size) {
      return Damaged("its directory lies outside the file");
    }
    found.shift = end_offset - found.size - found.offset;
    return found;
  }
  return Fail(Code::kInvalid, "not a zip archive");
}

Result<ZipReader::Directory> ZipReader::FindDirectory64(uint64_t end_offset,
                                                        const Directory& found) const {
  if (end_offset < kLocator64Bytes) return Damaged("zip64 locator missing");
  CARREL_ASSIGN_OR_RETURN(const std::string locator,
                          ReadAt(end_offset - kLocator64Bytes, kLocator64Bytes));
  if (Get32(locator, 0) != kLocator64Signature) {
    // 65,535 entries exactly are possible without zip64.
    if (found.size == kMax32 || found.offset == kMax32) return Damaged("zip64 locator missing");
    Directory plain = found;
    if (plain.size > end_offset || plain.offset > end_offset - plain.size) {
      return Damaged("its directory lies outside the file");
    }
    plain.shift = end_offset - plain.size - plain.offset;
    return plain;
  }
  const uint64_t at = Get64(locator, 8);
  CARREL_ASSIGN_OR_RETURN(const std::string end, ReadAt(at, kEnd64Bytes));
  if (Get32(end, 0) != kEnd64Signature) return Damaged("zip64 end record missing");
  Directory directory;
  directory.entries = Get64(end, 32);
  directory.size = Get64(end, 40);
  directory.offset = Get64(end, 48);
  if (directory.size > at || directory.offset > at - directory.size) {
    return Damaged("its directory lies outside the file");
  }
  return directory;
}

Status ZipReader::ReadDirectory() {
  CARREL_ASSIGN_OR_RETURN(const Directory directory, FindDirectory());
  if (directory.entries > limits_.max_entries) {
    return Fail(Code::kLimit, fmt::format("zip archive of {} entries: at most {} are read",
                                          directory.entries, limits_.max_entries));
  }
  if (directory.size > kMaxDirectoryBytes) {
    return Fail(Code::kLimit,
                fmt::format("zip directory of {}: at most {} are read", HumanBytes(directory.size),
                            HumanBytes(kMaxDirectoryBytes)));
  }
  CARREL_ASSIGN_OR_RETURN(const std::string bytes, ReadAt(directory.offset + directory.shift,
                                                          static_cast<size_t>(directory.size)));
  entries_.reserve(static_cast<size_t>(directory.entries));
  std::string_view rest = bytes;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    CARREL_ASSIGN_OR_RETURN(const size_t used, ReadDirectoryEntry(rest, directory));
    rest.remove_prefix(used);
  }
  if (!rest.empty()) return Damaged("its directory has more entries than announced");
  CARREL_TRY(CheckNames());
  return FindData(directory.offset + directory.shift);
}

Result<size_t> ZipReader::ReadDirectoryEntry(std::string_view bytes, const Directory& directory) {
  if (bytes.size() < kCentralBytes || Get32(bytes, 0) != kCentralSignature) {
    return Damaged("its directory has fewer entries than announced");
  }
  const size_t name_size = Get16(bytes, 28);
  const size_t extra_size = Get16(bytes, 30);
  const size_t used = kCentralBytes + name_size + extra_size + Get16(bytes, 32);
  if (used > bytes.size()) return Damaged("a directory entry is cut off");
  if (name_size > limits_.max_name) {
    return Fail(Code::kLimit, fmt::format("zip entry name of {} bytes: at most {} are read",
                                          name_size, limits_.max_name));
  }
  ZipEntry entry;
  entry.name = bytes.substr(kCentralBytes, name_size);
  entry.flags = Get16(bytes, 8);
  entry.method = Get16(bytes, 10);
  entry.crc = Get32(bytes, 16);
  entry.compressed_size = Get32(bytes, 20);
  entry.size = Get32(bytes, 24);
  entry.header_offset = Get32(bytes, 42);
  CARREL_TRY(ReadZip64Extra(bytes.substr(kCentralBytes + name_size, extra_size), entry));
  if (entry.header_offset > file_size_) return Damaged("an entry lies outside the file");
  entry.header_offset += directory.shift;
  entries_.push_back(std::move(entry));
  return used;
}

Status ZipReader::CheckNames() {
  for (size_t i = 0; i < entries_.size(); ++i) {
    const ZipEntry& entry = entries_[i];
    CARREL_TRY(CheckEntry(entry));
    if (!by_name_.emplace(entry.name, i).second) {
      return Damaged(fmt::format("two entries {}", Printable(entry.name)));
    }
    by_lower_name_.emplace(Lower(entry.name), i);  // the first of them counts
  }
  return {};
}

Status ZipReader::CheckEntry(const ZipEntry& entry) const {
  const std::string name = Printable(entry.name);
  if (entry.name.empty() || entry.name.find('\0') != std::string::npos) {
    return Damaged("an entry has no proper name");
  }
  // Copied into the output as they are: whoever unpacks it must stay inside his folder.
  if (LeavesFolder(entry.name)) return Damaged(fmt::format("{} points outside the file", name));
  if (entry.flags & kEncryptedFlags) {
    return Fail(Code::kInvalid, fmt::format("{} is encrypted; save it without a password", name));
  }
  if (entry.method != 0 && entry.method != 8) {
    return Fail(Code::kInvalid,
                fmt::format("{}: unsupported zip compression method {}", name, entry.method));
  }
  if (entry.method == 0 && entry.size != entry.compressed_size) {
    return Damaged(fmt::format("{}: stored with two different sizes", name));
  }
  return {};
}

// Where each entry's data begins. No byte of the file belongs to two entries, or to an entry and
// the directory: a small file cannot inflate to much by saying the same thing often.
Status ZipReader::FindData(uint64_t directory_offset) {
  std::vector<ZipEntry*> order;
  order.reserve(entries_.size());
  for (ZipEntry& entry : entries_) {
    CARREL_TRY(ReadLocalHeader(entry));
    order.push_back(&entry);
  }
  std::ranges::sort(order, {}, &ZipEntry::header_offset);
  uint64_t end = 0;
  for (const ZipEntry* entry : order) {
    if (entry->header_offset < end) {
      return Damaged(fmt::format("entries overlap: {}", Printable(entry->name)));
    }
    end = entry->data_offset + entry->compressed_size;
  }
  if (end > directory_offset) return Damaged("an entry overlaps the directory");
  return {};
}

Status ZipReader::ReadLocalHeader(ZipEntry& entry) const {
  CARREL_ASSIGN_OR_RETURN(const std::string header,
                          ReadAt(entry.header_offset, kLocalBytes + entry.name.size()));
  if (Get32(header, 0) != kLocalSignature) {
    return Damaged(fmt::format("{}: local header missing", Printable(entry.name)));
  }
  const bool same = Get16(header, 8) == entry.method && Get16(header, 26) == entry.name.size() &&
                    header.ends_with(entry.name) && (Get16(header, 6) & kEncryptedFlags) == 0;
  if (!same) {
    return Damaged(fmt::format("{}: local header says something else", Printable(entry.name)));
  }
  entry.data_offset = entry.header_offset + header.size() + Get16(header, 28);
  if (entry.data_offset > file_size_ || entry.compressed_size > file_size_ - entry.data_offset) {
    return Damaged(fmt::format("{}: data lies outside the file", Printable(entry.name)));
  }
  return {};
}

const ZipEntry* ZipReader::Find(std::string_view name) const {
  const auto exact = by_name_.find(std::string(name));
  if (exact != by_name_.end()) return &entries_[exact->second];
  const auto near = by_lower_name_.find(Lower(name));
  return near == by_lower_name_.end() ? nullptr : &entries_[near->second];
}

Status ZipReader::Spend(uint64_t bytes) {
  if (bytes > limits_.max_inflated - inflated_) {
    return Fail(Code::kLimit, fmt::format("zip archive inflates to more than {}",
                                          HumanBytes(limits_.max_inflated)));
  }
  inflated_ += bytes;
  return {};
}

Result<ZipStream> ZipReader::Stream(const ZipEntry& entry) {
  auto state = std::make_unique<ZipStream::State>();
  state->reader = this;
  state->entry = &entry;
  state->next = entry.data_offset;
  state->remaining = entry.compressed_size;
  if (entry.method == 8) {
    state->inflater.emplace(InflateStream::Format::kRaw);
  } else {
    state->done = entry.size == 0;
  }
  return ZipStream(std::move(state));
}

Result<std::string> ZipReader::Read(const ZipEntry& entry, size_t max_bytes) {
  if (entry.size > max_bytes) {
    return Fail(Code::kLimit,
                fmt::format("{}: {} inflated, at most {} are read", Printable(entry.name),
                            HumanBytes(entry.size), HumanBytes(max_bytes)));
  }
  CARREL_ASSIGN_OR_RETURN(ZipStream stream, Stream(entry));
  // One byte more than announced, so that a longer stream is seen; grown only as data arrives.
  std::string out;
  for (;;) {
    const size_t before = out.size();
    const uint64_t want = std::min<uint64_t>(entry.size + 1 - before, kPiece * 4);
    out.resize(before + static_cast<size_t>(want));
    CARREL_ASSIGN_OR_RETURN(const size_t n,
                            stream.Read(out.data() + before, static_cast<size_t>(want)));
    out.resize(before + n);
    if (n == 0) return out;
  }
}

Status ZipReader::Verify(const ZipEntry& entry) {
  CARREL_ASSIGN_OR_RETURN(ZipStream stream, Stream(entry));
  std::string piece(kPiece, '\0');
  for (size_t n = 1; n > 0;) {
    CARREL_ASSIGN_OR_RETURN(n, stream.Read(piece.data(), piece.size()));
  }
  return {};
}

Status ZipReader::CopyRaw(const ZipEntry& entry,
                          const std::function<Status(std::string_view)>& sink) {
  uint64_t offset = entry.data_offset;
  for (uint64_t rest = entry.compressed_size; rest > 0;) {
    const auto size = static_cast<size_t>(std::min<uint64_t>(rest, kPiece));
    CARREL_ASSIGN_OR_RETURN(const std::string bytes, ReadAt(offset, size));
    CARREL_TRY(sink(bytes));
    offset += size;
    rest -= size;
  }
  return {};
}

}  // namespace carrel::render
