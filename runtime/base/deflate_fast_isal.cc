#include <isa-l.h>

#include <algorithm>
#include <vector>

#include "runtime/base/deflate.h"

namespace carrel {
namespace {

constexpr size_t kOutput = size_t{64} << 10;
constexpr size_t kMaxPiece = size_t{1} << 30;  // the library counts in 32 bits

uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

class IsalDeflater final : public Deflater {
 public:
  IsalDeflater() : work_(ISAL_DEF_LVL1_DEFAULT), output_(kOutput) {}

  Status Start() override {
    isal_deflate_init(&stream_);
    stream_.level = 1;
    stream_.level_buf = work_.data();
    stream_.level_buf_size = static_cast<uint32_t>(work_.size());
    return {};
  }

  Status Deflate(std::string_view block, Part part, const Sink& sink) override {
    do {
      const size_t piece = std::min(block.size(), kMaxPiece);
      stream_.next_in = Bytes(block);
      stream_.avail_in = static_cast<uint32_t>(piece);
      block.remove_prefix(piece);
      stream_.flush = part == Part::kSegment && block.empty() ? SYNC_FLUSH : NO_FLUSH;
      stream_.end_of_stream = part == Part::kLast && block.empty() ? 1 : 0;
      do {
        stream_.next_out = output_.data();
        stream_.avail_out = kOutput;
        if (isal_deflate(&stream_) != COMP_OK) {
          return Fail(Code::kInternal, "deflate: the compressor refused its input");
        }
        CARREL_TRY(
            sink({reinterpret_cast<const char*>(output_.data()), kOutput - stream_.avail_out}));
      } while (stream_.avail_out == 0 || stream_.avail_in != 0);
    } while (!block.empty());
    return {};
  }

 private:
  isal_zstream stream_{};
  std::vector<uint8_t> work_;
  std::vector<uint8_t> output_;
};

}  // namespace

std::unique_ptr<Deflater> MakeFastDeflater() { return std::make_unique<IsalDeflater>(); }

uint32_t Crc32(uint32_t crc, std::string_view bytes) {
  return crc32_gzip_refl(crc, Bytes(bytes), bytes.size());
}

}  // namespace carrel
