#include "cli/import_pipeline.h"

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "starling/client.h"
#include "starling/options.h"
#include "starling/read_result.h"
#include "starling/result.h"
#include "starling/status.h"

#include "cli/command.h"
#include "cli/transfer_ledger.h"

namespace starling::cli {
namespace {

// Between two tries of lines that were refused without being applied.
constexpr std::chrono::milliseconds kRetryPause{50};

std::size_t bytes_of(const ImportLine& line) {
  return line.record.key.size() + line.record.value.size();
}

}  // namespace

ImportPipeline::ImportPipeline(const Invocation& invocation, const ImportCommand& command,
                               TransferLedger& ledger)
    : invocation_(invocation),
      command_(command),
      ledger_(ledger),
      client_({.endpoints = invocation.endpoints, .rounds = 1, .bytes_max = 2 * kBytesMax}) {}

void ImportPipeline::push(ImportLine line) {
  std::unique_lock lock(mutex_);
  while (is_full()) {
    if (again_.empty()) {
      changed_.wait(lock);
    } else {
      begin_again(lock);
    }
  }
  if (ledger_.is_stopped()) return;
  ++lines_;
  bytes_ += bytes_of(line);
  Key& key = keys_[line.record.key];
  key.lines.push_back(std::move(line));
  if (key.lines.size() > 1) return;
  key.deadline = Clock::now() + invocation_.timeout;
  lock.unlock();
  proceed(key);
}

void ImportPipeline::finish() {
  std::unique_lock lock(mutex_);
  while (lines_ > 0) {
    if (again_.empty()) {
      changed_.wait(lock);
    } else {
      begin_again(lock);
    }
  }
}

void ImportPipeline::begin_again(std::unique_lock<std::mutex>& lock) {
  const std::vector<Key*> refused = std::exchange(again_, {});
  lock.unlock();
  std::this_thread::sleep_for(kRetryPause);
  for (Key* const key : refused) proceed(*key);
  lock.lock();
}

void ImportPipeline::proceed(Key& key) {
  while (true) {
    const Status asked = command_.mode == ImportMode::Overwrite ? read(key) : write(key, {});
    if (asked.ok() || !conclude(key, asked)) return;
  }
}

void ImportPipeline::on_end(Key& key, const Status& status) {
  if (conclude(key, status)) proceed(key);
}

Status ImportPipeline::read(Key& key) {
  return client_.get_async(command_.bucket, key.lines.front().record.key,
                           {.r = command_.r, .timeout = invocation_.timeout},
                           [this, &key](const Result<ReadResult>& read) {
                             if (!read.ok()) return on_end(key, read.status());
                             const Status asked = write(key, read->context);
                             if (!asked.ok()) on_end(key, asked);
                           });
}

Status ImportPipeline::write(Key& key, const std::string& context) {
  const TransferRecord& record = key.lines.front().record;
  const WriteOptions options{.w = command_.w,
                             .context = context,
                             .content_type = record.content_type,
                             .timeout = invocation_.timeout};
  return client_.put_async(
      command_.bucket, record.key, record.value, options,
      [this, &key](const Result<WriteResult>& written) { on_end(key, written.status()); });
}

bool ImportPipeline::conclude(Key& key, const Status& status) {
  const std::lock_guard lock(mutex_);
  changed_.notify_one();
  if (is_retryable(status.code()) && Clock::now() + kRetryPause < key.deadline) {
    again_.push_back(&key);
    return false;
  }
  const ImportLine line = std::move(key.lines.front());
  key.lines.pop_front();
  --lines_;
  bytes_ -= bytes_of(line);
  if (status.ok()) {
    ledger_.count_done();
  } else {
    ledger_.count_failure("line " + std::to_string(line.number), status);
  }
  key.deadline = Clock::now() + invocation_.timeout;
  if (!key.lines.empty()) return true;
  keys_.erase(line.record.key);
  return false;
}

bool ImportPipeline::is_full() const {
  return lines_ >= kLinesMax || (lines_ > 0 && bytes_ >= kBytesMax);
}

}  // namespace starling::cli
