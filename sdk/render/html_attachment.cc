#include "sdk/render/html_attachment.h"

#include <zlib.h>

namespace carrel::render {
namespace {

constexpr size_t kBlockBytes = size_t{48} << 10;
constexpr size_t kOutputBytes = size_t{16} << 10;
constexpr int kGzip = MAX_WBITS + 16;

}  // namespace

std::string Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = (group << 8) | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0U);
    }
    const size_t left = bytes.size() - i;
    out.push_back(kAlphabet[group >> 18]);
    out.push_back(kAlphabet[(group >> 12) & 63]);
    out.push_back(left > 1 ? kAlphabet[(group >> 6) & 63] : '=');
    out.push_back(left > 2 ? kAlphabet[group & 63] : '=');
  }
  return out;
}

struct HtmlAttachment::Stream {
  z_stream zlib{};
  bool started = false;
  ~Stream() {
    if (started) deflateEnd(&zlib);
  }
};

HtmlAttachment::HtmlAttachment(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
HtmlAttachment::HtmlAttachment(HtmlAttachment&&) noexcept = default;
HtmlAttachment::~HtmlAttachment() = default;

Result<HtmlAttachment> HtmlAttachment::Start() {
  auto stream = std::make_unique<Stream>();
  if (deflateInit2(&stream->zlib, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Fail(Code::kInternal, "html: deflate cannot start");
  }
  stream->started = true;
  return HtmlAttachment(std::move(stream));
}

Status HtmlAttachment::Deflate(std::string_view bytes, int flush) {
  z_stream& zlib = stream_->zlib;
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  zlib.avail_in = static_cast<uInt>(bytes.size());
  do {
    const size_t had = compressed_.size();
    compressed_.resize(had + kOutputBytes);
    zlib.next_out = reinterpret_cast<Bytef*>(compressed_.data() + had);
    zlib.avail_out = kOutputBytes;
    const int result = deflate(&zlib, flush);
    compressed_.resize(had + kOutputBytes - zlib.avail_out);
    if (result == Z_STREAM_ERROR) return Fail(Code::kInternal, "html: deflate failed");
  } while (zlib.avail_out == 0);
  return {};
}

void HtmlAttachment::AppendBlock(std::string& out) {
  out += "<script type=\"text/plain\" class=\"d\">";
  out += Base64(compressed_);
  out += "</script>\n";
  compressed_.clear();
}

Status HtmlAttachment::Write(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, size_t{1} << 20);
    CARREL_TRY(Deflate(piece, Z_NO_FLUSH));
    bytes.remove_prefix(piece.size());
    if (compressed_.size() >= kBlockBytes) AppendBlock(out);
  }
  return {};
}

Status HtmlAttachment::Finish(std::string& out) {
  CARREL_TRY(Deflate({}, Z_FINISH));
  AppendBlock(out);
  return {};
}

}  // namespace carrel::render
