// The load that scripts/bench puts on the stores it compares with: redis over RESP, where each
// batch ends with WAIT 1, and etcd over gRPC, spoken here in the few frames of HTTP/2 that it
// takes. One thread, one epoll instance, a closed loop: each connection sends `pipeline` requests
// and waits for all their answers. Prints one line of JSON.
//
//   peer_load redis|etcd put|get HOST:PORT[,...] CLIENTS PIPELINE SECONDS RECORDS VALUE_BYTES
//
// "load" instead of put or get writes each record once.

#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/random.h"
#include "bench/key_name.h"
#include "bench/latency_histogram.h"
#include "bench/value_pool.h"

namespace starling::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "peer_load: %s\n", why.c_str());
  std::exit(1);
}

// How one store is spoken to. One object a connection.
class Protocol {
 public:
  Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;
  virtual ~Protocol() = default;
  virtual std::string greeting() { return {}; }
  virtual void put(std::string& out, std::string_view key, std::string_view value) = 0;
  virtual void get(std::string& out, std::string_view key) = 0;
  // What stands behind a batch, and how many answers more than requests that makes.
  virtual std::size_t end_of_batch(std::string& /*out*/, bool /*puts*/) { return 0; }
  struct Taken {
    std::size_t bytes = 0;
    std::size_t answers = 0;
    std::size_t errors = 0;
  };
  // Whole answers at the beginning of `in`; `out` takes what has to be said about them.
  virtual Taken take(std::string_view in, std::string& out) = 0;
};

class Redis final : public Protocol {
 public:
  void put(std::string& out, std::string_view key, std::string_view value) override {
    out += "*3\r\n$3\r\nSET\r\n";
    append(out, key);
    append(out, value);
  }
  void get(std::string& out, std::string_view key) override {
    out += "*2\r\n$3\r\nGET\r\n";
    append(out, key);
  }
  std::size_t end_of_batch(std::string& out, bool puts) override {
    if (!puts) return 0;
    out += "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\n0\r\n";
    return 1;
  }
  Taken take(std::string_view in, std::string& /*out*/) override {
    Taken taken;
    while (true) {
      const std::string_view rest = in.substr(taken.bytes);
      const std::size_t line = rest.find("\r\n");
      if (line == std::string_view::npos) return taken;
      std::size_t size = line + 2;
      if (rest.front() == '$') {
        const int bytes = std::atoi(rest.data() + 1);
        if (bytes < 0) ++taken.errors;
        if (bytes >= 0) size += static_cast<std::size_t>(bytes) + 2;
      }
      if (rest.size() < size) return taken;
      // WAIT answers how many replicas have it.
      if (rest.front() == '-' || rest.starts_with(":0")) ++taken.errors;
      taken.bytes += size;
      ++taken.answers;
    }
  }

 private:
  static void append(std::string& out, std::string_view text) {
    out += "$" + std::to_string(text.size()) + "\r\n";
    out += text;
    out += "\r\n";
  }
};

// gRPC (unary calls over HTTP/2, RFC 9113), with headers that need no table: each is a literal.
class Etcd final : public Protocol {
 public:
  std::string greeting() override {
    std::string out = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    frame(out, kSettings, 0, 0, {});
    // Answers are small and counted: there shall always be room for them.
    frame(out, kWindowUpdate, 0, 0, number(0x7FFF0000 - 65'535));
    return out;
  }
  void put(std::string& out, std::string_view key, std::string_view value) override {
    call(out, "/etcdserverpb.KV/Put", field(1, key) + field(2, value));
  }
  void get(std::string& out, std::string_view key) override {
    call(out, "/etcdserverpb.KV/Range", field(1, key));
  }
  Taken take(std::string_view in, std::string& out) override {
    Taken taken;
    while (in.size() - taken.bytes >= kHeaderBytes) {
      const std::string_view rest = in.substr(taken.bytes);
      const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
      const std::size_t size = std::size_t{byte(0)} << 16U | std::size_t{byte(1)} << 8U | byte(2);
      if (rest.size() < kHeaderBytes + size) break;
      const unsigned type = byte(3);
      const unsigned flags = byte(4);
      const std::uint32_t stream = std::uint32_t{byte(5)} << 24U | std::uint32_t{byte(6)} << 16U |
                                   std::uint32_t{byte(7)} << 8U | byte(8);
      if (type == kSettings && (flags & kAck) == 0) frame(out, kSettings, kAck, 0, {});
      if (type == kPing && (flags & kAck) == 0)
        frame(out, kPing, kAck, 0, std::string(rest.substr(kHeaderBytes, size)));
      if (type == kGoAway) fail("etcd closes the connection");
      // A call that fails has trailers and no message.
      if (type == kData) answered_.push_back(stream);
      const bool ends = (type == kHeaders || type == kData) && (flags & kEndStream) != 0;
      if (ends || type == kReset) {
        ++taken.answers;
        if (std::erase(answered_, stream) == 0) ++taken.errors;
      }
      taken.bytes += kHeaderBytes + size;
    }
    return taken;
  }

 private:
  static constexpr std::size_t kHeaderBytes = 9;
  static constexpr unsigned kData = 0;
  static constexpr unsigned kHeaders = 1;
  static constexpr unsigned kReset = 3;
  static constexpr unsigned kSettings = 4;
  static constexpr unsigned kPing = 6;
  static constexpr unsigned kGoAway = 7;
  static constexpr unsigned kWindowUpdate = 8;
  static constexpr unsigned kAck = 1;
  static constexpr unsigned kEndStream = 1;
  static constexpr unsigned kEndHeaders = 4;

  static std::string number(std::uint32_t value) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      bytes += static_cast<char>(value >> shift & 0xFFU);
    return bytes;
  }
  static void frame(std::string& out, unsigned type, unsigned flags, std::uint32_t stream,
                    const std::string& payload) {
    out += number(static_cast<std::uint32_t>(payload.size())).substr(1);
    out += static_cast<char>(type);
    out += static_cast<char>(flags);
    out += number(stream);
    out += payload;
  }
  // HPACK: a literal without indexing, its name spelled out, no Huffman code. All below 127 bytes.
  static std::string header(std::string_view name, std::string_view value) {
    std::string text(1, '\0');
    text += static_cast<char>(name.size());
    text += name;
    text += static_cast<char>(value.size());
    return text.append(value);
  }
  // A length-delimited field of a protocol buffer.
  static std::string field(unsigned tag, std::string_view bytes) {
    std::string text(1, static_cast<char>(tag << 3U | 2U));
    std::size_t size = bytes.size();
    for (; size >= 128; size >>= 7U) text += static_cast<char>((size & 0x7FU) | 0x80U);
    text += static_cast<char>(size);
    return text.append(bytes);
  }
  void call(std::string& out, std::string_view path, const std::string& message) {
    const std::string headers = header(":method", "POST") + header(":scheme", "http") +
                                header(":path", path) + header(":authority", "etcd") +
                                header("content-type", "application/grpc") +
                                header("te", "trailers");
    frame(out, kHeaders, kEndHeaders, next_stream_, headers);
    const std::string prefix =
        std::string(1, '\0') + number(static_cast<std::uint32_t>(message.size()));
    frame(out, kData, kEndStream, next_stream_, prefix + message);
    next_stream_ += 2;
  }

  std::uint32_t next_stream_ = 1;
  std::vector<std::uint32_t> answered_;  // streams whose message has come
};

struct Options {
  std::string store;
  std::string operation;
  std::vector<std::string> endpoints;
  std::size_t clients = 1;
  std::size_t pipeline = 1;
  double seconds = 1;
  std::uint64_t records = 1;
  std::size_t value_size = 100;
};

struct Connection {
  int descriptor = -1;
  std::unique_ptr<Protocol> protocol;
  std::string in;
  std::size_t awaited = 0;
  Clock::time_point sent_at;
};

int connect_to(const std::string& endpoint) {
  const std::size_t colon = endpoint.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(endpoint.c_str() + colon + 1)));
  if (inet_pton(AF_INET, endpoint.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    fail(endpoint + ": no IPv4 address and port");
  }
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fail(endpoint + ": " + std::strerror(errno));
  }
  return descriptor;
}

// Blocking: what is under way is far less than the system's buffers hold.
void send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail(std::string("send: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

class Load {
 public:
  explicit Load(Options options)
      : options_(std::move(options)),
        values_(options_.value_size, Random(1)),
        epoll_(epoll_create1(0)) {
    connections_.resize(options_.clients);
    for (std::size_t index = 0; index < connections_.size(); ++index) {
      Connection& connection = connections_[index];
      connection.descriptor = connect_to(options_.endpoints[index % options_.endpoints.size()]);
      if (options_.store == "etcd") {
        connection.protocol = std::make_unique<Etcd>();
      } else {
        connection.protocol = std::make_unique<Redis>();
      }
      send_all(connection.descriptor, connection.protocol->greeting());
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = index;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.descriptor, &event);
    }
  }

  void run() {
    begun_ = Clock::now();
    for (Connection& connection : connections_) begin_batch(connection);
    std::array<epoll_event, 64> events;
    while (under_way_ > 0) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10'000);
      if (count == 0) fail("no answer for 10 s");
      for (int index = 0; index < count; ++index) {
        receive(connections_[events.at(static_cast<std::size_t>(index)).data.u64]);
      }
    }
    print();
  }

 private:
  [[nodiscard]] bool is_over() const {
    if (options_.operation == "load") return loaded_ >= options_.records;
    return Clock::now() - begun_ >= std::chrono::duration<double>(options_.seconds);
  }

  void begin_batch(Connection& connection) {
    if (is_over()) return;
    std::string out;
    std::size_t requests = 0;
    for (; requests < options_.pipeline; ++requests) {
      const bool loading = options_.operation == "load";
      if (loading && loaded_ >= options_.records) break;
      const std::string key = record_key(loading ? loaded_++ : random_.below(options_.records));
      if (options_.operation == "get") {
        connection.protocol->get(out, key);
      } else {
        connection.protocol->put(out, key, values_.draw(random_));
      }
    }
    connection.awaited =
        requests + connection.protocol->end_of_batch(out, options_.operation != "get");
    connection.sent_at = Clock::now();
    send_all(connection.descriptor, out);
    ++under_way_;
    operations_ += requests;
  }

  void receive(Connection& connection) {
    std::array<char, 65'536> buffer;
    const ssize_t count = recv(connection.descriptor, buffer.data(), buffer.size(), 0);
    if (count <= 0) fail("the server closed a connection");
    connection.in.append(buffer.data(), static_cast<std::size_t>(count));
    std::string out;
    const Protocol::Taken taken = connection.protocol->take(connection.in, out);
    if (!out.empty()) send_all(connection.descriptor, out);
    connection.in.erase(0, taken.bytes);
    errors_ += taken.errors;
    if (taken.answers == 0) return;
    if (taken.answers > connection.awaited) fail("more answers than requests");
    connection.awaited -= taken.answers;
    if (connection.awaited > 0) return;
    latencies_.record(Clock::now() - connection.sent_at);
    --under_way_;
    begin_batch(connection);
  }

  void print() const {
    const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
    const auto us = [this](double share) {
      return std::chrono::duration<double, std::micro>(latencies_.quantile(share)).count();
    };
    std::printf(
        "{\"ops\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"p50\":%.1f,\"p95\":%.1f,\"p99\":%.1f,"
        "\"p999\":%.1f}\n",
        static_cast<unsigned long long>(operations_), static_cast<unsigned long long>(errors_),
        seconds, us(0.5), us(0.95), us(0.99), us(0.999));
  }

  Options options_;
  ValuePool values_;
  int epoll_;
  std::vector<Connection> connections_;
  Random random_{2};
  LatencyHistogram latencies_;
  Clock::time_point begun_;
  std::uint64_t loaded_ = 0;
  std::uint64_t operations_ = 0;
  std::uint64_t errors_ = 0;
  std::size_t under_way_ = 0;
};

Options options_of(const std::vector<std::string>& words) {
  if (words.size() != 8) fail("eight words are needed, see the source");
  Options options{.store = words[0], .operation = words[1], .endpoints = {}};
  std::string_view list = words[2];
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    options.endpoints.emplace_back(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  options.clients = std::stoul(words[3]);
  options.pipeline = std::stoul(words[4]);
  options.seconds = std::stod(words[5]);
  options.records = std::stoull(words[6]);
  options.value_size = std::stoul(words[7]);
  return options;
}

}  // namespace
}  // namespace starling::bench

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  starling::bench::Load(starling::bench::options_of(words)).run();
}
