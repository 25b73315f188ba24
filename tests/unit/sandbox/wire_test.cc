#include "sandbox/wire.h"

#include <gtest/gtest.h>

namespace carrel::sandbox {
namespace {

TEST(FrameParserTest, CutsFramesHoweverTheyArrive) {
  const std::string stream =
      EncodeFrame(FrameType::kProgress, "{}") + EncodeFrame(FrameType::kOutcome, R"({"a":1})");
  FrameParser parser;
  std::vector<std::string> payloads;
  for (const char c : stream) {
    parser.Feed({&c, 1});
    auto frame = parser.Next();
    ASSERT_TRUE(frame);
    if (*frame) payloads.push_back((*frame)->payload);
  }
  EXPECT_EQ(payloads, (std::vector<std::string>{"{}", R"({"a":1})"}));
  EXPECT_TRUE(parser.empty());
}

TEST(FrameParserTest, RefusesALengthBeforeThePayloadArrives) {
  FrameParser parser;
  parser.Feed(std::string("\xFF\xFF\xFF\x7F\x05", 5));
  const auto frame = parser.Next();
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().code, Code::kProtocol);
}

TEST(EnvelopeTest, RoundTripsHeaderAndBytes) {
  const std::string payload = EncodeEnvelope({{"id", 7}}, std::string("\0\xFF", 2));
  const auto envelope = DecodeEnvelope(payload);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->header["id"], 7);
  EXPECT_EQ(envelope->body, std::string_view("\0\xFF", 2));
}

TEST(EnvelopeTest, RefusesWhatDoesNotAddUp) {
  EXPECT_FALSE(DecodeEnvelope("abc"));
  EXPECT_FALSE(DecodeEnvelope(std::string_view("\x05\0\0\0{}", 6)));
  EXPECT_FALSE(DecodeEnvelope(std::string_view("\x02\0\0\0[]", 6)));
}

}  // namespace
}  // namespace carrel::sandbox
