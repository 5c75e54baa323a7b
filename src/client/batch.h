#pragma once

// Batch: many requests whose answers are wanted together. It keeps a window of them under way, so
// that a batch of any length leaves room for others within the client's bounds.

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "starling/client.h"
#include "starling/result.h"

#include "client/batch_window.h"
#include "client/engine.h"
#include "message/client_messages.h"

namespace starling {

class Batch {
 public:
  static constexpr std::size_t kWindow = 1024;

  using Answers = std::vector<Result<ClientReply>>;
  using Done = std::function<void(Answers)>;

  // Asks what the `requests` hold; those that are errors are their own answers. Calls `done` once,
  // with an answer for each in their order: from this thread where none has to be waited for.
  // `engine` outlives the batch.
  static void run(ClientEngine& engine, std::vector<Result<ClientRequestBody>> requests,
                  const ClientEngine::Terms& terms, Done done);

  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  Batch(Batch&&) = delete;
  Batch& operator=(Batch&&) = delete;
  ~Batch() = default;

 private:
  Batch(ClientEngine& engine, std::vector<Result<ClientRequestBody>> requests,
        const ClientEngine::Terms& terms, Done done);

  // Submits what the window has room for. The last thread that leaves it, with every answer there,
  // ends the batch. `lock`: of mutex_, held.
  void advance(std::unique_lock<std::mutex> lock);
  void submit(const BatchWindow::Taken& taken);
  void on_answer(std::size_t index, Result<ClientReply> answer);

  ClientEngine& engine_;
  const ClientEngine::Terms terms_;
  const Done done_;

  std::mutex mutex_;
  // Below: under the lock, but for a request or an answer, which belong to whoever took its index.
  std::vector<Result<ClientRequestBody>> requests_;
  Answers answers_;
  BatchWindow window_;
  std::size_t inside_ = 0;  // threads in advance()
};

}  // namespace starling
