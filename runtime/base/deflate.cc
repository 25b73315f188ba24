#include "runtime/base/deflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <string>

namespace carrel {
namespace {

constexpr size_t kOutput = size_t{64} << 10;
constexpr size_t kMaxPiece = size_t{1} << 30;  // the library counts in 32 bits

class ZlibDeflater final : public Deflater {
 public:
  explicit ZlibDeflater(int level) : level_(level) {}
  ~ZlibDeflater() override {
    if (!output_.empty()) deflateEnd(&stream_);
  }
  ZlibDeflater(const ZlibDeflater&) = delete;
  ZlibDeflater& operator=(const ZlibDeflater&) = delete;

  Status Start() override {
    if (!output_.empty()) {
      deflateReset(&stream_);
      return {};
    }
    if (deflateInit2(&stream_, level_, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      return Fail(Code::kInternal, fmt::format("deflate: cannot start with level {}", level_));
    }
    output_.resize(kOutput);
    return {};
  }

  Status Deflate(std::string_view block, Part part, const Sink& sink) override {
    do {
      const size_t piece = std::min(block.size(), kMaxPiece);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(block.data()));
      stream_.avail_in = static_cast<uInt>(piece);
      block.remove_prefix(piece);
      do {
        stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
        stream_.avail_out = static_cast<uInt>(kOutput);
        deflate(&stream_, block.empty() ? FlushOf(part) : Z_NO_FLUSH);
        CARREL_TRY(sink({output_.data(), kOutput - stream_.avail_out}));
      } while (stream_.avail_out == 0);
    } while (!block.empty());
    return {};
  }

 private:
  static int FlushOf(Part part) {
    if (part == Part::kLast) return Z_FINISH;
    return part == Part::kSegment ? Z_SYNC_FLUSH : Z_NO_FLUSH;
  }

  const int level_;
  z_stream stream_{};
  std::string output_;
};

}  // namespace

std::unique_ptr<Deflater> MakeZlibDeflater(int level) {
  return std::make_unique<ZlibDeflater>(level);
}

std::unique_ptr<Deflater> MakeDeflater(Compression compression) {
  return compression == Compression::kFast ? MakeFastDeflater() : MakeZlibDeflater(6);
}

}  // namespace carrel
