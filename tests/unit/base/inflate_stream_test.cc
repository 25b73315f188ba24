#include "runtime/base/inflate_stream.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <random>
#include <string>

namespace carrel {
namespace {

std::string Deflate(const std::string& text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Sample(size_t size) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < size) text += "row " + std::to_string(random() % 5000) + ";";
  return text;
}

struct Outcome {
  std::string text;
  bool done = false;
  size_t behind = 0;
  bool failed = false;
};

Outcome InflateInPieces(InflateStream::Format format, std::string_view bytes, size_t in,
                        size_t out) {
  InflateStream stream(format);
  Outcome outcome;
  std::string buffer(out, '\0');
  while (!outcome.done) {
    std::string_view piece = bytes.substr(0, in);
    const bool at_end = bytes.empty();
    auto step = stream.Inflate(piece, buffer.data(), buffer.size());
    if (!step) {
      outcome.failed = true;
      return outcome;
    }
    outcome.text.append(buffer, 0, step->produced);
    bytes.remove_prefix(step->consumed);
    outcome.done = step->done;
    if (step->done) outcome.behind = step->behind + bytes.size() - (piece.size() - step->consumed);
    if (at_end && step->produced == 0) return outcome;
  }
  return outcome;
}

TEST(InflateStreamTest, EverySizeOfPiecesGivesTheSame) {
  const std::string text = Sample(300'000);
  const std::string raw = Deflate(text, -15);
  for (const size_t in : {size_t{1}, size_t{7}, size_t{1000}, raw.size()}) {
    for (const size_t out : {size_t{13}, size_t{4096}, size_t{1} << 20}) {
      const Outcome outcome = InflateInPieces(InflateStream::Format::kRaw, raw, in, out);
      EXPECT_EQ(outcome.text, text) << in << " " << out;
      EXPECT_TRUE(outcome.done);
      EXPECT_EQ(outcome.behind, 0u) << in << " " << out;
    }
  }
}

TEST(InflateStreamTest, BytesBehindTheStreamAreCounted) {
  for (const auto format : {InflateStream::Format::kRaw, InflateStream::Format::kGzip}) {
    const int bits = format == InflateStream::Format::kRaw ? -15 : 31;
    const std::string text = Sample(5000);
    const std::string bytes = Deflate(text, bits) + "behind it";
    for (const size_t in : {size_t{1}, size_t{5}, bytes.size()}) {
      const Outcome outcome = InflateInPieces(format, bytes, in, 1 << 16);
      EXPECT_EQ(outcome.text, text);
      EXPECT_EQ(outcome.behind, 9u) << in;
    }
  }
}

TEST(InflateStreamTest, DamageIsFound) {
  const std::string good = Deflate(Sample(50'000), 31);
  std::string bad = good;
  bad[good.size() - 5] ^= 1;
  EXPECT_TRUE(InflateInPieces(InflateStream::Format::kGzip, bad, bad.size(), 1 << 16).failed);
  EXPECT_TRUE(InflateInPieces(InflateStream::Format::kRaw, "\xFF\xFF\xFF\xFF", 4, 1 << 16).failed);
  const std::string_view cut = std::string_view(good).substr(0, good.size() / 2);
  EXPECT_FALSE(InflateInPieces(InflateStream::Format::kGzip, cut, 100, 1 << 16).done);
}

}  // namespace
}  // namespace carrel
