// Puts and gets through the SDK for a while, a number of them at once, and says what came of them.
// sdk_test.py runs it against nodes that it kills, stops and restarts.
//
//   sdk_driver ENDPOINTS SECONDS OUTSTANDING TIMEOUT_MS

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "starling/client.h"

namespace starling {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point then) {
  return std::chrono::duration<double, std::milli>(Clock::now() - then).count();
}

// Everything but run() happens in the client's thread.
class Driver {
 public:
  Driver(Client& client, std::chrono::seconds duration, std::chrono::milliseconds timeout)
      : client_(client), end_(Clock::now() + duration), timeout_(timeout) {}

  void run(int outstanding) {
    under_way_ = outstanding;
    for (int index = 0; index < outstanding; ++index) put(static_cast<std::uint64_t>(index));
    next_ = static_cast<std::uint64_t>(outstanding);
    started_.set_value();
    ended_.get_future().wait();
    verify();
    print();
  }

 private:
  void put(std::uint64_t number) {
    const std::string text = std::to_string(number);
    const auto begun = Clock::now();
    const Status asked = client_.put_async("b", text, text, {.timeout = timeout_},
                                           [this, number, begun](const auto& written) {
                                             started_future_.wait();
                                             note(begun, written.status());
                                             if (written.ok()) acknowledged_.push_back(number);
                                             written.ok() ? get(number) : next();
                                           });
    if (!asked.ok()) std::abort();
  }

  void get(std::uint64_t number) {
    const auto begun = Clock::now();
    const Status asked = client_.get_async("b", std::to_string(number), {.timeout = timeout_},
                                           [this, number, begun](const auto& read) {
                                             note(begun, read.status());
                                             if (read.ok() && !is_right(number, *read)) ++wrong_;
                                             next();
                                           });
    if (!asked.ok()) std::abort();
  }

  void next() {
    if (Clock::now() < end_) return put(next_++);
    if (--under_way_ == 0) ended_.set_value();
  }

  static bool is_right(std::uint64_t number, const ReadResult& read) {
    return read.siblings.size() == 1 && read.siblings.front().value == std::to_string(number);
  }

  void note(Clock::time_point begun, const Status& status) {
    slowest_ms_ = std::max(slowest_ms_, milliseconds_since(begun));
    if (!status.ok()) {
      if (++errors_[std::string(status_code_name(status.code()))] <= 3) {
        std::fprintf(stderr, "%s\n", status.to_string().c_str());
      }
      return;
    }
    ++succeeded_;
    if (succeeded_ > 1) longest_gap_ms_ = std::max(longest_gap_ms_, milliseconds_since(last_));
    last_ = Clock::now();
  }

  // Whether every acknowledged write is there in the end.
  void verify() {
    std::vector<std::string> texts;
    for (const std::uint64_t number : acknowledged_) texts.push_back(std::to_string(number));
    std::vector<KeyRef> keys;
    for (const std::string& text : texts) keys.push_back({.bucket = "b", .key = text});
    const auto reads = client_.get_many(keys);
    for (std::size_t index = 0; index < reads.size(); ++index) {
      if (!reads[index].ok() || !is_right(acknowledged_[index], *reads[index])) ++lost_;
    }
  }

  void print() const {
    std::string errors;
    for (const auto& [code, count] : errors_) {
      errors += (errors.empty() ? "\"" : ",\"") + code + "\":" + std::to_string(count);
    }
    std::printf(
        "{\"succeeded\":%llu,\"errors\":{%s},\"slowest_ms\":%.0f,\"longest_gap_ms\":%.0f,"
        "\"acknowledged\":%zu,\"wrong\":%d,\"lost\":%d}\n",
        static_cast<unsigned long long>(succeeded_), errors.c_str(), slowest_ms_, longest_gap_ms_,
        acknowledged_.size(), wrong_, lost_);
  }

  Client& client_;
  const Clock::time_point end_;
  const std::chrono::milliseconds timeout_;
  std::promise<void> started_;
  std::shared_future<void> started_future_ = started_.get_future().share();
  std::promise<void> ended_;
  std::uint64_t next_ = 0;
  int under_way_ = 0;
  std::uint64_t succeeded_ = 0;
  std::map<std::string, int> errors_;
  std::vector<std::uint64_t> acknowledged_;
  Clock::time_point last_;
  double slowest_ms_ = 0;
  double longest_gap_ms_ = 0;
  int wrong_ = 0;
  int lost_ = 0;
};

}  // namespace
}  // namespace starling

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const auto endpoints = starling::parse_endpoints(argv[1]);
  if (!endpoints.ok()) return 2;
  starling::Client client({.endpoints = *endpoints});
  starling::Driver driver(client, std::chrono::seconds(std::atoi(argv[2])),
                          std::chrono::milliseconds(std::atoi(argv[4])));
  driver.run(std::atoi(argv[3]));
}
