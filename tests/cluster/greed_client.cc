// greed_client: clients that are greedy, slow, deaf or polite, for greed_test.py. It speaks the
// native protocol by itself, for the SDK is polite: it does not send on when it is refused, and
// reads what it is answered. What it met is printed at the end, as one line of JSON.
//
//   greed_client KIND PORT CONNECTIONS SECONDS [VALUE_BYTES]

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/random.h"
#include "message/checksum.h"
#include "message/client_messages.h"
#include "message/hello.h"
#include "wire/codec.h"
#include "wire/frame_assembler.h"

namespace starling {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

struct Arguments {
  std::string kind;
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::chrono::duration<double> time{};
  std::size_t value_bytes = 100;
};

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

// One connection to a node of this machine, with blocking calls. -1: closed.
class Wire {
 public:
  explicit Wire(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    static_cast<void>(
        setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
    static_cast<void>(
        setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)));
    if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      close();
    }
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  Wire(Wire&&) = delete;
  Wire& operator=(Wire&&) = delete;
  ~Wire() { close(); }

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  void close() {
    if (is_open()) static_cast<void>(::close(std::exchange(descriptor_, -1)));
  }
  bool say(std::string_view bytes, int flags = 0) {
    while (is_open() && !bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | flags);
      if (sent < 0 && flags != 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
      if (sent <= 0) close();
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return is_open();
  }
  // Whether the other side has ended it; what came is dropped.
  bool was_ended() {
    std::array<char, 4096> bytes{};
    const ssize_t size = recv(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    return size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
  }
  // The next frame; nothing when the connection ended or nothing came for long.
  std::optional<Frame> hear() {
    while (is_open()) {
      const Result<std::optional<RawFrame>> raw = assembler_.next();
      if (!raw.ok()) return std::nullopt;
      if (raw->has_value()) {
        Result<Frame> frame = decode((*raw)->header, (*raw)->body);
        return frame.ok() ? std::optional<Frame>(std::move(*frame)) : std::nullopt;
      }
      const ssize_t size = recv(descriptor_, buffer_.data(), buffer_.size(), 0);
      if (size <= 0) {
        close();
      } else {
        assembler_.feed(std::string_view(buffer_.data(), static_cast<std::size_t>(size)));
      }
    }
    return std::nullopt;
  }
  bool greet() {
    Hello hello;
    hello.role = HelloRole::Client;
    if (!say(encode(hello))) return false;
    const std::optional<Frame> answer = hear();
    const Hello* const theirs = answer.has_value() ? std::get_if<Hello>(&answer->message) : nullptr;
    return theirs != nullptr && theirs->refusal.empty();
  }

 private:
  int descriptor_;
  FrameAssembler assembler_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{256} << 10U);
};

std::string put_frame(std::uint64_t number, const std::string& key, std::size_t value_bytes,
                      Random& random) {
  ClientPut put;
  put.address = {.bucket = "greed", .key = key};
  // Not compressible, as most of what is large is not.
  put.value.resize(value_bytes);
  for (std::size_t i = 0; i < value_bytes; i += 8) {
    const std::uint64_t drawn = random.next();
    for (std::size_t k = 0; k < 8 && i + k < value_bytes; ++k) {
      put.value[i + k] = static_cast<char>(drawn >> (8 * k));
    }
  }
  put.checksum = checksum_of(key, put.content_type, put.value);
  return encode(number, ClientRequest{.remaining = std::chrono::seconds(5), .body = put});
}

std::string get_frame(std::uint64_t number, const std::string& key) {
  return encode(number, ClientRequest{.remaining = std::chrono::seconds(5),
                                      .body = ClientGet{.address = {.bucket = "greed", .key = key},
                                                        .levels = {},
                                                        .context = {}}});
}

// What all connections met together.
struct Tally {
  std::atomic<std::uint64_t> done = 0;
  std::atomic<std::uint64_t> overloaded = 0;
  std::atomic<std::uint64_t> failed = 0;   // another error
  std::atomic<std::uint64_t> no_hint = 0;  // overloaded, without advice when to come back
  std::atomic<std::uint64_t> ended = 0;    // connections
  std::atomic<std::uint64_t> refused = 0;  // connections that were not let in
  std::mutex mutex;
  std::vector<double> seconds;  // of each request that was answered with success
  std::string example;          // of an error

  void take(const Frame& frame) {
    const auto* const reply = std::get_if<ClientReply>(&frame.message);
    const auto* const error = reply == nullptr ? nullptr : std::get_if<ErrorReply>(reply);
    if (error == nullptr) {
      ++done;
      return;
    }
    const bool busy = error->status.code() == StatusCode::Overloaded;
    ++(busy ? overloaded : failed);
    if (busy && error->status.retry_after().count() == 0) ++no_hint;
    if (busy) return;
    const std::lock_guard<std::mutex> lock(mutex);
    if (example.empty()) example = error->status.to_string();
  }
};

// Two requests at a time, and the next as soon as one is answered, whatever the answer.
void be_greedy(const Arguments& arguments, std::size_t me, SteadyTime end, Tally& tally) {
  Random random(me);
  // Made beforehand, so that the sender costs the machine little.
  std::vector<std::string> frames;
  for (std::uint64_t number = 1; number <= 4; ++number) {
    frames.push_back(put_frame(number, "g" + std::to_string(me) + "-" + std::to_string(number),
                               arguments.value_bytes, random));
  }
  while (now() < end) {
    Wire wire(arguments.port);
    if (!wire.greet()) {
      ++tally.refused;
      std::this_thread::sleep_for(milliseconds(100));
      continue;
    }
    std::uint64_t asked = 0;
    std::uint64_t answered = 0;
    while (now() < end) {
      while (asked < answered + 2 && wire.say(frames[asked % frames.size()])) ++asked;
      const std::optional<Frame> answer = wire.hear();
      if (!answer.has_value()) break;
      tally.take(*answer);
      ++answered;
    }
    if (now() < end) ++tally.ended;
  }
}

// A small put and a get of it, one after the other, with a breath in between.
void be_polite(const Arguments& arguments, std::size_t me, SteadyTime end, Tally& tally) {
  Random random(me + 1000);
  Wire wire(arguments.port);
  if (!wire.greet()) {
    ++tally.refused;
    return;
  }
  for (std::uint64_t number = 1; now() < end; ++number) {
    const std::string key = "p" + std::to_string(me) + "-" + std::to_string(number / 2);
    const std::string frame = number % 2 == 1
                                  ? put_frame(number, key, arguments.value_bytes, random)
                                  : get_frame(number, key);
    const SteadyTime asked = now();
    std::optional<Frame> answer;
    if (wire.say(frame)) answer = wire.hear();
    if (!answer.has_value()) {
      ++tally.ended;
      return;
    }
    const std::chrono::duration<double> taken = now() - asked;
    tally.take(*answer);
    const std::lock_guard<std::mutex> lock(tally.mutex);
    tally.seconds.push_back(taken.count());
    std::this_thread::sleep_for(milliseconds(2));
  }
}

// Sends a byte now and then on each of its connections; half of them do not even greet.
void be_slow(const Arguments& arguments, SteadyTime end, Tally& tally) {
  Random random(7);
  const std::string frame = put_frame(1, "slow", arguments.value_bytes, random);
  std::vector<std::unique_ptr<Wire>> wires;
  for (std::size_t i = 0; i < arguments.connections; ++i) {
    wires.push_back(std::make_unique<Wire>(arguments.port));
    if (i % 2 == 0 && !wires.back()->greet()) ++tally.refused;
  }
  for (std::size_t at = 0; now() < end; ++at) {
    for (std::unique_ptr<Wire>& wire : wires) {
      if (!wire->is_open()) continue;
      wire->say(std::string_view(frame).substr(at % frame.size(), 1));
      if (!wire->is_open() || wire->was_ended()) {
        wire->close();
        ++tally.ended;
      }
    }
    std::this_thread::sleep_for(milliseconds(300));
  }
}

// Greets on each of its connections, and stays.
void be_idle(const Arguments& arguments, SteadyTime end, Tally& tally) {
  std::vector<std::unique_ptr<Wire>> wires;
  for (std::size_t i = 0; i < arguments.connections; ++i) {
    wires.push_back(std::make_unique<Wire>(arguments.port));
    if (!wires.back()->greet()) ++tally.refused;
  }
  std::this_thread::sleep_until(end);
}

// Asks for large values, and never reads an answer.
void be_deaf(const Arguments& arguments, SteadyTime end, Tally& tally) {
  Random random(9);
  Wire writer(arguments.port);
  if (!writer.greet() || !writer.say(put_frame(1, "deaf", arguments.value_bytes, random)) ||
      !writer.hear()) {
    ++tally.failed;
    return;
  }
  std::vector<std::unique_ptr<Wire>> wires;
  for (std::size_t i = 0; i < arguments.connections; ++i) {
    wires.push_back(std::make_unique<Wire>(arguments.port));
    if (!wires.back()->greet()) ++tally.refused;
  }
  for (std::uint64_t number = 1; now() < end; ++number) {
    for (std::unique_ptr<Wire>& wire : wires) {
      if (!wire->is_open()) continue;
      if (!wire->say(get_frame(number, "deaf"), MSG_DONTWAIT)) ++tally.ended;
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
}

// Opens connections as fast as it can and says nothing; the oldest make place for the next.
void be_a_flood(const Arguments& arguments, SteadyTime end, Tally& tally) {
  std::vector<std::unique_ptr<Wire>> wires(arguments.connections);
  for (std::size_t at = 0; now() < end; ++at) {
    std::unique_ptr<Wire>& wire = wires[at % wires.size()];
    wire = std::make_unique<Wire>(arguments.port);
    ++(wire->is_open() ? tally.done : tally.refused);
  }
}

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(at));
  return values[at];
}

void print(Tally& tally) {
  static_cast<void>(std::printf(
      R"({"done":%llu,"overloaded":%llu,"failed":%llu,"no_hint":%llu,"ended":%llu,"refused":%llu,)"
      R"("p50_ms":%.2f,"p99_ms":%.2f,"max_ms":%.2f,"example":"%s"})"
      "\n",
      static_cast<unsigned long long>(tally.done),
      static_cast<unsigned long long>(tally.overloaded),
      static_cast<unsigned long long>(tally.failed), static_cast<unsigned long long>(tally.no_hint),
      static_cast<unsigned long long>(tally.ended), static_cast<unsigned long long>(tally.refused),
      1000 * percentile(tally.seconds, 0.5), 1000 * percentile(tally.seconds, 0.99),
      1000 * percentile(tally.seconds, 1.0), tally.example.c_str()));
}

using EachConnection = void (*)(const Arguments&, std::size_t, SteadyTime, Tally&);

void run_each(EachConnection be, const Arguments& arguments, SteadyTime end, Tally& tally) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < arguments.connections; ++i) {
    threads.emplace_back([&, i] { be(arguments, i, end, tally); });
  }
  for (std::thread& thread : threads) thread.join();
}

int run(const Arguments& arguments) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    static_cast<void>(setrlimit(RLIMIT_NOFILE, &files));
  }
  Tally tally;
  const SteadyTime end =
      now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(arguments.time);
  if (arguments.kind == "greedy") {
    run_each(be_greedy, arguments, end, tally);
  } else if (arguments.kind == "polite") {
    run_each(be_polite, arguments, end, tally);
  } else if (arguments.kind == "slow") {
    be_slow(arguments, end, tally);
  } else if (arguments.kind == "idle") {
    be_idle(arguments, end, tally);
  } else if (arguments.kind == "deaf") {
    be_deaf(arguments, end, tally);
  } else if (arguments.kind == "flood") {
    be_a_flood(arguments, end, tally);
  } else {
    return 2;
  }
  print(tally);
  return 0;
}

}  // namespace
}  // namespace starling

int main(int count, char** values) {
  if (count < 5) return 2;
  starling::Arguments arguments;
  arguments.kind = values[1];
  arguments.port = static_cast<std::uint16_t>(std::strtoul(values[2], nullptr, 10));
  arguments.connections = std::strtoul(values[3], nullptr, 10);
  arguments.time = std::chrono::duration<double>(std::strtod(values[4], nullptr));
  if (count > 5) arguments.value_bytes = std::strtoul(values[5], nullptr, 10);
  return starling::run(arguments);
}
