#include "runtime/report/connection.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <ostream>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/net/http_client.h"

namespace carrel::report {
namespace {

using Steady = std::chrono::steady_clock;

constexpr size_t kMaxName = 64;

bool IsNameChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

Status CheckConnection(const Connection& connection) {
  if (connection.name.empty() || connection.name.size() > kMaxName ||
      !std::ranges::all_of(connection.name, IsNameChar)) {
    return Fail(Code::kInvalid,
                fmt::format("connection name \"{}\": expected 1 to {} letters, digits, '-', '_' or "
                            "'.'",
                            EscapeControls(Truncate(ToUtf8(connection.name), kMaxName)), kMaxName));
  }
  const std::string context = fmt::format("connection \"{}\"", connection.name);
  if (connection.max_retries < 0 || connection.requests_per_second < 0 ||
      connection.connect_timeout.count() <= 0 || connection.call_timeout.count() <= 0 ||
      connection.retry_base.count() < 0) {
    return Fail(Code::kInvalid, context + ": retries, rate and times must not be negative");
  }
  const net::Header header{"Authorization", std::string(connection.credential.Reveal())};
  if (!net::CheckHeader(header)) {
    return Fail(Code::kInvalid, context + ": the credential holds control characters");
  }
  return {};
}

}  // namespace

Secret::Secret(std::string_view value)
    : bytes_(std::make_unique<char[]>(value.size())), size_(value.size()) {
  std::ranges::copy(value, bytes_.get());
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  bytes_ = std::move(other.bytes_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

Secret::~Secret() { Wipe(); }

Secret Secret::Clone() const { return Secret(Reveal()); }

void Secret::Wipe() {
  if (bytes_) explicit_bzero(bytes_.get(), size_);
}

std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

struct TokenBucket::State {
  double rate = 0;
  std::mutex mutex;
  std::condition_variable_any stopped;
  // Guarded by mutex. When the next caller's turn is; up to one second in the past is the burst.
  Steady::time_point next{};
};

TokenBucket::TokenBucket(double rate) : state_(std::make_unique<State>()) { state_->rate = rate; }
TokenBucket::~TokenBucket() = default;
TokenBucket::TokenBucket(TokenBucket&&) noexcept = default;
TokenBucket& TokenBucket::operator=(TokenBucket&&) noexcept = default;

Status TokenBucket::Acquire(Steady::time_point deadline, const std::stop_token& stop) {
  if (state_->rate <= 0) return {};
  std::unique_lock lock(state_->mutex);
  const auto now = Steady::now();
  const auto step = std::chrono::duration_cast<Steady::duration>(
      std::chrono::duration<double>(1.0 / state_->rate));
  // One turn is due now; what the burst adds lies before it.
  const auto burst =
      std::max(Steady::duration::zero(), Steady::duration(std::chrono::seconds(1)) - step);
  const auto turn = std::max(state_->next, now - burst);
  if (turn > deadline) {
    return Fail(Code::kTimeout, fmt::format("the rate limit of {} requests a second leaves no turn "
                                            "before the call timeout",
                                            state_->rate));
  }
  state_->next = turn + step;
  state_->stopped.wait_until(lock, stop, turn, [] { return false; });
  if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled while waiting for a turn");
  return {};
}

Status ConnectionSet::Add(Connection connection) {
  CARREL_TRY(CheckConnection(connection));
  for (const auto& entry : entries_) {
    if (entry->connection.name != connection.name) continue;
    return Fail(Code::kConflict,
                fmt::format("connection \"{}\" is already there", connection.name));
  }
  const std::string context = fmt::format("connection \"{}\"", connection.name);
  Result<net::Url> base = net::ParseUrl(connection.base_url);
  if (!base) return Wrap(base.error(), context);
  if (!base->query.empty()) return Fail(Code::kInvalid, context + ": the url may hold no query");
  std::vector<std::string> origins{base->Origin()};
  for (const std::string& extra : connection.extra_origins) {
    const Result<net::Url> url = net::ParseUrl(extra);
    if (!url) return Wrap(url.error(), context);
    origins.push_back(url->Origin());
  }
  while (base->path.ends_with('/')) base->path.pop_back();
  TokenBucket bucket(connection.requests_per_second);
  entries_.push_back(std::make_unique<Entry>(
      Entry{std::move(connection), std::move(*base), std::move(origins), std::move(bucket)}));
  return {};
}

Status ConnectionSet::SetDefault(std::string_view name) {
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i]->connection.name != name) continue;
    default_ = i;
    return {};
  }
  return Fail(Code::kNotFound, fmt::format("no connection named \"{}\"", name));
}

const ConnectionSet::Entry* ConnectionSet::Find(std::string_view name) const {
  if (name.empty()) return entries_.empty() ? nullptr : entries_[default_].get();
  for (const auto& entry : entries_) {
    if (entry->connection.name == name) return entry.get();
  }
  return nullptr;
}

std::vector<std::string> ConnectionSet::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& entry : entries_) names.push_back(entry->connection.name);
  return names;
}

std::string_view ConnectionSet::default_name() const {
  return entries_.empty() ? std::string_view() : entries_[default_]->connection.name;
}

}  // namespace carrel::report
