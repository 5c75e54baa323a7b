#include "client/engine.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <sys/random.h>

#include "starling/client.h"
#include "starling/result.h"
#include "starling/status.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/random.h"
#include "base/time.h"
#include "client/call.h"
#include "client/dispatcher.h"
#include "client/endpoint.h"
#include "client/endpoint_pool.h"
#include "client/reactor.h"
#include "client/request_table.h"
#include "message/client_messages.h"

namespace starling {
namespace {

// Two clients with one nonce would take each other's writes for replays of their own.
Hash128 random_nonce() {
  std::array<std::uint64_t, 2> random{};
  STARLING_CHECK(getrandom(random.data(), sizeof(random), 0) == sizeof(random));
  return {.high = random[0], .low = random[1]};
}

// The client asks for the members now and then, beside what its callers ask.
constexpr std::size_t kRequestsMax = RequestTable::kRequestsMax - 16;

Status check_options(const ClientOptions& options) {
  if (options.endpoints.empty()) return {StatusCode::Usage, "a client needs at least one endpoint"};
  // None is left out in silence.
  if (options.endpoints.size() > EndpointPool::kNodesMax) {
    return {StatusCode::Usage, std::to_string(options.endpoints.size()) +
                                   " endpoints are too many: a client takes at most " +
                                   std::to_string(EndpointPool::kNodesMax)};
  }
  if (options.rounds == 0) return {StatusCode::Usage, "rounds is at least 1"};
  if (options.requests_max == 0 || options.requests_max > kRequestsMax) {
    return {StatusCode::Usage, "requests_max is 1 to " + std::to_string(kRequestsMax)};
  }
  return Status::success();
}

Result<DispatcherOptions> dispatcher_options(const ClientOptions& options) {
  STARLING_RETURN_IF_ERROR(check_options(options));
  DispatcherOptions parsed{.endpoints = {}, .routing = options.routing, .rounds = options.rounds};
  for (const std::string& text : options.endpoints) {
    STARLING_ASSIGN_OR_RETURN(read, Endpoint endpoint, parse_endpoint(text));
    parsed.endpoints.push_back(std::move(endpoint));
  }
  return parsed;
}

}  // namespace

ClientEngine::ClientEngine(ClientOptions options)
    : options_(std::move(options)), nonce_(random_nonce()) {
  const auto parsed = dispatcher_options(options_);
  usable_ = parsed.status();
  if (!usable_.ok()) return;
  reactor_ = std::make_unique<Reactor>(*parsed, options_.cluster, Random(nonce_.low ^ nonce_.high));
  usable_ = reactor_->status();
}

ClientEngine::~ClientEngine() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (thread_.joinable()) reactor_->wake();
    seat_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

Result<ClientReply> ClientEngine::call(ClientRequestBody request, const Terms& terms) {
  STARLING_RETURN_IF_ERROR(may_wait());
  Waiter waiter;
  Result<ClientReply> answer(Status(StatusCode::Failure, "no answer"));
  const Status submitted =
      submit(std::move(request), terms, [this, &waiter, &answer](Result<ClientReply> result) {
        answer = std::move(result);
        complete(waiter);
      });
  if (!submitted.ok()) return submitted;
  wait(waiter);
  return answer;
}

Status ClientEngine::submit(ClientRequestBody&& request, const Terms& terms, Call::Done done) {
  STARLING_RETURN_IF_ERROR(usable_);
  const std::size_t bytes = bytes_of(request);
  const std::lock_guard lock(mutex_);
  STARLING_RETURN_IF_ERROR(check_room(bytes));
  ++outstanding_;
  outstanding_bytes_ += bytes;
  inbox_.push_back(Call{.request = {.remaining = {}, .body = std::move(request)},
                        .deadline = Reactor::now() + terms.timeout,
                        .retry = terms.retry,
                        .done = std::move(done)});
  // Nobody is woken who is awake, and nobody twice.
  if (std::exchange(asleep_, false)) reactor_->wake();
  return Status::success();
}

Status ClientEngine::check_room(std::size_t bytes) const {
  if (stopping_) return {StatusCode::Unavailable, "the client is being closed"};
  if (outstanding_ >= options_.requests_max) {
    return {StatusCode::Overloaded, "requests_max is reached: this client has " +
                                        std::to_string(outstanding_) + " requests under way"};
  }
  // The greatest value must fit through any bound, when it is alone.
  if (outstanding_ > 0 && outstanding_bytes_ + bytes > options_.bytes_max) {
    return {StatusCode::Overloaded, "bytes_max is reached: this client has " +
                                        std::to_string(outstanding_bytes_) + " bytes under way"};
  }
  return Status::success();
}

Status ClientEngine::start_thread() {
  STARLING_RETURN_IF_ERROR(usable_);
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) return Status::success();
  try {
    thread_ = std::thread([this] { run_thread(); });
  } catch (const std::system_error& error) {
    return {StatusCode::Failure, std::string("the client gets no thread: ") + error.what()};
  }
  // Whoever drives now leaves the seat to it.
  if (std::exchange(asleep_, false)) reactor_->wake();
  return Status::success();
}

Status ClientEngine::may_wait() {
  const std::lock_guard lock(mutex_);
  if (driver_ != std::this_thread::get_id()) return Status::success();
  return {StatusCode::Usage, "a call that waits can not be made within a completion"};
}

void ClientEngine::wait(Waiter& waiter) {
  std::unique_lock lock(mutex_);
  STARLING_CHECK(driver_ != std::this_thread::get_id());
  while (!waiter.done_) {
    if (!driver_.has_value() && !thread_.joinable()) {
      take_seat(lock);
      continue;
    }
    if (!driver_.has_value()) leave_seat();
    waiters_.push_back(&waiter);
    waiter.wake_.wait(lock);
    std::erase(waiters_, &waiter);
  }
  if (!driver_.has_value()) leave_seat();
}

void ClientEngine::complete(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  waiter.done_ = true;
  waiter.wake_.notify_one();
}

// One turn. The lock is not held meanwhile.
void ClientEngine::take_seat(std::unique_lock<std::mutex>& lock) {
  driver_ = std::this_thread::get_id();
  lock.unlock();
  turn();
  lock.lock();
  driver_.reset();
}

// Whoever had the seat has its answer: another one drives on.
void ClientEngine::leave_seat() {
  if (thread_.joinable()) return seat_.notify_one();
  if (!waiters_.empty()) waiters_.front()->wake_.notify_one();
}

void ClientEngine::turn() {
  Reactor::Patience patience = Reactor::Patience::None;
  {
    const std::lock_guard lock(mutex_);
    asleep_ = inbox_.empty() && !stopping_;
    if (asleep_) patience = Reactor::Patience::UntilSomethingHappens;
  }
  reactor_->poll(patience);
  std::vector<Call> calls;
  {
    const std::lock_guard lock(mutex_);
    asleep_ = false;
    calls = std::exchange(inbox_, {});
  }
  const Instant now = Reactor::now();
  for (Call& call : calls) reactor_->dispatcher().submit(std::move(call), now);
  reactor_->flush();
  deliver(reactor_->dispatcher().take_finished());
}

void ClientEngine::deliver(std::vector<Dispatcher::Finished> finished) {
  if (finished.empty()) return;
  std::size_t bytes = 0;
  for (const Dispatcher::Finished& each : finished) bytes += each.bytes;
  {
    const std::lock_guard lock(mutex_);
    outstanding_ -= finished.size();
    outstanding_bytes_ -= bytes;
  }
  for (Dispatcher::Finished& each : finished) each.done(std::move(each.result));
}

void ClientEngine::run_thread() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (driver_.has_value()) {
      seat_.wait(lock);
    } else {
      take_seat(lock);
    }
  }
  driver_ = std::this_thread::get_id();
  std::vector<Call> calls = std::exchange(inbox_, {});
  lock.unlock();
  const Instant now = Reactor::now();
  for (Call& call : calls) reactor_->dispatcher().submit(std::move(call), now);
  reactor_->dispatcher().end_all("the client was closed");
  deliver(reactor_->dispatcher().take_finished());
}

}  // namespace starling
