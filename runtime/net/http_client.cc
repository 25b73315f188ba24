#include "runtime/net/http_client.h"

#include <curl/curl.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/net/retry.h"

namespace carrel::net {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kMaxHeaderBytes = size_t{256} << 10;
constexpr milliseconds kLongestPoll{250};
constexpr size_t kMaxReason = 300;

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

// One transfer at a time; the connections it leaves open live in `multi`.
struct Session {
  std::string key;
  std::unique_ptr<CURLM, MultiDeleter> multi{curl_multi_init()};
  std::unique_ptr<CURL, EasyDeleter> easy{curl_easy_init()};
};

class TextList {
 public:
  TextList() = default;
  TextList(const TextList&) = delete;
  TextList& operator=(const TextList&) = delete;
  ~TextList() { curl_slist_free_all(list_); }
  void Append(const std::string& line) { list_ = curl_slist_append(list_, line.c_str()); }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// What the callbacks of one call know and find out.
struct Transfer {
  Transfer(const HttpRequest& wanted, const HttpClientOptions& options)
      : request(wanted), proxied(!options.proxy.empty()) {}

  const HttpRequest& request;
  const bool proxied;
  HttpResponse response;
  size_t header_bytes = 0;
  bool body_too_large = false;
  bool headers_too_large = false;
  std::string refused;  // the address the policy refused, and why
  Steady::time_point window_start{};
  curl_off_t window_bytes = -1;  // -1: the body has not begun
  char reason[CURL_ERROR_SIZE] = {};
};

bool IsTokenChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsTokenChar);
}

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string& body = transfer.response.body;
  if (size * count > transfer.request.max_response_bytes - body.size()) {
    transfer.body_too_large = true;
    return 0;
  }
  body.append(data, size * count);
  return size * count;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  transfer.header_bytes += line.size();
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.headers_too_large = true;
    return 0;
  }
  if (line.starts_with("HTTP/")) {  // a new response: what came before was 1xx or the proxy's
    transfer.response.headers.clear();
    return line.size();
  }
  const size_t colon = line.find(':');
  if (colon != line.npos && IsToken(line.substr(0, colon))) {
    transfer.response.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
  }
  return line.size();
}

std::string Refusal(std::string_view address, AddressClass found) {
  return fmt::format("address {} ({}) may {}", address, AddressClassName(found),
                     IsAllowed(found, AddressPolicy::kAllowPrivate)
                         ? "not be connected to: only public ones may (setting net.private)"
                         : "never be connected to");
}

// The one place where a connection begins. A connection to the operator's own proxy is trusted.
curl_socket_t OpenSocket(void* user, curlsocktype purpose, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
  const AddressClass found = ClassifyAddress(address->addr);
  if (!transfer.proxied && !IsAllowed(found, transfer.request.addresses)) {
    transfer.refused = Refusal(AddressText(address->addr), found);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

void SetMethod(CURL* easy, const HttpRequest& request) {
  const bool sends_body = !request.body.empty() || request.method == "POST" ||
                          request.method == "PUT" || request.method == "PATCH";
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (sends_body) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  if (request.method != "HEAD") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    // A body known to be too large is refused before a byte of it is read.
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                     static_cast<curl_off_t>(std::max<uint64_t>(1, request.max_response_bytes)));
  }
  // curl quietly repeats a request when a kept connection turns out dead. Only an idempotent one
  // may be repeated.
  if (!IsIdempotent(request.method)) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

void SetHeaders(CURL* easy, const HttpRequest& request, TextList& list) {
  bool has_content_type = false;
  for (const Header& header : request.headers) {
    has_content_type |= ToLower(header.name) == "content-type";
    list.Append(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  if (!has_content_type) list.Append("Content-Type:");
  list.Append("Expect:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
}

void SetDefences(CURL* easy, const HttpClientOptions& options) {
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
  curl_easy_setopt(easy, CURLOPT_PROXY,
                   options.proxy.c_str());  // "" also shuts the environment out
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, options.proxy.empty() ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a cancelled call does not wait for DNS
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "carrel/" CARREL_VERSION);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
}

void SetCall(CURL* easy, Transfer& transfer, const std::string& site, const std::string& target) {
  const HttpRequest& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_URL, site.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target.c_str());  // the bytes as given
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.reason);
}

// Counts bytes off the wire, so that a compressed drip is a drip.
bool Drips(CURL* easy, Transfer& transfer) {
  curl_off_t received = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  if (received == 0) return false;
  const auto now = Steady::now();
  if (transfer.window_bytes < 0) {
    transfer.window_start = now;
    transfer.window_bytes = received;
    return false;
  }
  if (now - transfer.window_start < transfer.request.drip_window) return false;
  const auto arrived = static_cast<uint64_t>(received - transfer.window_bytes);
  transfer.window_start = now;
  transfer.window_bytes = received;
  return arrived < transfer.request.drip_bytes;
}

double Seconds(milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

std::unexpected<Error> FailTimeout(CURL* easy, const HttpRequest& request) {
  curl_off_t started = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &started);
  const std::string origin = request.url.Origin();
  const bool connected = started > 0 || request.total_timeout < request.connect_timeout;
  if (!connected) {
    return Fail(Code::kTimeout, fmt::format("{}: no connection within {} s (connect timeout)",
                                            origin, Seconds(request.connect_timeout)));
  }
  return Fail(Code::kTimeout, fmt::format("{}: no complete answer within {} s (call timeout)",
                                          origin, Seconds(request.total_timeout)));
}

Code CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Code::kNotFound;
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
      return Code::kUnreachable;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return Code::kProtocol;
    default:
      return Code::kIo;
  }
}

std::unexpected<Error> FailTransfer(CURLcode code, CURL* easy, const Transfer& transfer) {
  const HttpRequest& request = transfer.request;
  const std::string origin = request.url.Origin();
  if (transfer.body_too_large || code == CURLE_FILESIZE_EXCEEDED) {
    return Fail(Code::kLimit,
                fmt::format("{}: the response is larger than {} bytes "
                            "(limit {})",
                            origin, request.max_response_bytes, request.response_limit));
  }
  if (transfer.headers_too_large) {
    return Fail(Code::kLimit, fmt::format("{}: the response headers are larger than {} bytes",
                                          origin, kMaxHeaderBytes));
  }
  if (!transfer.refused.empty()) {
    return Fail(Code::kDenied, fmt::format("{}: {}", origin, transfer.refused));
  }
  if (code == CURLE_OPERATION_TIMEDOUT) return FailTimeout(easy, request);
  const char* reason = transfer.reason[0] != '\0' ? transfer.reason : curl_easy_strerror(code);
  return Fail(CodeOf(code),
              fmt::format("{}: {}", origin, EscapeControls(Truncate(ToUtf8(reason), kMaxReason))));
}

// Runs the transfer to its end; the code of curl, or the reason it was broken off.
Result<CURLcode> Drive(Session& session, Transfer& transfer, const std::stop_token& stop) {
  const std::stop_callback wake(stop, [&] { curl_multi_wakeup(session.multi.get()); });
  int running = 1;
  while (true) {
    const CURLMcode code = curl_multi_perform(session.multi.get(), &running);
    if (code != CURLM_OK) return Fail(Code::kInternal, curl_multi_strerror(code));
    if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled while calling");
    if (running == 0) break;
    const HttpRequest& request = transfer.request;
    if (Drips(session.easy.get(), transfer)) {
      return Fail(
          Code::kTimeout,
          fmt::format("{}: fewer than {} bytes arrived in {} s (drip limit)", request.url.Origin(),
                      request.drip_bytes, Seconds(request.drip_window)));
    }
    const auto wait = std::clamp(request.drip_window / 4, milliseconds(1), kLongestPoll);
    curl_multi_poll(session.multi.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr);
  }
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(session.multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return Fail(Code::kInternal, "the transfer ended without a result");
}

void FinishResponse(CURL* easy, HttpResponse& response) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  char* address = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
  if (address != nullptr) response.address = address;
  const std::string_view encoding = response.Find("content-encoding");
  if (encoding.empty() || ToLower(encoding) == "identity") return;
  std::erase_if(response.headers, [](const Header& header) {
    const std::string name = ToLower(header.name);
    return name == "content-encoding" || name == "content-length";
  });
}

Status CheckRequest(const HttpRequest& request, const HttpClientOptions& options) {
  if (!IsToken(request.method)) {
    return Fail(Code::kInvalid, fmt::format("\"{}\" is not an HTTP method",
                                            EscapeControls(Truncate(ToUtf8(request.method), 40))));
  }
  for (const Header& header : request.headers) CARREL_TRY(CheckHeader(header));
  if (options.proxy.empty()) return {};
  const AddressClass literal = ClassifyLiteral(request.url.host);
  if (literal != AddressClass::kUnknown && !IsAllowed(literal, request.addresses)) {
    return Fail(Code::kDenied,
                fmt::format("{}: {}", request.url.Origin(), Refusal(request.url.host, literal)));
  }
  return {};
}

}  // namespace

std::string_view HttpResponse::Find(std::string_view name) const {
  const std::string wanted = ToLower(name);
  for (const Header& header : headers) {
    if (ToLower(header.name) == wanted) return header.value;
  }
  return {};
}

Status CheckHeader(const Header& header) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  };
  if (!IsToken(header.name)) {
    return Fail(Code::kInvalid, fmt::format("\"{}\" is not a header name",
                                            EscapeControls(Truncate(ToUtf8(header.name), 60))));
  }
  if (std::ranges::any_of(header.value, is_control)) {
    return Fail(Code::kInvalid,
                fmt::format("header {}: control characters are not allowed", header.name));
  }
  return {};
}

class HttpClient::Impl {
 public:
  explicit Impl(HttpClientOptions options) : options_(std::move(options)) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)initialised;
  }

  Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop) {
    CARREL_TRY(CheckRequest(request, options_));
    if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled before calling");
    std::unique_ptr<Session> session = Take(request);
    if (!session->multi || !session->easy) return Fail(Code::kInternal, "out of curl handles");
    CURL* const easy = session->easy.get();
    TextList answers;
    CARREL_TRY(Resolve(request.url, answers));

    Transfer transfer(request, options_);
    const std::string site = request.url.Origin() + "/";
    const std::string target = request.url.Target();
    TextList headers;
    SetDefences(easy, options_);
    SetCall(easy, transfer, site, target);
    SetMethod(easy, request);
    SetHeaders(easy, request, headers);
    if (answers.get() != nullptr) curl_easy_setopt(easy, CURLOPT_RESOLVE, answers.get());

    curl_multi_add_handle(session->multi.get(), easy);
    const Result<CURLcode> code = Drive(*session, transfer, stop);
    Result<HttpResponse> result;
    if (!code) {
      result = std::unexpected(code.error());
    } else if (*code != CURLE_OK) {
      result = FailTransfer(*code, easy, transfer);
    } else {
      FinishResponse(easy, transfer.response);
      result = std::move(transfer.response);
    }
    curl_multi_remove_handle(session->multi.get(), easy);
    curl_easy_reset(easy);  // drops the pointers into this frame; connections stay
    if (result) Give(std::move(session));
    return result;
  }

 private:
  // Tells curl what the resolver answered, in place of what it may have kept from the last time.
  Status Resolve(const Url& url, TextList& answers) const {
    const bool literal = ClassifyLiteral(url.host) != AddressClass::kUnknown;
    if (!options_.resolver || literal || !options_.proxy.empty()) return {};
    std::string line;
    for (const std::string& address : options_.resolver(url.host)) {
      if (ClassifyLiteral(address) == AddressClass::kUnknown) {
        return Fail(Code::kInternal, fmt::format("resolver: \"{}\" is no address", address));
      }
      if (!line.empty()) line += ',';
      line += address.contains(':') ? "[" + address + "]" : address;
    }
    if (line.empty()) {
      return Fail(Code::kNotFound, fmt::format("{}: no such host name", url.Origin()));
    }
    answers.Append(fmt::format("{}:{}:{}", url.host, url.port, line));
    return {};
  }

  // The policy is part of the key: a connection opened for one that may reach private addresses
  // is never handed to one that may not.
  std::unique_ptr<Session> Take(const HttpRequest& request) {
    std::string key = fmt::format("{} {}", request.addresses == AddressPolicy::kAllowPrivate,
                                  request.url.Origin());
    const std::lock_guard lock(mutex_);
    for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
      if ((*it)->key != key) continue;
      std::unique_ptr<Session> session = std::move(*it);
      idle_.erase(std::next(it).base());
      return session;
    }
    auto session = std::make_unique<Session>();
    session->key = std::move(key);
    return session;
  }

  void Give(std::unique_ptr<Session> session) {
    std::unique_ptr<Session> oldest;  // closed outside the lock
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(session));
    if (idle_.size() <= options_.max_idle_connections) return;
    oldest = std::move(idle_.front());
    idle_.pop_front();
  }

  // Constant after construction.
  const HttpClientOptions options_;
  // Guarded by mutex_. The most recently used last.
  std::mutex mutex_;
  std::deque<std::unique_ptr<Session>> idle_;
};

HttpClient::HttpClient(HttpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::Send(const HttpRequest& request, const std::stop_token& stop) {
  return impl_->Send(request, stop);
}

}  // namespace carrel::net
