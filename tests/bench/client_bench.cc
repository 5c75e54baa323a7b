// What a request costs the client, in CPU, against a server that answers at once: of the thread
// that waits (blocking calls), or of the client's own (asynchronous calls, each completion asking
// again). The server's CPU and the other thread's are not in it.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <future>
#include <string>
#include <variant>
#include <vector>

#include <time.h>

#include "starling/client.h"

#include "message/checksum.h"
#include "support/scripted_server.h"

namespace starling {
namespace {

constexpr int kBlockingOperations = 20'000;
constexpr int kAsynchronousOperations = 400'000;
constexpr std::size_t kKeys = 1024;

double cpu_microseconds_of_this_thread() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

ClientReply answer(const ClientRequest& request) {
  if (std::holds_alternative<ClientPut>(request.body)) {
    return PutReply{.context = "AZL_diyvJGbIATSyw5zPH54KAQEAurwCqiZoyXU", .siblings = 1};
  }
  if (const auto* const get = std::get_if<ClientGet>(&request.body)) {
    GetReply reply{.context = "AZL_diyvJGbIATSyw5zPH54KAQEAurwCqiZoyXU"};
    reply.siblings.push_back(
        {.value = std::string(100, 'v'), .content_type = {}, .modified = {}, .dot = "d"});
    reply.checksum = checksum_of(get->address.key, reply.siblings);
    return reply;
  }
  return ErrorReply{.status = Status(StatusCode::Failure, "not scripted"), .replies = {}};
}

std::string key_of(std::uint64_t number) {
  std::string key = std::to_string(number % kKeys);
  key.resize(16, '-');
  return key;
}

struct Measured {
  double cpu_microseconds = 0;  // an operation
  double seconds = 0;
  int operations = 0;
};

void print(const char* what, int depth, const Measured& measured) {
  std::printf("%-16s depth %4d   %6.2f CPU-us/op   %8.0f ops/s\n", what, depth,
              measured.cpu_microseconds, measured.operations / measured.seconds);
}

Measured measure_blocking(Client& client) {
  const std::string value(100, 'v');
  const auto begun = std::chrono::steady_clock::now();
  const double cpu = cpu_microseconds_of_this_thread();
  for (int operation = 0; operation < kBlockingOperations; ++operation) {
    static_cast<void>(client.put("bucket", key_of(static_cast<std::uint64_t>(operation)), value));
  }
  const double used = cpu_microseconds_of_this_thread() - cpu;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  return {.cpu_microseconds = used / kBlockingOperations,
          .seconds = took.count(),
          .operations = kBlockingOperations};
}

// Keeps `depth` requests under way. Everything after the first few happens in the client's thread.
class Loop {
 public:
  Loop(Client& client, int depth, bool puts)
      : client_(client), depth_(depth), puts_(puts), value_(100, 'v') {}

  Measured run() {
    for (int index = 0; index < depth_; ++index) ask(index);
    done_.get_future().wait();
    return measured_;
  }

 private:
  void ask(int operation) {
    const std::string key = key_of(static_cast<std::uint64_t>(operation));
    const Status status =
        puts_ ? client_.put_async("bucket", key, value_, {},
                                  [this](const auto& r) { on_done(r.ok()); })
              : client_.get_async("bucket", key, {}, [this](const auto& r) { on_done(r.ok()); });
    if (!status.ok()) std::printf("refused: %s\n", status.to_string().c_str());
  }

  void on_done(bool ok) {
    if (!ok) std::printf("an operation failed\n");
    if (++answered_ == depth_) {
      begun_ = std::chrono::steady_clock::now();
      cpu_ = cpu_microseconds_of_this_thread();
    }
    const int next = answered_ + depth_ - 1;
    if (next < kAsynchronousOperations) ask(next);
    if (answered_ < kAsynchronousOperations) return;
    const int counted = answered_ - depth_;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun_;
    measured_ = {.cpu_microseconds = (cpu_microseconds_of_this_thread() - cpu_) / counted,
                 .seconds = took.count(),
                 .operations = counted};
    done_.set_value();
  }

  Client& client_;
  const int depth_;
  const bool puts_;
  const std::string value_;
  int answered_ = 0;
  std::chrono::steady_clock::time_point begun_;
  double cpu_ = 0;
  Measured measured_;
  std::promise<void> done_;
};

void measure_all() {
  const ScriptedServer server([](const ClientRequest& request) { return answer(request); });
  const ClientOptions options{.endpoints = {server.endpoint()}, .routing = Routing::Endpoints};
  {
    Client client(options);
    print("blocking put", 1, measure_blocking(client));
  }
  for (const int depth : {1, 16, 256}) {
    for (const bool puts : {true, false}) {
      Client client(options);
      Loop loop(client, depth, puts);
      print(puts ? "async put" : "async get", depth, loop.run());
    }
  }
}

}  // namespace
}  // namespace starling

int main() {
  starling::measure_all();
}
