#include "client/batch.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "client/batch_window.h"
#include "client/engine.h"
#include "client/requests.h"
#include "message/answers.h"
#include "message/client_messages.h"

namespace starling {

void Batch::run(ClientEngine& engine, std::vector<Result<ClientRequestBody>> requests,
                const ClientEngine::Terms& terms, Done done) {
  // It belongs to itself until its last answer (advance).
  std::unique_ptr<Batch> batch(new Batch(engine, std::move(requests), terms, std::move(done)));
  std::unique_lock lock(batch->mutex_);
  batch.release()->advance(std::move(lock));
}

Batch::Batch(ClientEngine& engine, std::vector<Result<ClientRequestBody>> requests,
             const ClientEngine::Terms& terms, Done done)
    : engine_(engine),
      terms_(terms),
      done_(std::move(done)),
      requests_(std::move(requests)),
      answers_(requests_.size(), Result<ClientReply>(Status(StatusCode::Failure, "no answer"))),
      window_(requests_.size(), kWindow) {}

void Batch::advance(std::unique_lock<std::mutex> lock) {
  ++inside_;
  while (const std::optional<BatchWindow::Taken> taken = window_.take()) {
    lock.unlock();
    submit(*taken);
    lock.lock();
  }
  --inside_;
  if (inside_ > 0 || !window_.complete()) return;
  lock.unlock();
  const std::unique_ptr<Batch> owned(this);
  done_(std::move(answers_));
}

void Batch::submit(const BatchWindow::Taken& taken) {
  const std::size_t index = taken.index;
  Result<ClientRequestBody>& request = requests_[index];
  Status status = request.status();
  if (status.ok()) {
    status = engine_.submit(*std::move(request), terms_, [this, index](Result<ClientReply> answer) {
      on_answer(index, std::move(answer));
    });
    if (status.ok()) return;
  }
  const std::lock_guard lock(mutex_);
  if (status.code() != StatusCode::Overloaded) {
    window_.answered();
  } else if (window_.comes_back(taken)) {
    return;
  }
  answers_[index] = std::move(status);
}

void Batch::on_answer(std::size_t index, Result<ClientReply> answer) {
  std::unique_lock lock(mutex_);
  answers_[index] = std::move(answer);
  window_.answered();
  // Without letting go of the lock: with its last answer there, whoever leaves next ends the batch.
  advance(std::move(lock));
}

// ---- The calls of Client that take many items.

namespace {

template <typename Reply, typename Answer, typename Convert>
std::vector<Result<Answer>> converted(Batch::Answers answers, const Convert& convert) {
  std::vector<Result<Answer>> results;
  results.reserve(answers.size());
  for (Result<ClientReply>& answer : answers) {
    if (answer.ok()) {
      results.emplace_back(convert(std::get<Reply>(*std::move(answer))));
    } else {
      results.emplace_back(answer.status());
    }
  }
  return results;
}

std::vector<Result<WriteResult>> write_results(Batch::Answers answers) {
  return converted<PutReply, WriteResult>(std::move(answers), write_result_of);
}

std::vector<Result<ReadResult>> read_results(Batch::Answers answers) {
  return converted<GetReply, ReadResult>(std::move(answers), read_result_of);
}

std::vector<Result<ClientRequestBody>> put_requests(ClientEngine& engine,
                                                    std::span<const PutItem> items,
                                                    const WriteOptions& options) {
  std::vector<Result<ClientRequestBody>> requests;
  requests.reserve(items.size());
  for (const PutItem& item : items) {
    requests.push_back(put_request(item, options, engine.next_request_id()));
  }
  return requests;
}

std::vector<Result<ClientRequestBody>> get_requests(std::span<const KeyRef> keys,
                                                    const ReadOptions& options) {
  std::vector<Result<ClientRequestBody>> requests;
  requests.reserve(keys.size());
  for (const KeyRef& key : keys) requests.push_back(get_request(key, options));
  return requests;
}

// Every item's answer, where none can be asked.
std::vector<Result<ClientRequestBody>> all_failed(std::size_t count, const Status& why) {
  return {count, Result<ClientRequestBody>(why)};
}

Batch::Answers answers_of(ClientEngine& engine, std::vector<Result<ClientRequestBody>> requests,
                          const ClientEngine::Terms& terms) {
  const Status may_wait = engine.may_wait();
  if (!may_wait.ok()) return Batch::Answers(requests.size(), Result<ClientReply>(may_wait));
  ClientEngine::Waiter waiter;
  Batch::Answers all;
  Batch::run(engine, std::move(requests), terms, [&](Batch::Answers answers) {
    all = std::move(answers);
    engine.complete(waiter);
  });
  engine.wait(waiter);
  return all;
}

}  // namespace

std::vector<Result<WriteResult>> Client::put_many(std::span<const PutItem> items,
                                                  const WriteOptions& options) {
  return write_results(answers_of(*engine_, put_requests(*engine_, items, options),
                                  {options.timeout, options.retry}));
}

std::vector<Result<ReadResult>> Client::get_many(std::span<const KeyRef> keys,
                                                 const ReadOptions& options) {
  return read_results(
      answers_of(*engine_, get_requests(keys, options), {options.timeout, options.retry}));
}

void Client::put_many_async(std::span<const PutItem> items, const WriteOptions& options,
                            PutManyDone done) {
  const Status started = engine_->start_thread();
  Batch::run(
      *engine_,
      started.ok() ? put_requests(*engine_, items, options) : all_failed(items.size(), started),
      {options.timeout, options.retry}, [done = std::move(done)](Batch::Answers answers) {
        if (done != nullptr) done(write_results(std::move(answers)));
      });
}

void Client::get_many_async(std::span<const KeyRef> keys, const ReadOptions& options,
                            GetManyDone done) {
  const Status started = engine_->start_thread();
  Batch::run(*engine_,
             started.ok() ? get_requests(keys, options) : all_failed(keys.size(), started),
             {options.timeout, options.retry}, [done = std::move(done)](Batch::Answers answers) {
               if (done != nullptr) done(read_results(std::move(answers)));
             });
}

}  // namespace starling
