#include "runtime/usage/csv_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "runtime/base/inflate_stream.h"
#include "runtime/base/text.h"
#include "runtime/base/unique_fd.h"

namespace carrel::usage {
namespace {

constexpr size_t kPiece = size_t{128} << 10;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kUtf16LeMark = "\xFF\xFE";
constexpr std::string_view kUtf16BeMark = "\xFE\xFF";
constexpr std::string_view kGzipMark = "\x1F\x8B";

// What the bytes 0x80 to 0x9F are in Windows-1252; the five that it leaves out stay as they are.
constexpr std::array<uint16_t, 32> kWindows1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

void AppendUtf8(std::string& out, uint32_t code) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      put(0xE0 | code >> 12);
    } else {
      put(0xF0 | code >> 18);
      put(0x80 | (code >> 12 & 0x3F));
    }
    put(0x80 | (code >> 6 & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

// The file, and what gzip hides in it.
class FileBytes {
 public:
  static Result<FileBytes> Open(const std::filesystem::path& path, uint64_t max_bytes) {
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return FailErrno("open");
    struct stat info{};
    if (::fstat(fd.get(), &info) != 0) return FailErrno("stat");
    if (!S_ISREG(info.st_mode)) return Fail(Code::kInvalid, "not a regular file");
    FileBytes file(std::move(fd), max_bytes);
    CARREL_TRY(file.Rewind());
    return file;
  }

  // The same from its first byte on.
  Result<FileBytes> Again() const {
    UniqueFd fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    if (!fd) return FailErrno("open");
    FileBytes file(std::move(fd), max_bytes_);
    CARREL_TRY(file.Rewind());
    return file;
  }

  Status Rewind() {
    offset_ = 0;
    produced_ = 0;
    input_.clear();
    taken_ = 0;
    inflater_.reset();
    std::array<char, 2> head{};
    CARREL_ASSIGN_OR_RETURN(const size_t n, ReadFile(head.data(), head.size()));
    offset_ = 0;
    if (std::string_view(head.data(), n) == kGzipMark) {
      inflater_.emplace(InflateStream::Format::kGzip);
    }
    return {};
  }

  Result<size_t> Read(char* out, size_t size) {
    CARREL_ASSIGN_OR_RETURN(const size_t n, inflater_ ? Inflate(out, size) : ReadFile(out, size));
    produced_ += n;
    if (produced_ > max_bytes_) {
      return Fail(Code::kLimit, fmt::format("csv file of more than {}", HumanBytes(max_bytes_)));
    }
    return n;
  }

 private:
  FileBytes(UniqueFd fd, uint64_t max_bytes) : fd_(std::move(fd)), max_bytes_(max_bytes) {}

  Result<size_t> ReadFile(char* out, size_t size) {
    for (;;) {
      const ssize_t n = ::pread(fd_.get(), out, size, static_cast<off_t>(offset_));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return FailErrno("read csv file");
      offset_ += static_cast<uint64_t>(n);
      return static_cast<size_t>(n);
    }
  }

  Status Refill() {
    input_.resize(kPiece);
    CARREL_ASSIGN_OR_RETURN(const size_t n, ReadFile(input_.data(), input_.size()));
    input_.resize(n);
    taken_ = 0;
    return {};
  }

  // Members of a gzip file follow one another.
  Result<size_t> Inflate(char* out, size_t size) {
    for (;;) {
      if (taken_ == input_.size()) CARREL_TRY(Refill());
      const std::string_view ahead = std::string_view(input_).substr(taken_);
      if (between_ && ahead.empty()) return 0;
      if (between_) inflater_.emplace(InflateStream::Format::kGzip);
      between_ = false;
      auto step = inflater_->Inflate(ahead, out, size);
      if (!step) return Wrap(step.error(), "gzip");
      taken_ += step->consumed;
      if (step->done) {
        offset_ -= step->behind;
        input_.clear();
        taken_ = 0;
        between_ = true;
      } else if (ahead.empty() && step->produced == 0) {
        return Fail(Code::kInvalid, "gzip: compressed data ends early");
      }
      if (step->produced > 0) return step->produced;
    }
  }

  UniqueFd fd_;
  uint64_t max_bytes_;
  uint64_t offset_ = 0, produced_ = 0;
  std::string input_;
  size_t taken_ = 0;
  bool between_ = false;  // two members
  std::optional<InflateStream> inflater_;
};

// Bytes of another encoding become UTF-8.
class Transcoder {
 public:
  // `input` was read before.
  Transcoder(FileBytes file, CsvEncoding encoding, std::string input = {})
      : file_(std::move(file)), encoding_(encoding), input_(std::move(input)) {}

  Result<size_t> Read(char* out, size_t size) {
    while (given_ == text_.size()) {
      CARREL_ASSIGN_OR_RETURN(const bool more, Fill());
      if (!more) return 0;
    }
    const size_t n = text_.copy(out, size, given_);
    given_ += n;
    return n;
  }

 private:
  Result<bool> Fill() {
    const size_t kept = input_.size();
    input_.resize(kept + kPiece);
    CARREL_ASSIGN_OR_RETURN(const size_t n, file_.Read(input_.data() + kept, kPiece));
    input_.resize(kept + n);
    text_.clear();
    given_ = 0;
    if (n == 0 && kept == 0) return false;
    if (encoding_ == CsvEncoding::kWindows1252) {
      FromWindows1252();
    } else if (n == 0) {
      return Fail(Code::kInvalid, "csv file in UTF-16 that ends within a character");
    } else {
      CARREL_TRY(FromUtf16());
    }
    return true;
  }

  void FromWindows1252() {
    for (const char c : input_) {
      const auto byte = static_cast<unsigned char>(c);
      AppendUtf8(text_, byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80] : byte);
    }
    input_.clear();
  }

  uint32_t Unit(size_t at) const {
    const auto a = static_cast<unsigned char>(input_[at]);
    const auto b = static_cast<unsigned char>(input_[at + 1]);
    return encoding_ == CsvEncoding::kUtf16Le ? a | b << 8U : b | a << 8U;
  }

  Status FromUtf16() {
    size_t at = 0;
    for (; at + 2 <= input_.size(); at += 2) {
      uint32_t code = Unit(at);
      if (code >= 0xD800 && code <= 0xDFFF) {
        if (code < 0xDC00 && at + 4 > input_.size()) break;
        const uint32_t low = code < 0xDC00 ? Unit(at + 2) : 0;
        if (low < 0xDC00 || low > 0xDFFF) return Fail(Code::kInvalid, "csv file: damaged UTF-16");
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
      AppendUtf8(text_, code);
    }
    input_.erase(0, at);
    return {};
  }

  FileBytes file_;
  CsvEncoding encoding_;
  std::string input_, text_;
  size_t given_ = 0;  // of text_
};

Result<std::string> Head(FileBytes& file, size_t size) {
  std::string head(size, '\0');
  size_t have = 0;
  for (size_t n = 1; n > 0 && have < size; have += n) {
    CARREL_ASSIGN_OR_RETURN(n, file.Read(head.data() + have, size - have));
  }
  head.resize(have);
  CARREL_TRY(file.Rewind());
  return head;
}

Result<bool> IsAllUtf8(FileBytes file) {
  TextCheck check;
  std::string piece(kPiece, '\0');
  for (;;) {
    CARREL_ASSIGN_OR_RETURN(const size_t n, file.Read(piece.data(), piece.size()));
    if (n == 0) return !check.Unfinished();
    if (check.Check({piece.data(), n}) == TextFault::kNotUtf8) return false;
  }
}

// UTF-8 or Windows-1252, which is asked when the first byte comes that is not the same in both.
class Detector {
 public:
  explicit Detector(FileBytes file) : file_(std::move(file)) {}

  Result<size_t> Read(char* out, size_t size) {
    if (transcoder_) return transcoder_->Read(out, size);
    CARREL_ASSIGN_OR_RETURN(const size_t n, file_.Read(out, size));
    if (is_utf8_ || IsAscii({out, n})) return n;
    CARREL_ASSIGN_OR_RETURN(FileBytes again, file_.Again());
    CARREL_ASSIGN_OR_RETURN(is_utf8_, IsAllUtf8(std::move(again)));
    if (is_utf8_) return n;
    transcoder_.emplace(std::move(file_), CsvEncoding::kWindows1252, std::string(out, n));
    return transcoder_->Read(out, size);
  }

 private:
  FileBytes file_;
  bool is_utf8_ = false;
  std::optional<Transcoder> transcoder_;
};

// std::function copies what it holds.
template <typename Bytes>
ByteSource SourceOf(Bytes bytes) {
  auto shared = std::make_shared<Bytes>(std::move(bytes));
  return [shared](char* out, size_t size) { return shared->Read(out, size); };
}

}  // namespace

Result<ByteSource> OpenCsv(const std::filesystem::path& path, CsvEncoding encoding,
                           uint64_t max_bytes) {
  CARREL_ASSIGN_OR_RETURN(FileBytes file, FileBytes::Open(path, max_bytes));
  CARREL_ASSIGN_OR_RETURN(const std::string head, Head(file, 4));
  size_t mark = 0;
  if (head.starts_with(kUtf8Mark) &&
      (encoding == CsvEncoding::kDetect || encoding == CsvEncoding::kUtf8)) {
    encoding = CsvEncoding::kUtf8;
    mark = kUtf8Mark.size();
  } else if (head.starts_with(kUtf16LeMark) &&
             (encoding == CsvEncoding::kDetect || encoding == CsvEncoding::kUtf16Le)) {
    encoding = CsvEncoding::kUtf16Le;
    mark = kUtf16LeMark.size();
  } else if (head.starts_with(kUtf16BeMark) &&
             (encoding == CsvEncoding::kDetect || encoding == CsvEncoding::kUtf16Be)) {
    encoding = CsvEncoding::kUtf16Be;
    mark = kUtf16BeMark.size();
  }
  std::array<char, 4> skipped{};
  for (size_t n = 0; mark > 0; mark -= n) {
    CARREL_ASSIGN_OR_RETURN(n, file.Read(skipped.data(), mark));
  }
  if (encoding == CsvEncoding::kDetect) return SourceOf(Detector(std::move(file)));
  if (encoding == CsvEncoding::kUtf8) return SourceOf(std::move(file));
  return SourceOf(Transcoder(std::move(file), encoding));
}

}  // namespace carrel::usage
