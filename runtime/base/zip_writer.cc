#include "runtime/base/zip_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/deflate_file.h"

namespace carrel {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr uint16_t kDosTime = 0;
constexpr uint16_t kDosDate = (1 << 5) | 1;  // 1980-01-01
constexpr uint16_t kUtf8Flag = 0x0800;
constexpr uint16_t kKeptFlags = 0x0806;  // UTF-8 name, deflate effort
constexpr uint16_t kZip64Extra = 0x0001;
constexpr uint16_t kGrowthExtra = 0xA220;
constexpr uint16_t kGrowthSignature = 0xA028;
constexpr uint16_t kLocalExtraBytes = 16;  // sizes of a zip64 record, or the hint in their place
constexpr uint64_t kMax32 = 0xFFFFFFFF;
constexpr size_t kMax16 = 0xFFFF;

void Put16(std::string& out, uint16_t v) {
  out.push_back(static_cast<char>(v & 0xFF));
  out.push_back(static_cast<char>(v >> 8));
}
void Put32(std::string& out, uint32_t v) {
  Put16(out, static_cast<uint16_t>(v & 0xFFFF));
  Put16(out, static_cast<uint16_t>(v >> 16));
}
void Put64(std::string& out, uint64_t v) {
  Put32(out, static_cast<uint32_t>(v & kMax32));
  Put32(out, static_cast<uint32_t>(v >> 32));
}
uint32_t Clamp32(uint64_t v) { return static_cast<uint32_t>(std::min(v, kMax32)); }
uint16_t Clamp16(size_t v) { return static_cast<uint16_t>(std::min(v, kMax16)); }

bool Large(const ZipWriter::RawEntry& e) { return e.compressed_size >= kMax32 || e.size >= kMax32; }

std::string LocalHeader(const ZipWriter::RawEntry& e, ZipWriter::Growth growth) {
  const bool large = Large(e);
  std::string out;
  Put32(out, kLocalSignature);
  Put16(out, large ? 45 : 20);
  Put16(out, e.flags);
  Put16(out, e.method);
  Put16(out, kDosTime);
  Put16(out, kDosDate);
  Put32(out, e.crc);
  Put32(out, large ? static_cast<uint32_t>(kMax32) : static_cast<uint32_t>(e.compressed_size));
  Put32(out, large ? static_cast<uint32_t>(kMax32) : static_cast<uint32_t>(e.size));
  Put16(out, static_cast<uint16_t>(e.name.size()));
  const bool extra = growth == ZipWriter::Growth::kAny;
  Put16(out, extra ? kLocalExtraBytes + 4 : 0);
  out += e.name;
  if (!extra) return out;
  Put16(out, large ? kZip64Extra : kGrowthExtra);
  Put16(out, kLocalExtraBytes);
  if (large) {
    Put64(out, e.size);
    Put64(out, e.compressed_size);
  } else {
    Put16(out, kGrowthSignature);
    out.append(kLocalExtraBytes - 2, '\0');
  }
  return out;
}

void PutCentralHeader(std::string& out, const ZipWriter::RawEntry& e, uint64_t offset) {
  std::string extra;
  if (e.size >= kMax32) Put64(extra, e.size);
  if (e.compressed_size >= kMax32) Put64(extra, e.compressed_size);
  if (offset >= kMax32) Put64(extra, offset);
  const uint16_t version = extra.empty() ? 20 : 45;
  Put32(out, kCentralSignature);
  Put16(out, version);
  Put16(out, version);
  Put16(out, e.flags);
  Put16(out, e.method);
  Put16(out, kDosTime);
  Put16(out, kDosDate);
  Put32(out, e.crc);
  Put32(out, Clamp32(e.compressed_size));
  Put32(out, Clamp32(e.size));
  Put16(out, static_cast<uint16_t>(e.name.size()));
  Put16(out, extra.empty() ? uint16_t{0} : static_cast<uint16_t>(extra.size() + 4));
  out.append(8, '\0');  // comment, disk, internal attributes, first half of the external ones
  Put16(out, 0);
  Put32(out, Clamp32(offset));
  out += e.name;
  if (extra.empty()) return;
  Put16(out, kZip64Extra);
  Put16(out, static_cast<uint16_t>(extra.size()));
  out += extra;
}

}  // namespace

ZipWriter::ZipWriter(int fd, Threading threading)
    : threading_(threading), file_(fd), pipe_(threading, [this](std::string_view block) {
        return Deflate(block, Deflater::Part::kMore);
      }) {}
ZipWriter::~ZipWriter() = default;

Status ZipWriter::BeginEntry(Entry entry, State state) {
  if (state_ != State::kIdle) return Fail(Code::kInternal, "zip: entry begun out of order");
  if (entry.raw.name.empty() || entry.raw.name.size() > kMax16) {
    return Fail(Code::kInvalid, "zip: entry name is empty or too long");
  }
  entry.offset = file_.offset();
  CARREL_TRY(file_.Append(LocalHeader(entry.raw, entry.growth)));
  entries_.push_back(std::move(entry));
  state_ = state;
  return {};
}

ZipWriter::Entry ZipWriter::NewEntry(std::string_view name, const EntryOptions& options) {
  Entry entry;
  entry.raw.name = name;
  entry.raw.method = options.method == Method::kDeflated ? 8 : 0;
  const bool ascii = std::ranges::all_of(name, [](char c) { return (c & 0x80) == 0; });
  entry.raw.flags = ascii ? 0 : kUtf8Flag;
  entry.growth = options.growth;
  return entry;
}

Status ZipWriter::Begin(std::string_view name, const EntryOptions& options) {
  const bool deflated = options.method == Method::kDeflated;
  if (deflated) CARREL_TRY(StartDeflater(options.compression));
  return BeginEntry(NewEntry(name, options), deflated ? State::kDeflating : State::kStoring);
}

Status ZipWriter::BeginRaw(const RawEntry& raw) {
  Entry entry;
  entry.raw = raw;
  entry.raw.flags &= kKeptFlags;
  entry.growth = Large(raw) ? Growth::kAny : Growth::kBelow4GiB;
  return BeginEntry(std::move(entry), State::kCopying);
}

Status ZipWriter::StartDeflater(Compression compression) {
  std::unique_ptr<Deflater>& deflater = deflaters_.at(static_cast<size_t>(compression));
  if (!deflater) deflater = MakeDeflater(compression);
  deflater_ = deflater.get();
  return deflater_->Start();
}

Status ZipWriter::Deflate(std::string_view block, Deflater::Part part) {
  Entry& entry = entries_.back();
  entry.raw.crc = Crc32(entry.raw.crc, block);
  entry.raw.size += block.size();
  const uint64_t before = file_.offset();
  CARREL_TRY(deflater_->Deflate(block, part,
                                [this](std::string_view bytes) { return file_.Append(bytes); }));
  entry.raw.compressed_size += file_.offset() - before;
  return {};
}

Status ZipWriter::Write(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (state_ == State::kIdle || state_ == State::kFinished) {
    return Fail(Code::kInternal, "zip: bytes without an entry");
  }
  if (state_ == State::kDeflating) return pipe_.Write(bytes);
  Entry& entry = entries_.back();
  if (state_ == State::kCopying) {
    entry.received += bytes.size();
    return file_.Append(bytes);
  }
  entry.raw.size += bytes.size();
  entry.raw.compressed_size += bytes.size();
  entry.raw.crc = Crc32(entry.raw.crc, bytes);
  return file_.Append(bytes);
}

Status ZipWriter::EndDeflated() {
  CARREL_ASSIGN_OR_RETURN(const std::string_view rest, pipe_.Drain());
  return Deflate(rest, Deflater::Part::kLast);
}

Status ZipWriter::End() {
  if (state_ == State::kIdle || state_ == State::kFinished) {
    return Fail(Code::kInternal, "zip: no entry to end");
  }
  if (state_ == State::kDeflating) CARREL_TRY(EndDeflated());
  const Entry& entry = entries_.back();
  const State ended = std::exchange(state_, State::kIdle);
  if (ended == State::kCopying) {
    if (entry.received == entry.raw.compressed_size) return {};
    return Fail(Code::kInvalid,
                fmt::format("zip: {}: {} bytes copied, {} announced", entry.raw.name,
                            entry.received, entry.raw.compressed_size));
  }
  if (Large(entry.raw) && entry.growth == Growth::kBelow4GiB) {
    return Fail(Code::kLimit, fmt::format("zip: {}: larger than 4 GiB", entry.raw.name));
  }
  return file_.Patch(entry.offset, LocalHeader(entry.raw, entry.growth));
}

Status ZipWriter::Add(std::string_view name, std::string_view bytes, const EntryOptions& options) {
  CARREL_TRY(Begin(name, options));
  CARREL_TRY(Write(bytes));
  return End();
}

Status ZipWriter::AddFile(std::string_view name, int fd, Compression compression) {
  CARREL_TRY(BeginEntry(NewEntry(name, {.growth = Growth::kAny}), State::kWhole));
  CARREL_ASSIGN_OR_RETURN(const DeflatedFile content,
                          DeflateFile(fd, compression, threading_, [this](std::string_view bytes) {
                            return file_.Append(bytes);
                          }));
  RawEntry& raw = entries_.back().raw;
  raw.crc = content.crc;
  raw.size = content.size;
  raw.compressed_size = content.compressed_size;
  return End();
}

Status ZipWriter::Finish() {
  if (state_ != State::kIdle) return Fail(Code::kInternal, "zip: finished out of order");
  CARREL_TRY(WriteCentralDirectory());
  state_ = State::kFinished;
  return file_.Flush();
}

Status ZipWriter::WriteCentralDirectory() {
  const uint64_t start = file_.offset();
  for (const Entry& entry : entries_) {
    PutCentralHeader(file_.buffer(), entry.raw, entry.offset);
    CARREL_TRY(file_.MaybeFlush());
  }
  const uint64_t end = file_.offset();
  std::string out;
  if (entries_.size() >= kMax16 || start >= kMax32 || end - start >= kMax32) {
    Put32(out, kEnd64Signature);
    Put64(out, 44);  // bytes that follow in this record
    Put16(out, 45);
    Put16(out, 45);
    Put64(out, 0);  // disks
    Put64(out, entries_.size());
    Put64(out, entries_.size());
    Put64(out, end - start);
    Put64(out, start);
    Put32(out, kLocator64Signature);
    Put32(out, 0);
    Put64(out, end);
    Put32(out, 1);
  }
  Put32(out, kEndSignature);
  Put32(out, 0);  // disks
  Put16(out, Clamp16(entries_.size()));
  Put16(out, Clamp16(entries_.size()));
  Put32(out, Clamp32(end - start));
  Put32(out, Clamp32(start));
  Put16(out, 0);
  return file_.Append(out);
}

}  // namespace carrel
