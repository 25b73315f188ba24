// A connection names an api that reports may call: where it is, which credential the host adds, and
// how far the grant goes. Reports know only the name; everything here stays in the host.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/net/address_policy.h"
#include "runtime/net/url.h"

namespace carrel::report {

class LocalApi;

// A credential. Prints as "***", is copied only by Clone(), and its memory is overwritten before it
// is freed. Move only.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view value);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  Secret Clone() const;
  bool empty() const { return size_ == 0; }
  // The value itself. Every call of this is a place that handles a credential.
  std::string_view Reveal() const { return {bytes_.get(), size_}; }

 private:
  void Wipe();
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Secret& secret);

enum class Access {
  kRead,       // GET, HEAD and OPTIONS
  kReadWrite,  // also POST, PUT, PATCH and DELETE
};

struct Connection {
  std::string name;      // letters, digits, '-', '_' and '.', at most 64
  std::string base_url;  // calls go below it: "https://api.example.com/public/v1"
  Secret credential;     // the whole Authorization value, "ApiKey SU-...:..."; empty: none is added
  Access access = Access::kRead;
  net::AddressPolicy addresses = net::AddressPolicy::kPublicOnly;
  double requests_per_second = 0;  // over all reports using the connection; 0: no limit
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds call_timeout{300'000};  // one attempt
  std::chrono::milliseconds retry_base{500};        // the first wait; doubles with each retry
  int max_retries = 5;
  // Further origins ("https://files.example.com") that absolute urls may name, and that may be
  // shown the credential.
  std::vector<std::string> extra_origins;
  // Answers in this process; the url then only names the place. It outlives every broker.
  LocalApi* local = nullptr;
};

// Lets `rate` callers a second pass, with a burst of one second's worth. Thread-safe.
class TokenBucket {
 public:
  explicit TokenBucket(double rate);  // 0: everyone passes
  ~TokenBucket();
  TokenBucket(TokenBucket&&) noexcept;
  TokenBucket& operator=(TokenBucket&&) noexcept;

  // Waits for a turn; kTimeout when it would come after `deadline`, kCancelled on `stop`.
  Status Acquire(std::chrono::steady_clock::time_point deadline, const std::stop_token& stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All connections of a host. Filled once, then shared by every report's broker: after the last
// Add() and SetDefault() the const members are thread-safe.
class ConnectionSet {
 public:
  // A connection, its urls parsed, and the rate its users share.
  struct Entry {
    Connection connection;
    net::Url base;
    std::vector<std::string> origins;  // the base's, then the extra ones
    mutable TokenBucket bucket;        // the rate is spent by readers of the set
  };

  // The first one added is the default. kInvalid for a bad name or url, kConflict for a name taken.
  Status Add(Connection connection);
  // kNotFound when there is none of that name.
  Status SetDefault(std::string_view name);

  // nullptr when there is none; "" means the default one.
  const Entry* Find(std::string_view name) const;
  std::vector<std::string> names() const;
  // "" when the set is empty.
  std::string_view default_name() const;
  const std::vector<std::unique_ptr<Entry>>& entries() const { return entries_; }

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
  size_t default_ = 0;
};

}  // namespace carrel::report

template <>
struct fmt::formatter<carrel::report::Secret> : fmt::formatter<fmt::string_view> {
  template <typename Context>
  auto format(const carrel::report::Secret&, Context& context) const {
    return fmt::formatter<fmt::string_view>::format("***", context);
  }
};
