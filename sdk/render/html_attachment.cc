#include "sdk/render/html_attachment.h"

namespace carrel::render {
namespace {

constexpr size_t kTextBytes = size_t{128} << 10;
constexpr size_t kBlockBytes = size_t{48} << 10;
// Deflated, without a name and a time, by an unknown system.
constexpr std::string_view kGzipHeader("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);

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

HtmlAttachment::HtmlAttachment() : deflater_(MakeDeflater(Compression::kFast)) {}

Status HtmlAttachment::Deflate(Deflater::Part part) {
  if (!started_) {
    compressed_ += kGzipHeader;
    CARREL_TRY(deflater_->Start());
    started_ = true;
  }
  crc_ = Crc32(crc_, text_);
  size_ += static_cast<uint32_t>(text_.size());
  CARREL_TRY(deflater_->Deflate(text_, part, [this](std::string_view bytes) -> Status {
    compressed_ += bytes;
    return {};
  }));
  text_.clear();
  return {};
}

void HtmlAttachment::AppendBlock(std::string& out) {
  out += "<script type=\"text/plain\" class=\"d\">";
  out += Base64(compressed_);
  out += "</script>\n";
  compressed_.clear();
}

Status HtmlAttachment::Write(std::string& out, Row row) {
  csv_.Append(text_, row);
  if (text_.size() < kTextBytes) return {};
  CARREL_TRY(Deflate(Deflater::Part::kMore));
  if (compressed_.size() >= kBlockBytes) AppendBlock(out);
  return {};
}

Status HtmlAttachment::Finish(std::string& out) {
  CARREL_TRY(Deflate(Deflater::Part::kLast));
  for (const uint32_t number : {crc_, size_}) {
    for (int shift = 0; shift < 32; shift += 8) {
      compressed_.push_back(static_cast<char>(number >> shift & 0xFF));
    }
  }
  AppendBlock(out);
  return {};
}

}  // namespace carrel::render
