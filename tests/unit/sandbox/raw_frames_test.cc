// Byte streams that no honest worker sends, from a real worker in the real process tree: lengths
// that lie, frames out of their order, text that is none, and a worker that does not listen.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "runtime/base/files.h"
#include "sandbox/session.h"
#include "tests/support/eventually.h"

namespace carrel::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::AnyOf;
using testing::HasSubstr;

// What a host may grow by while it refuses a stream.
constexpr int64_t kGrowthMb = 64;

int64_t ResidentMb() {
  std::ifstream status("/proc/self/statm");
  int64_t total = 0, resident = 0;
  status >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) >> 20;
}

// The highest resident size of this process while the object lives.
class PeakMemory {
 public:
  PeakMemory()
      : start_(ResidentMb()), thread_([this](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            peak_ = std::max(peak_.load(), ResidentMb());
            std::this_thread::sleep_for(milliseconds(5));
          }
        }) {}
  int64_t growth() const { return std::max<int64_t>(peak_ - start_, 0); }

 private:
  const int64_t start_;
  std::atomic<int64_t> peak_ = 0;
  std::jthread thread_;
};

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::string Raw(uint32_t length, int type, std::string_view payload) {
  std::string bytes(reinterpret_cast<const char*>(&length), sizeof length);
  bytes += static_cast<char>(type);
  bytes += payload;
  return bytes;
}

std::string Framed(int type, std::string_view payload) {
  return Raw(static_cast<uint32_t>(payload.size()), type, payload);
}

constexpr int kReady = 2, kRefused = 3, kProgress = 5, kCall = 6, kReply = 7, kOutcome = 8;
const std::string kGood = Framed(kOutcome, R"({"result":"forged"})");

// Counts what reaches the rooms above; answers with much.
class CountingHandler final : public SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override {
    ++calls;
    return {Json::object(), std::string(answer_bytes, 'a')};
  }
  void OnProgress(const Json& value) override {
    const std::lock_guard lock(mutex);
    progress.push_back(value);
  }
  void OnLog(std::string_view) override {}

  size_t answer_bytes = 10;
  std::atomic<int> calls = 0;
  std::mutex mutex;
  std::vector<Json> progress;
};

Result<std::unique_ptr<Zygote>> StartZygote(const std::string& store,
                                            std::vector<std::string> arguments = {}) {
  return Zygote::Start({.program = CARREL_RAW_FRAMES_WORKER,
                        .arguments = std::move(arguments),
                        .root = {store, {}}});
}

// For what is no question of time: a sanitizer and a busy machine may take theirs.
constexpr Limits kNoHurry = {.wall_s = 60, .idle_s = 30};

class RawFramesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    store_ = new TempDir(*TempDir::Create("/tmp", "carrel-store-"));
    ::chmod(store_->path().c_str(), 0755);
    auto zygote = StartZygote(store_->path().string());
    ASSERT_TRUE(zygote) << zygote.error().message;
    zygote_ = zygote->release();
  }
  static void TearDownTestSuite() {
    delete zygote_;
    delete store_;
  }

  WorkerOutcome Run(Json job, Limits limits = kNoHurry) {
    return RunSession(*zygote_, {.limits = limits, .job = std::move(job)}, handler_, {});
  }
  WorkerOutcome Say(std::string_view bytes, Limits limits = kNoHurry) {
    return Run({{"pieces", {Hex(bytes)}}}, limits);
  }
  // Whatever a stream was, the next worker's outcome arrives.
  void TearDown() override {
    const WorkerOutcome next = Run({{"pieces", {Hex(kGood)}}, {"then", "leave"}});
    EXPECT_EQ(next.verdict, Verdict::kDone) << next.reason;
    EXPECT_EQ(next.payload, Json({{"result", "forged"}}));
  }

  static TempDir* store_;
  static Zygote* zygote_;
  CountingHandler handler_;
};
TempDir* RawFramesTest::store_ = nullptr;
Zygote* RawFramesTest::zygote_ = nullptr;

TEST_F(RawFramesTest, ALengthBeyondItsLimitIsRefusedBeforeAnyOfItIsKept) {
  struct TypeLimit {
    int type;
    uint32_t limit;
  };
  const TypeLimit limits[] = {{kReady, 0},
                              {kRefused, 4 << 10},
                              {kProgress, 4 << 10},
                              {kCall, 16 << 20},
                              {kOutcome, 4 << 20}};
  for (const auto& [type, limit] : limits) {
    for (const uint32_t length : {limit + 1, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU}) {
      const PeakMemory memory;
      const WorkerOutcome outcome =
          Run({{"pieces", {Hex(Raw(length, type, {}))}}, {"fill", int64_t{256} << 20}});
      EXPECT_THAT(outcome.verdict, AnyOf(Verdict::kProtocolViolation, Verdict::kCallLimit))
          << type << " " << length << " " << outcome.reason;
      EXPECT_THAT(outcome.reason, HasSubstr(std::to_string(length)));
      EXPECT_LT(memory.growth(), kGrowthMb);
    }
  }
}

TEST_F(RawFramesTest, AnEmptyPayloadIsNoProgressCallOrOutcome) {
  for (const int type : {kProgress, kCall, kOutcome}) {
    const WorkerOutcome outcome = Say(Framed(type, {}));
    EXPECT_EQ(outcome.verdict, Verdict::kProtocolViolation) << type;
    EXPECT_FALSE(outcome.reason.empty());
  }
  EXPECT_EQ(handler_.calls, 0);
  EXPECT_THAT(handler_.progress, testing::IsEmpty());
}

TEST_F(RawFramesTest, AFrameThatIsNeverFinishedRunsIntoTheIdleLimit) {
  const std::string streams[] = {
      std::string("\x08", 1),                             // a quarter of a length
      std::string("\x08\0\0\0", 4),                       // a length without a type
      Raw(8, kOutcome, {}),                               // a header alone
      Raw(8, kOutcome, R"({"a":1)"),                      // one byte short
      Raw(4 << 20, kOutcome, std::string(1 << 20, ' ')),  // a quarter of the largest
      Raw(16 << 20, kCall, std::string(1 << 20, ' ')),
      std::string(),  // nothing at all
  };
  for (const std::string& stream : streams) {
    const WorkerOutcome outcome = Say(stream, {.wall_s = 30, .idle_s = 1});
    EXPECT_EQ(outcome.verdict, Verdict::kIdleLimit) << Hex(stream.substr(0, 8));
  }
}

TEST_F(RawFramesTest, AFrameThatDripsIsNoSignOfLife) {
  std::vector<std::string> pieces = {Hex(Raw(4000, kProgress, "{"))};
  for (int i = 0; i < 1000; ++i) pieces.push_back("20");  // beyond the wall limit
  const WorkerOutcome outcome =
      Run({{"pieces", pieces}, {"pause_ms", 100}}, {.wall_s = 60, .idle_s = 2});
  EXPECT_EQ(outcome.verdict, Verdict::kIdleLimit) << outcome.reason;
}

TEST_F(RawFramesTest, FramesCutAtEveryByteAreTheSameFrames) {
  const std::string stream = Framed(kProgress, R"({"value":1,"max":2,"rows":3})") + kGood;
  std::vector<std::string> pieces;
  for (const char c : stream) pieces.push_back(Hex({&c, 1}));
  const WorkerOutcome outcome = Run({{"pieces", pieces}, {"pause_ms", 1}, {"then", "leave"}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  ASSERT_EQ(handler_.progress.size(), 1U);
  EXPECT_EQ(handler_.progress[0]["rows"], 3);
}

TEST_F(RawFramesTest, FramesOutOfTheirOrderAreViolations) {
  const std::string call = Framed(kCall, EncodeEnvelope({{"id", 1}}, "x"));
  const std::string progress = Framed(kProgress, "{}");
  const std::string streams[] = {
      Framed(kReady, {}),
      Framed(kReady, {}) + kGood,
      Framed(kRefused, R"({"step":"x","message":"y"})"),
      kGood + kGood,
      kGood + progress,
      kGood + call,
      kGood + Framed(kReady, {}),
      kGood + Raw(100, kProgress, {}) + std::string(100, ' '),
      Framed(kReply, EncodeEnvelope({{"id", 1}, {"status", 200}}, "x")),
      Framed(1, "{}"),  // Prepare
      Framed(4, "{}"),  // Job
  };
  for (const std::string& stream : streams) {
    const WorkerOutcome outcome = Say(stream);
    EXPECT_EQ(outcome.verdict, Verdict::kProtocolViolation) << Hex(stream);
    EXPECT_TRUE(outcome.payload.is_null());
  }
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(RawFramesTest, AFrameBehindTheOutcomeTakesItBackEvenLater) {
  const Json job = {{"pieces", {Hex(kGood), Hex(Framed(kProgress, "{}"))}}, {"pause_ms", 100}};
  // A worker that the machine keeps from its second frame for the whole grace of an outcome has
  // ended well.
  EXPECT_TRUE(Eventually([&] { return Run(job).verdict == Verdict::kProtocolViolation; }));
}

TEST_F(RawFramesTest, EveryUnknownTypeIsAViolation) {
  for (const int type : {0, 9, 10, 0x42, 0x7F, 0x80, 0x86, 0xFF}) {
    const WorkerOutcome outcome = Say(Framed(type, "{}"));
    EXPECT_EQ(outcome.verdict, Verdict::kProtocolViolation) << type;
    EXPECT_THAT(outcome.reason, HasSubstr(std::to_string(type)));
  }
}

TEST_F(RawFramesTest, WhatIsNotOneJsonObjectOfUtf8IsAViolation) {
  using namespace std::string_literals;
  const std::string texts[] = {
      "{} "s + "{}",
      "{}x",
      "{}\0"s,
      "[]",
      "1",
      "\"x\"",
      "null",
      "\xEF\xBB\xBF{\"a\":1"s,     // a mark, and no end
      "\xFF\xFE{\0}\0"s,           // UTF-16
      "{\"a\":\"\xC0\xAF\"}",      // overlong '/'
      "{\"a\":\"\xE0\x80\xAF\"}",  // longer still
      "{\"a\":\"\xF0\x80\x80\xAF\"}",
      "{\"a\":\"\xED\xA0\x80\"}",              // a surrogate
      "{\"a\":\"\xED\xA0\x80\xED\xB0\x80\"}",  // a pair of them
      "{\"a\":\"\xF4\x90\x80\x80\"}",          // beyond the last code point
      "{\"a\":\"\xF8\x88\x80\x80\x80\"}",
      "{\"a\":\"\x80\"}",     // a continuation of nothing
      "{\"a\":\"\xC3\"}",     // a start without its end
      "{\"a\":\"\\ud800\"}",  // the surrogate as an escape
      "{\"a\":\"\\udc00\\ud800\"}",
      "{\"a\":\"\n\"}",  // a control character as it is
      "{\"a\":NaN}",
      "{\"a\":Infinity}",
      "{\"a\":1e}",
      "{\"a\":01}",
      "{\"a\":1,}",
      "{a:1}",
      "{'a':1}",
      "{\"a\":1 /* x */}",
      "{\"a\":" + std::string(2000, '[') + std::string(2000, ']') + "}",
  };
  for (const std::string& text : texts) {
    for (const int type : {kProgress, kOutcome}) {
      const WorkerOutcome outcome = Say(Framed(type, text));
      EXPECT_EQ(outcome.verdict, Verdict::kProtocolViolation) << type << " " << text.substr(0, 40);
    }
    const std::string length = Raw(static_cast<uint32_t>(text.size()), 0, {}).substr(0, 4);
    const std::string header = Framed(kCall, length + text);
    EXPECT_EQ(Say(header).verdict, Verdict::kProtocolViolation) << text.substr(0, 40);
  }
  EXPECT_THAT(handler_.progress, testing::IsEmpty());
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(RawFramesTest, NestingAndSizeOfAnOutcomeCannotCrashTheHost) {
  constexpr size_t kHalf = (size_t{2} << 20) - 64;
  const std::string streams[] = {
      R"({"failure":)" + std::string(kHalf, '[') + std::string(kHalf, ']') + "}",
      [&] {
        std::string text;
        for (int i = 0; i < 300000; ++i) text += R"({"a":)";
        return text + "1" + std::string(300000, '}');
      }(),
      std::string(kHalf, '['),
  };
  for (const std::string& text : streams) {
    const PeakMemory memory;
    EXPECT_EQ(Say(Framed(kOutcome, text)).verdict, Verdict::kProtocolViolation);
    EXPECT_LT(memory.growth(), 4 * kGrowthMb);
  }
  // many members are only much text
  std::string wide = "{";
  for (int i = 0; i < 200000; ++i) wide += fmt::format("\"k{}\":[],", i);
  const PeakMemory memory;
  const WorkerOutcome outcome =
      Run({{"pieces", {Hex(Framed(kOutcome, wide + "\"z\":1}"))}}, {"then", "leave"}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_LT(memory.growth(), 4 * kGrowthMb);
}

TEST_F(RawFramesTest, ACallThatLiesAboutItsNumberIsAViolation) {
  const Json headers[] = {
      Json::object(), {{"id", nullptr}}, {{"id", "1"}}, {{"id", 1.5}},
      {{"id", {1}}},  {{"id", true}},    {{"ID", 1}},   {{"id", Json::object()}},
  };
  for (const Json& header : headers) {
    EXPECT_EQ(Say(Framed(kCall, EncodeEnvelope(header, "x"))).verdict, Verdict::kProtocolViolation)
        << DumpJson(header);
  }
  EXPECT_EQ(handler_.calls, 0);
}

TEST_F(RawFramesTest, AWorkerThatDoesNotReadItsAnswersIsEndedAndTheQueueIsBounded) {
  handler_.answer_bytes = size_t{8} << 20;
  std::vector<std::string> calls;
  for (int i = 1; i <= 200; ++i) {
    calls.push_back(Hex(Framed(kCall, EncodeEnvelope({{"id", i}}, std::string(1000, 'c')))));
  }
  const PeakMemory memory;
  const WorkerOutcome outcome = Run({{"pieces", calls}}, {.wall_s = 3, .idle_s = 2});
  EXPECT_THAT(outcome.verdict, AnyOf(Verdict::kWallLimit, Verdict::kIdleLimit)) << outcome.reason;
  // Answers are made by the few that are in flight, not for all that asked: 1600 MiB would be due.
  EXPECT_LT(memory.growth(), 8 * kGrowthMb);
  EXPECT_LE(handler_.calls, 8);
}

TEST_F(RawFramesTest, MoreCallsAtOnceThanMayBeOpenAreAViolation) {
  handler_.answer_bytes = size_t{8} << 20;
  std::string calls;
  for (int i = 1; i <= 1000; ++i) calls += Framed(kCall, EncodeEnvelope({{"id", i}}, "x"));
  EXPECT_EQ(Say(calls).verdict, Verdict::kProtocolViolation);
  EXPECT_LE(handler_.calls, 8);
}

TEST_F(RawFramesTest, AFloodOfProgressDoesNotKeepTheHostFromItsClocks) {
  std::string burst;
  for (int i = 0; i < 2000; ++i) burst += Framed(kProgress, R"({"value":-1e308,"max":"x"})");
  const auto start = steady_clock::now();
  const WorkerOutcome outcome =
      Run({{"pieces", {Hex(burst)}}, {"repeat", 1'000'000}}, {.wall_s = 2, .idle_s = 2});
  EXPECT_EQ(outcome.verdict, Verdict::kWallLimit);
  EXPECT_LT(steady_clock::now() - start, kAtOnce);
}

// Bytes that are on the wire before the worker is confined.
TEST(RawFramesBeforeReadyTest, EveryFrameBeforeReadyIsAViolationAndReachesNobody) {
  auto store = TempDir::Create("/tmp", "carrel-store-");
  ::chmod(store->path().c_str(), 0755);
  const std::string early[] = {
      kGood,
      Framed(kProgress, "{}"),
      Framed(kCall, EncodeEnvelope({{"id", 1}}, "x")),
      Framed(kReply, EncodeEnvelope({{"id", 1}}, "x")),
      Framed(kReady, "x"),
      Framed(kReady, {}) + Framed(kReady, {}),
      Framed(0, {}),
      Raw(0xFFFFFFFFU, kReady, {}),
      std::string("GET / HTTP/1.1\r\n\r\n"),
  };
  for (const std::string& bytes : early) {
    auto zygote = StartZygote(store->path().string(), {"--early=" + Hex(bytes)});
    ASSERT_TRUE(zygote) << zygote.error().message;
    CountingHandler handler;
    const SessionJob job{.limits = kNoHurry, .job = {{"pieces", Json::array()}}};
    const WorkerOutcome outcome = RunSession(**zygote, job, handler, {});
    EXPECT_THAT(outcome.verdict, AnyOf(Verdict::kProtocolViolation, Verdict::kSandboxError))
        << Hex(bytes) << " " << outcome.reason;
    EXPECT_TRUE(outcome.payload.is_null());
    EXPECT_EQ(handler.calls, 0);
    EXPECT_THAT(handler.progress, testing::IsEmpty());
  }
}

TEST(RawFramesBeforeReadyTest, HalfAFrameBeforeReadySpoilsReady) {
  auto store = TempDir::Create("/tmp", "carrel-store-");
  ::chmod(store->path().c_str(), 0755);
  auto zygote = StartZygote(store->path().string(), {"--early=0000"});
  ASSERT_TRUE(zygote) << zygote.error().message;
  CountingHandler handler;
  const SessionJob job{.limits = kNoHurry, .job = {{"pieces", Json::array()}}};
  const WorkerOutcome outcome = RunSession(**zygote, job, handler, {});
  EXPECT_EQ(outcome.verdict, Verdict::kProtocolViolation) << outcome.reason;
}

TEST(RawFramesDeafTest, AWorkerThatNeverReadsItsJobIsEndedInTime) {
  auto store = TempDir::Create("/tmp", "carrel-store-");
  ::chmod(store->path().c_str(), 0755);
  auto zygote = StartZygote(store->path().string(), {"--deaf"});
  ASSERT_TRUE(zygote) << zygote.error().message;
  CountingHandler handler;
  // More than the socket holds.
  const SessionJob job{.limits = {.wall_s = 2, .idle_s = 2},
                       .job = {{"pieces", {std::string(size_t{4} << 20, '0')}}}};
  auto outcome =
      std::async(std::launch::async, [&] { return RunSession(**zygote, job, handler, {}); });
  EXPECT_EQ(outcome.wait_for(kLongEnough), std::future_status::ready)
      << "the host is blocked by a worker that does not read";
  // Without its tree a blocked session comes to its end, too.
  if (outcome.wait_for(seconds(0)) != std::future_status::ready) zygote->reset();
  EXPECT_THAT(outcome.get().verdict, AnyOf(Verdict::kWallLimit, Verdict::kIdleLimit));
}

}  // namespace
}  // namespace carrel::sandbox
